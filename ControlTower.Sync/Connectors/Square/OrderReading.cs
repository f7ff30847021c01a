using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>
/// One order as read: <c>{"order": …, "skus": {variation: sku}}</c>. A completed sale becomes an order, paid and handed over. Goods that come back in it become the refund
/// of the sale they came from, as far as their worth pays for the new one; what comes back without its sale waits for a person, whole.
/// </summary>
internal static class OrderReading
{
    private const string Path = "order";

    public static Translation Of(JsonElement document, StoredMessage message, ConnectionProfile profile)
    {
        if (document.At(Path) is not { ValueKind: JsonValueKind.Object } order)
        {
            throw new FieldFault("order", Path, "There is no order in the message.", FailureKind.Parse);
        }

        var id = order.Id("id", Path);
        switch (order.Text("state"))
        {
            case "COMPLETED": break;
            case "OPEN" or "DRAFT": return new Translation.Ignored("The ticket is still open: it is told again when it is paid.");
            case "CANCELED": return new Translation.Ignored("The ticket was called off before it was paid: nothing was sold.");
            default: throw new FieldFault("state", "order.state", "The state of the order is unknown.");
        }

        RefuseBlind(order);
        return order.Items("line_items").Count > 0 ? Sold(order, id, document, message, profile) : NothingSold(order);
    }

    private static Translation.Events Sold(JsonElement order, string id, JsonElement document, StoredMessage message, ConnectionProfile profile)
    {
        var skus = new Skus(document, profile);
        var credits = ExchangeCredits.Of(order);
        var sale = SaleStatement.Of(order, id, skus, credits, profile);
        var at = order.When(Path, "closed_at", "updated_at");
        List<CanonicalEvent> events = [new OrderStated(message.EventId, sale, at)];
        var goods = sale.Lines.Where(l => l.RequiresShipping).GroupBy(l => l.Sku, StringComparer.Ordinal).Select(g => new ShipmentLine(g.Key, g.Sum(l => l.Quantity)));
        events.Add(new ShipmentConfirmed($"{id}:handed-over", sale.Key, null, sale.Version, $"till:{id}", [.. goods], null, Complete: true, at));
        foreach (var credit in credits)
        {
            var returned = ReturnedLines.AreNamed(credit.Return) ? new OrderKey(profile.Id, ExchangeCredits.ReturnId(id, credit.SaleId)) : (OrderKey?)null;
            var from = new OrderKey(profile.Id, credit.SaleId);
            var lines = ReturnedLines.Of(credit.Return, skus, sale.Currency);
            var recorded = credit.Amount == 0 ? null : new RefundRecorded(
                $"{id}:exchange:{credit.SaleId}", from, sale.Version, ExchangeCredits.ReturnId(id, credit.SaleId), new Money(credit.Amount, sale.Currency), lines, at, OfReturn: returned?.Id);
            if (recorded is not null)
            {
                events.Add(recorded);
            }

            if (returned is { } key)
            {
                events.AddRange(TillReturn.Of(key, from, sale.Version, at, ReturnedLines.Worth(credit.Return, lines, sale.Currency), sale.PickupLocation ?? "", recorded is null ? null : TillReturn.Paid(key, recorded)));
            }
        }

        return new Translation.Events(events);
    }

    private static Translation.Ignored NothingSold(JsonElement order)
    {
        var returns = order.Items("returns");
        if (returns.Count == 0)
        {
            return order.Amount("total_money", "amount") is null or 0
                ? new Translation.Ignored("Nothing was sold: the drawer was opened.")
                : throw new FieldFault("lines", "order.line_items", "Money was taken, and no line says for what.");
        }

        return order.Amount("return_amounts", "total_money", "amount") is > 0
            ? new Translation.Ignored("Goods came back: the refund tells how much of which sale.")
            : throw new FieldFault("return", "order.return_amounts.total_money",
                "Goods came back and no money went out. There is no place for that in the books yet: take the goods in by hand.", FailureKind.Refused);
    }

    private static void RefuseBlind(JsonElement order)
    {
        if (order.Items("returns").Any(r => !SquareId.IsOne(r.Text("source_order_id"))))
        {
            throw new FieldFault("blind-return", "order.returns.source_order_id",
                "Goods came back without the sale they came from, so nobody can tell which sale to credit. Credit it in the ERP by hand, then discard this case.", FailureKind.Missing);
        }
    }
}
