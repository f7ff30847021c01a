using System.Text.Json;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>What goods that came back paid of a new sale.</summary>
/// <param name="SaleId">The sale that the goods came from.</param>
/// <param name="Amount">Zero where other goods paid all of the new sale: what these were worth is paid out.</param>
internal sealed record ExchangeCredit(string SaleId, decimal Amount, JsonElement Return);

/// <summary>An exchange nets its two halves: the customer pays or gets the difference only. The worth of the returns, at most of the new sale, changed hands as goods.</summary>
internal static class ExchangeCredits
{
    /// <summary>Of what came back of one sale in an exchange.</summary>
    public static string ReturnId(string order, string sale) => $"exchange:{order}:{sale}";

    public static IReadOnlyList<ExchangeCredit> Of(JsonElement order)
    {
        var returns = order.Items("returns");
        if (returns.Count == 0)
        {
            return [];
        }

        var currency = order.Currency("total_money", "order");
        var left = order.Money("total_money", currency, "order");
        var credits = new List<ExchangeCredit>();
        foreach (var one in returns)
        {
            var worth = one.At("return_amounts") is { } amounts
                ? amounts.Money("total_money", currency, "order.returns.return_amounts")
                : throw new FieldFault("return", "order.returns.return_amounts", "It is not told what the returned goods are worth.");
            var sale = one.Id("source_order_id", "order.returns");
            if (worth < 0 || credits.Any(c => c.SaleId == sale))
            {
                throw new FieldFault("return", "order.returns", "A return has a negative worth, or two returns name the same sale.");
            }

            var amount = Math.Min(worth, left);
            left -= amount;
            credits.Add(new ExchangeCredit(sale, amount, one));
        }

        return credits;
    }
}
