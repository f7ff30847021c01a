using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.PosLog;

/// <summary>
/// Receipts to the tower's words. A till sale is an order that was paid and handed over when it was placed; a return with its receipt is a refund of that order. What the words have no place for yet
/// is parked with its reason, never guessed.
/// </summary>
internal static class PosLogStatement
{
    public static Translation Of(PosLogReceipt receipt, ConnectionProfile profile) => receipt.Kind switch
    {
        PosLogKind.Sale => Sale(receipt, profile),
        PosLogKind.Return => Return(receipt, profile),
        PosLogKind.Exchange => Park("exchange", "Goods were exchanged: some came back and others were sold on the same receipt. The tower has no words for that yet. Book it by hand."),
        PosLogKind.PostVoid => Park("post-void", "This takes back an earlier transaction of the till. Cancel that order by hand."),
        PosLogKind.MoneyOnly => Park("money-only", "Money moved without goods. The tower has no words for that yet. Book it by hand."),
        _ => new Translation.Ignored($"Left out: {receipt.Kind.ToString().ToLowerInvariant()}."),
    };

    private static Translation Sale(PosLogReceipt receipt, ConnectionProfile profile)
    {
        if (Unsayable(receipt) is { } parked)
        {
            return parked;
        }

        var due = PosLogSums.Due(receipt);
        var included = IsIncluded(receipt, due);
        var lines = new List<OrderLine>();
        foreach (var line in receipt.Lines)
        {
            if (Line(line, receipt.Lines.Count == 1 ? receipt.Loose : []) is not { } said)
            {
                return Park("unit-price", $"The price of line {line.Id} is no price per piece times its quantity. Book it by hand.");
            }

            lines.Add(said);
        }

        var (key, version) = (new OrderKey(profile.Id, receipt.Key.Id), Version(receipt));
        var tenders = Tenders(receipt);
        var order = new Order(
            key, receipt.Key.Name, profile.Brand, version, receipt.At, receipt.Currency!, included,
            new OrderTotals(due, receipt.Taxes.Sum(t => t.Signed), lines.Sum(l => l.Discount), 0), lines, [],
            new Buyer(receipt.Customer, null, null, null, null, null), PaymentState.Paid, tenders, FulfilmentMode.HandedOver, receipt.Key.Store);
        return new Translation.Events(
        [
            new OrderStated($"{receipt.Key.Id}:sold", order, receipt.At),
            new ShipmentConfirmed(
                $"{receipt.Key.Id}:handed-over", key, null, version, receipt.Key.Id,
                [.. lines.GroupBy(l => l.Sku, StringComparer.Ordinal).Select(g => new ShipmentLine(g.Key, g.Sum(l => l.Quantity)))], null, Complete: true, receipt.At),
        ]);
    }

    private static Translation Return(PosLogReceipt receipt, ConnectionProfile profile)
    {
        if (Unsayable(receipt) is { } parked)
        {
            return parked;
        }

        if (receipt.Lines.Any(l => l.Of is null))
        {
            return Park("blind-return", "Goods came back without their receipt, so it is not known which order they belong to. Find it and refund it by hand.");
        }

        if (receipt.Lines.Select(l => l.Of!.Key).Distinct().Take(2).Count() > 1)
        {
            return Park("many-receipts", "Goods of several receipts came back at once. The tower cannot tell which money belongs to which. Refund them by hand.");
        }

        var origin = receipt.Lines[0].Of!.Key;
        // A line of the sale that is not named cannot be credited: such a refund counts as money alone.
        var returned = receipt.Lines.All(l => l.Of!.Line is { Length: > 0 }) ? receipt.Key.Id : null;
        var recorded = new RefundRecorded(
            $"{receipt.Key.Id}:returned", new OrderKey(profile.Id, origin.Id), Version(receipt), receipt.Key.Id, new Money(-PosLogSums.Due(receipt), receipt.Currency!),
            [.. receipt.Lines.Select(l => new RefundLine(l.Of!.Line ?? "", l.Sku, (int)l.Quantity, l.Amount - l.Reward))], receipt.At, OfReturn: returned);
        return new Translation.Events(returned is null ? [recorded] : [recorded, .. TillReturn.Of(returned, recorded, Worth(receipt, recorded.Amount.Amount), receipt.Key.Store)]);
    }

    // With its tax or without, whichever adds up to what was paid; where neither does, the sale's own shares count.
    private static IReadOnlyList<ReturnedLine> Worth(PosLogReceipt receipt, decimal paid)
    {
        var whole = new Func<PosLogLine, decimal>[] { l => l.Amount - l.Reward, l => l.Amount - l.Reward + Tax(l) }.FirstOrDefault(worth => receipt.Lines.Sum(worth) == paid);
        return [.. receipt.Lines.Select(l => new ReturnedLine(l.Of!.Line!, (int)l.Quantity, ReturnReasons.Other, whole?.Invoke(l)))];

        // What is stated for the whole receipt belongs to its one line.
        decimal Tax(PosLogLine line) => line.Taxes.Concat(receipt.Lines.Count == 1 ? receipt.Loose : []).Sum(t => Math.Abs(t.Amount));
    }

    private static Translation.Unreadable? Unsayable(PosLogReceipt receipt) =>
        receipt.Lines.FirstOrDefault(l => l.Quantity != decimal.Truncate(l.Quantity)) is { } weighed
            ? Park("weighed", $"Line {weighed.Id} was sold by weight or measure. The tower counts whole pieces only, and does not round. Book it by hand.")
            : receipt.Lines.Any(l => l.Quantity is <= 0 or > int.MaxValue || l.Amount < 0) ? Park("negative-line", "A line takes something off without being a return. Book it by hand.")
            : receipt.Lines.Any(l => l.Sku is null) ? Park("no-item", "A line names no item. Book it by hand.")
            : receipt.Lines.Count > 1 && receipt.Loose.Any(t => t.Amount != 0) ? Park("tax-not-by-line", "Tax is stated for the whole receipt, and the ERP wants it by line. Nothing was guessed. Book it by hand.")
            : receipt.LooseReward != 0 ? Park("discount-not-by-line", "A reward was taken off the whole receipt, and the ERP wants it by line. Nothing was guessed. Book it by hand.")
            : receipt.Taxes.Select(t => t.Tax.Included).OfType<bool>().Distinct().Take(2).Count() > 1 ? Park("mixed-tax", "Some prices hold their tax and others do not. Book it by hand.")
            : receipt.Kind == PosLogKind.Sale && Tenders(receipt).Any(t => t.Amount < 0) ? Park("change", "More was given back than was paid in the same way. Book it by hand.")
            : null;

    private static OrderLine? Line(PosLogLine line, IReadOnlyList<PosLogTax> loose)
    {
        var (quantity, net) = ((int)line.Quantity, line.Amount - line.Reward);
        var price = line.UnitPrice is { } stated && stated * quantity >= net ? stated : net / quantity;
        IReadOnlyList<TaxLine> taxes = [.. line.Taxes.Concat(loose).Select(t => new TaxLine(t.Title, t.Rate, t.Amount))];
        // No tax is lost by rounding: a price that is no decimal is not said.
        return decimal.Round(price, 6) == price ? new OrderLine(line.Id, line.Sku!, line.Title ?? line.Sku!, quantity, price, (price * quantity) - net, taxes) : null;
    }

    // Change is given in cash, whatever was paid with: it is taken off what was paid in the same way.
    private static List<Tender> Tenders(PosLogReceipt receipt) =>
        [.. receipt.Tenders.GroupBy(t => t.Method, StringComparer.Ordinal).Select(g => new Tender(g.First().Id, g.Key, g.Sum(t => t.Amount), TenderKind.Sale, receipt.At)).Where(t => t.Amount != 0)];

    private static bool IsIncluded(PosLogReceipt receipt, decimal due) => receipt.Taxes.Any() && due == receipt.Goods && receipt.Taxes.All(t => t.Tax.Included != false);

    private static long Version(PosLogReceipt receipt) => (receipt.At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static Translation.Unreadable Park(string code, string message) => new(FailureKind.Value, $"poslog-{code}", message);
}
