using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.Shopify;

/// <summary>Returns that buyers ask for on the web: asked, agreed to by the shop, closed by whoever took the goods in.</summary>
public sealed partial class Shop
{
    private readonly Dictionary<long, ShopReturn> returns = [];

    public ShopReturn? FindReturn(long id)
    {
        lock (gate) return returns.GetValueOrDefault(id);
    }

    public ShopReturn? ReturnOf(long orderId)
    {
        lock (gate) return returns.Values.FirstOrDefault(r => r.OrderId == orderId);
    }

    /// <summary>The buyer wants to give back one piece of the first line that was shipped; once per order.</summary>
    public Task<ShopReturn> RequestReturnAsync(long orderId, string reason) => ChangeAsync(change =>
    {
        var order = Need(orderId);
        var shipped = order.Parcels.SelectMany(p => p.Lines).FirstOrDefault(l => order.Lines.First(o => o.Id == l.LineId).Current > 0);
        if (order.CancelledAt is not null || shipped is null || returns.Values.Any(r => r.OrderId == orderId)) throw new ShopRefusal("Order has no returnable line items.", "INVALID_STATE", "returnInput", "orderId");
        var made = new ShopReturn(NextEvent(), orderId, $"{order.Name}-R1", "requested", Now, null, null, NextEvent(), shipped.Id, shipped.LineId, 1, reason);
        KeepCounter(change);
        return Keep(change, made, "returns/request", Whole(made));
    });

    public Task<ShopReturn> ApproveReturnAsync(long id) => ChangeAsync(change =>
    {
        var known = NeedReturn(id);
        if (known.Status != "requested") throw new ShopRefusal("Return is not approvable. Only returns with status REQUESTED can be approved.", "INVALID_STATE", "input", "id");
        var open = known with { Status = "open", ApprovedAt = Now };
        return Keep(change, open, "returns/approve", Whole(open));
    });

    /// <summary>Closing a closed return changes nothing and tells nobody.</summary>
    public Task<ShopReturn> CloseReturnAsync(long id) => ChangeAsync(change =>
    {
        var known = NeedReturn(id);
        if (known.Status == "closed") return known;
        if (known.Status != "open") throw new ShopRefusal("Return status must be open.", "INVALID_STATE", "id");
        var closed = known with { Status = "closed", ClosedAt = Now };
        var body = Head(closed);
        body["order_id"] = closed.OrderId;
        return Keep(change, closed, "returns/close", body);
    });

    private ShopReturn NeedReturn(long id) => returns.GetValueOrDefault(id) ?? throw new ShopRefusal("Return does not exist.", "NOT_FOUND", "id");

    private ShopReturn Keep(ShopChange change, ShopReturn made, string topic, JsonObject body)
    {
        returns[made.Id] = made;
        change.Puts.Add(EffectBook.Put("returns", made.Id.ToString(CultureInfo.InvariantCulture), made));
        change.Raise(topic, body);
        return made;
    }

    private static JsonObject Head(ShopReturn made) => new() { ["id"] = made.Id, ["admin_graphql_api_id"] = Ids.Gid("Return", made.Id), ["status"] = made.Status };

    // Thin, as the vendor's: whoever wants to know the lines reads the return.
    private static JsonObject Whole(ShopReturn made)
    {
        var body = Head(made);
        body["order"] = new JsonObject { ["id"] = made.OrderId, ["admin_graphql_api_id"] = Ids.Gid("Order", made.OrderId) };
        body["total_return_line_items"] = made.Quantity;
        body["name"] = null;
        body["return_line_items"] = new JsonArray();
        body["return_shipping_fees"] = new JsonArray();
        body["exchange_line_items"] = new JsonArray();
        body["total_exchange_line_items"] = 0;
        return body;
    }
}
