using ControlTower.Simulator.Shopify;

namespace ControlTower.Simulator.Traffic;

/// <summary>Agrees discounts and spreads them over the lines so that the parts sum to the whole to the smallest coin.</summary>
internal static class Discounting
{
    public static IReadOnlyList<Discount> Agree(Market market, Dice dice, bool? wanted, Charges charges, ref List<(OrderLine Line, bool Kids)> lines)
    {
        var agreed = new List<Discount>();
        if (wanted ?? dice.Chance(0.3)) Chance(market, dice, agreed, ref lines);
        Granted(market, charges, agreed, lines);
        return agreed;
    }

    private static void Chance(Market market, Dice dice, List<Discount> agreed, ref List<(OrderLine Line, bool Kids)> lines)
    {
        var kind = dice.Below(3);
        if (kind != 1)
        {
            // A code over the whole order, in per cent or as an amount.
            var gross = lines.Sum(l => l.Line.Gross);
            var percent = dice.Pick([5m, 10m, 15m]);
            var amount = kind == 0 ? market.Round(gross * percent / 100) : Math.Min(gross, market.Decimals == 0 ? 1000m : 10m);
            var code = kind == 0 ? $"WELCOME{percent:0}" : "GIFT10";
            agreed.Add(new Discount("discount_code", code, code, kind == 0 ? percent : amount, kind == 0 ? "percentage" : "fixed_amount", "across", "all", "line_item"));
            lines = Spread(market, lines, amount, agreed.Count - 1);
        }

        if (kind >= 1)
        {
            // A promotion on one line, on top of a code if there is one.
            var at = dice.Below(lines.Count);
            var line = lines[at].Line;
            var off = market.Round(line.Net * 0.2m);
            agreed.Add(new Discount("automatic", "Season sale", null, 20m, "percentage", "each", "entitled", "line_item"));
            lines[at] = (line with { Discounts = [.. line.Discounts, new Allocation(agreed.Count - 1, off)] }, lines[at].Kids);
        }
    }

    /// <summary>What the shop grants every buyer, on what is left of a line's price.</summary>
    private static void Granted(Market market, Charges charges, List<Discount> agreed, List<(OrderLine Line, bool Kids)> lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].Line;
            if (charges.Grant(line) is not { } grant || line.Net <= 0) continue;
            var discount = new Discount("automatic", grant.Title, null, grant.Amount ?? (grant.Percent!.Value * 100), grant.Amount is null ? "percentage" : "fixed_amount", "each", "entitled", "line_item");
            if (!agreed.Contains(discount)) agreed.Add(discount);
            var off = Math.Min(line.Net, grant.Amount * line.Quantity ?? market.Round(line.Net * grant.Percent!.Value));
            lines[i] = (line with { Discounts = [.. line.Discounts, new Allocation(agreed.IndexOf(discount), off)] }, lines[i].Kids);
        }
    }

    private static List<(OrderLine Line, bool Kids)> Spread(Market market, List<(OrderLine Line, bool Kids)> lines, decimal amount, int index)
    {
        var gross = lines.Sum(l => l.Line.Gross);
        var left = amount;
        var spread = new List<(OrderLine, bool)>();
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].Line;
            var part = i == lines.Count - 1 ? left : Math.Min(left, market.Round(amount * line.Gross / gross));
            left -= part;
            spread.Add((part == 0 ? line : line with { Discounts = [.. line.Discounts, new Allocation(index, part)] }, lines[i].Kids));
        }

        return spread;
    }
}
