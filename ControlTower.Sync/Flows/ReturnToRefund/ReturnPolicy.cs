using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.ReturnToRefund;

/// <summary>What may come back, and who must agree. Pure: the same request about the same order at the same time gets the same decision.</summary>
/// <param name="WindowDays">Days after delivery in which a buyer may change their mind; later a person must agree. What was faulty, damaged or wrong is not bound to it.</param>
/// <param name="WithoutReceipt">Without a proof of the purchase a person must always agree, and above this amount nobody can.</param>
/// <param name="BeforeReceipt">Up to this amount the refund does not wait for the goods; nothing at zero.</param>
public sealed record ReturnPolicy(int WindowDays, AmountLimit WithoutReceipt, AmountLimit BeforeReceipt)
{
    public static ReturnPolicy Standard { get; } = new(30, new AmountLimit(100m), new AmountLimit(0m));

    public ReturnDecision Judge(ReturnState asked, SoldOrder order, decimal amount)
    {
        var grounds = Denials(asked, order, amount).ToList();
        if (grounds.Count > 0)
        {
            return new ReturnDecision(Ruling.Denied, grounds);
        }

        grounds.AddRange(Questions(asked, order, amount));
        return grounds.Count > 0
            ? new ReturnDecision(Ruling.AskPerson, grounds)
            : new ReturnDecision(Ruling.Allowed, [new Ground("within-policy", Text($"Within {WindowDays} days, {amount} {order.Currency}, and so many are left of each line."))]);
    }

    public bool MayRefundBeforeReceipt(decimal amount, string currency) => amount > 0m && amount <= BeforeReceipt.In(currency);

    // These hold whoever agrees: they are about what there is, not about what is wanted.
    private IEnumerable<Ground> Denials(ReturnState asked, SoldOrder order, decimal amount)
    {
        if (order.Cancelled)
        {
            yield return new Ground("order-cancelled", "The order is cancelled, so there is nothing to take back.");
        }
        else if (order.DeliveredAt is null)
        {
            yield return new Ground("not-delivered", "Nothing of this order has left yet. Cancel it, or what is wanted less of it, in the shop.");
        }

        if (order.Captured <= 0m)
        {
            yield return new Ground("not-paid", "No money was taken for this order, so there is none to give back.");
        }

        if (asked.Requested.Count == 0)
        {
            yield return new Ground("no-lines", "The return names no line of the order, so there is nothing to take back.");
        }

        foreach (var ground in asked.Requested.SelectMany(l => OfLine(l, order)))
        {
            yield return ground;
        }

        if (!asked.Receipt && amount > WithoutReceipt.In(order.Currency))
        {
            yield return new Ground("no-receipt-limit", Text($"Without a receipt at most {WithoutReceipt.In(order.Currency)} {order.Currency} is given back, not {amount}."));
        }

        if (order.Captured > 0m && amount > order.MoneyLeft)
        {
            yield return new Ground("refund-exceeds-capture", Text(
                $"{amount} {order.Currency} is asked for, but of the {order.Captured} that was captured only {Math.Max(order.MoneyLeft, 0m)} is neither refunded nor promised yet."));
        }
    }

    private static IEnumerable<Ground> OfLine(ReturnedLine line, SoldOrder order)
    {
        if (order.Lines.FirstOrDefault(l => l.Id == line.OrderLineId) is not { } sold)
        {
            yield return new Ground("unknown-line", $"The order has no line {line.OrderLineId}.");
        }
        else if (line.Quantity <= 0)
        {
            yield return new Ground("bad-quantity", Text($"{line.Quantity} of {sold.Sku} cannot come back: say how many, from 1."));
        }
        else if (line.Quantity > sold.Gone && line.Quantity <= sold.Left)
        {
            yield return new Ground("not-shipped", Text(
                $"Of {sold.Sold} {sold.Sku} that were sold, {sold.Gone} have left and can come back, not {line.Quantity}. Cancel in the shop what is not wanted of the rest."));
        }
        else if (line.Quantity > sold.Left)
        {
            yield return new Ground("quantity-left", Text($"Of {sold.Sold} {sold.Sku} that were sold, {sold.Left} can still come back, not {line.Quantity}."));
        }
    }

    private IEnumerable<Ground> Questions(ReturnState asked, SoldOrder order, decimal amount)
    {
        var days = (int)Math.Floor((asked.RequestedAt - order.DeliveredAt!.Value).TotalDays);
        if (days > WindowDays && asked.Requested.Any(l => !ReturnReasons.IsTheSellersFault(l.Reason)))
        {
            yield return new Ground("window-over", Text($"{days} days after delivery, the policy allows {WindowDays}. A manager may agree."));
        }

        if (!asked.Receipt)
        {
            yield return new Ground("no-receipt", "Without a receipt a manager must agree.");
        }

        foreach (var line in asked.Requested.Where(l => !ReturnReasons.All.Contains(l.Reason)))
        {
            yield return new Ground("unknown-reason", $"The reason '{line.Reason}' is none that the policy knows. A manager may agree.");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>An amount in the order's own currency, with others for currencies whose unit is worth much less or more.</summary>
public sealed record AmountLimit(decimal Otherwise, IReadOnlyDictionary<string, decimal>? ByCurrency = null)
{
    public decimal In(string currency) => ByCurrency?.TryGetValue(currency, out var limit) == true ? limit : Otherwise;
}

/// <summary>What the policy says to a return, kept to be shown.</summary>
public sealed record ReturnDecision(Ruling Ruling, IReadOnlyList<Ground> Grounds);

public enum Ruling
{
    Allowed,

    /// <summary>A person with the right to it may agree.</summary>
    AskPerson,

    /// <summary>Nobody can agree: there is nothing to take back or to give back.</summary>
    Denied,
}

/// <param name="Code">Stable, such as <c>window-over</c>.</param>
/// <param name="Text">For people: what is so, and what they can do.</param>
public sealed record Ground(string Code, string Text);
