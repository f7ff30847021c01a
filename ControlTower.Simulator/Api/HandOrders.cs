using System.Globalization;
using ControlTower.Simulator.Shopify;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Api;

/// <summary>Orders placed and changed by hand, answered with what a test needs to compare.</summary>
internal static class HandOrders
{
    public static void Map(WebApplication app, Estate estate)
    {
        app.MapPost("/estate/orders", (Delegate)(Func<HttpContext, Task<IResult>>)(context => Place(context, estate)));
        app.MapGet("/estate/orders/{shop}/{id}", (string shop, string id) => With(estate, shop, id, (s, o) => Task.FromResult(Shape(s, o))));
        app.MapPost("/estate/orders/{shop}/{id}/cancel", (string shop, string id) => With(estate, shop, id, async (s, o) => Shape(s, await s.CancelAsync(o.Id, "customer", restock: true))));
        app.MapPost("/estate/orders/{shop}/{id}/edit", (string shop, string id, bool? increase) => With(estate, shop, id, async (s, o) => Shape(s, await s.EditAsync(o.Id, increase ?? false))));
        app.MapPost("/estate/orders/{shop}/{id}/refund", (string shop, string id, bool? all, bool? shipping) => With(estate, shop, id, async (s, o) => Shape(s, await Refund(s, o, all ?? false, shipping ?? false))));
        app.MapPost("/estate/orders/{shop}/{id}/fulfil", (string shop, string id) => With(estate, shop, id, async (s, o) => Shape(s, (await s.FulfilAsync(o.FulfillmentOrderId, null, null, null, null)).Order)));
    }

    private sealed record Asked(
        string? Shop, int? Count, int? Lines, string? Sku, int? Quantity, string? Country, bool? Guest, bool? ClickAndCollect, bool? ShipFromStore, bool? Discount, bool? UnknownSku);

    private static async Task<IResult> Place(HttpContext context, Estate estate)
    {
        var (asked, problem) = await EstateApi.Read<Asked>(context);
        if (problem is not null) return problem;
        if (asked?.Shop is null || estate.Shop(asked.Shop) is not { } shop) return EstateApi.Bad([$"shop must be one of {string.Join(", ", estate.Shops.Select(s => s.Market.SystemId))}"]);
        var wishes = new Wishes
        {
            Lines = asked.Lines, Sku = asked.Sku, Quantity = asked.Quantity, Country = asked.Country, Guest = asked.Guest, ClickAndCollect = asked.ClickAndCollect,
            ShipFromStore = asked.ShipFromStore, Discount = asked.Discount, UnknownSku = asked.UnknownSku ?? false,
        };
        var problems = wishes.Problems(shop.Market).ToList();
        if (asked.Count is < 1 or > 10000) problems.Add("count must be 1 to 10000");
        if (problems.Count > 0) return EstateApi.Bad(problems);
        // Placed together, so that one flush of the journal serves many orders.
        var placed = await Task.WhenAll(Enumerable.Range(0, asked.Count ?? 1).Select(_ => shop.PlaceAsync(wishes)));
        return Results.Json(new { orders = placed.Select(o => Shape(shop, o)) }, EstateApi.Json, statusCode: 201);
    }

    private static async Task<ShopOrder> Refund(Shop shop, ShopOrder order, bool all, bool shipping)
    {
        var units = all
            ? order.Lines.Where(l => l.Current > 0).ToDictionary(l => l.Id, l => l.Current)
            : order.Lines.Where(l => l.Current > 0).Take(1).ToDictionary(l => l.Id, _ => 1);
        return (await shop.RefundAsync(order.Id, units, shipping, "Did not fit", null)).Order;
    }

    private static async Task<IResult> With(Estate estate, string key, string id, Func<Shop, ShopOrder, Task<object>> act)
    {
        if (estate.Shop(key) is not { } shop) return EstateApi.Unknown(key);
        var order = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? shop.Find(number) : shop.FindByName(id);
        if (order is null) return Results.Json(new { errors = new[] { $"{shop.Market.SystemId} has no order '{id}'." } }, EstateApi.Json, statusCode: 404);
        try
        {
            return Results.Json(await act(shop, order), EstateApi.Json);
        }
        catch (ShopRefusal refusal)
        {
            return Results.Json(new { errors = new[] { refusal.Message } }, EstateApi.Json, statusCode: 409);
        }
    }

    private static object Shape(Shop shop, ShopOrder order)
    {
        var sums = new OrderSums(shop.Market, order);
        return new
        {
            shop = shop.Market.SystemId, id = order.Id, gid = Ids.Gid("Order", order.Id), order.Name, order.CreatedAt, order.UpdatedAt, order.CancelledAt, currency = shop.Market.Currency,
            total = sums.Total, currentTotal = sums.CurrentTotal, tax = sums.CurrentTax, shipping = sums.CurrentShipping, discounts = sums.CurrentDiscounts, refunded = sums.Refunded,
            financialStatus = sums.FinancialStatus, fulfillmentStatus = sums.FulfillmentStatus, order.Tags,
            lines = order.Lines.Select(l => new { l.Id, l.Sku, l.Quantity, current = l.Current, l.Price, net = l.Net, tax = l.Tax }),
        };
    }
}
