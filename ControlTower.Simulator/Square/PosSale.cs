using System.Text.Json.Nodes;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.Square;

/// <summary>A sale rung up: order, payments, stock, ledger and events.</summary>
internal static class PosSale
{
    private const long Tip = 250;
    private const int FiveCents = 5;

    public static string Ring(PosAccount account, PosChange change, PosStore store, PosBasket basket, SaleKind kind, JsonObject? earlier, DateTimeOffset rung)
    {
        var (id, currency) = (account.Next("orders"), account.Market.Currency);
        var back = earlier is null ? null : PosReturn.Of(Tills.Line(earlier), earlier["id"]!.GetValue<string>(), currency);
        var tip = kind == SaleKind.Tipped ? Tip : 0;
        var rounding = kind == SaleKind.Cash && store.RoundsCash ? Rounding(basket.Total) : 0;
        var total = basket.Total + rounding + tip;
        var due = total - (back?.Worth() ?? 0);
        var order = Head(account, store, id, rung);
        order["line_items"] = new JsonArray([.. basket.Lines.Select(l => l.DeepClone())]);
        order["taxes"] = basket.Taxes();
        if (basket.Discount > 0)
        {
            order["discounts"] = new JsonArray([.. basket.Reductions.Select(r => (JsonNode)r.DeepClone())]);
        }

        if (rounding != 0) order["rounding_adjustment"] = new JsonObject { ["uid"] = "rounding", ["name"] = "Cash rounding", ["amount_money"] = PosMoney.Of(rounding, currency) };
        if (back is not null)
        {
            order["returns"] = new JsonArray(back);
            order["return_amounts"] = back["return_amounts"]!.DeepClone();
        }

        order["total_money"] = PosMoney.Of(total, currency);
        order["total_tax_money"] = PosMoney.Of(basket.Tax, currency);
        order["total_discount_money"] = PosMoney.Of(basket.Discount, currency);
        order["total_tip_money"] = PosMoney.Of(tip, currency);
        order["total_service_charge_money"] = PosMoney.Of(0, currency);
        order["net_amounts"] = PosReturn.Amounts(due, basket.Tax - (back?.Tax() ?? 0), currency, basket.Discount, tip);
        order["net_amount_due_money"] = PosMoney.Of(0, currency);
        order["tenders"] = PosPayments.Take(account, change, store, id, kind, due, tip, rung);
        Keep(account, change, order, "order-placed", PosMoney.Major(total - tip), PosMoney.Major(basket.Tax), basket.Effects, null);
        foreach (var line in basket.Lines) PosStock.Move(account, change, store.LocationId, line["catalog_object_id"]!.GetValue<string>(), -decimal.Parse(line["quantity"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture));
        if (back is not null) PosReturns.TakeBack(account, change, store, earlier!, back, order["id"]!.GetValue<string>());
        return id;
    }

    public static JsonObject Head(PosAccount account, PosStore store, string id, DateTimeOffset rung) => new()
    {
        ["id"] = id, ["location_id"] = store.LocationId, ["source"] = new JsonObject { ["name"] = "Point of Sale" }, ["state"] = "COMPLETED",
        ["created_at"] = PosMoney.Iso(rung), ["closed_at"] = PosMoney.Iso(rung), ["updated_at"] = PosMoney.Iso(account.Options.Clock.GetUtcNow()),
    };

    public static void Keep(PosAccount account, PosChange change, JsonObject order, string effect, decimal amount, decimal tax, IReadOnlyList<EffectLine> lines, string? follows)
    {
        var id = order["id"]!.GetValue<string>();
        change.Puts.Add(account.Tables.Keep("orders", id, order));
        change.Effects.Add(new Effect { System = account.SystemId, Kind = effect, Id = id, Number = id, Follows = follows, Currency = account.Market.Currency, Amount = amount, Tax = tax, Lines = lines });
        change.Events.Add(("order.created", id, "order_created", Hint(order, "order_created")));
        change.Events.Add(("order.updated", id, "order_updated", Hint(order, "order_updated")));
    }

    // Thin: whoever wants to know more reads the order. What a till rang up has no version.
    private static JsonObject Hint(JsonObject order, string name)
    {
        var hint = new JsonObject
        {
            ["order_id"] = order["id"]!.DeepClone(), ["location_id"] = order["location_id"]!.DeepClone(), ["state"] = order["state"]!.DeepClone(), ["created_at"] = order["created_at"]!.DeepClone(),
        };
        if (name == "order_updated") hint["updated_at"] = order["updated_at"]!.DeepClone();
        return new JsonObject { [name] = hint };
    }

    private static long Rounding(long total) => (long)Math.Round((decimal)total / FiveCents, MidpointRounding.AwayFromZero) * FiveCents - total;
}
