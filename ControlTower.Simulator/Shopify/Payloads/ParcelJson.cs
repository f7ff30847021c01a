using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify.Payloads;

internal static class ParcelJson
{
    public static JsonObject InOrder(Market market, ShopOrder order, Parcel parcel) => new()
    {
        ["id"] = parcel.Id,
        ["admin_graphql_api_id"] = Ids.Gid("Fulfillment", parcel.Id),
        ["created_at"] = MoneyJson.Time(market, parcel.At),
        ["location_id"] = parcel.LocationId,
        ["name"] = string.Create(CultureInfo.InvariantCulture, $"{order.Name}.{parcel.Ordinal}"),
        ["order_id"] = order.Id,
        ["origin_address"] = new JsonObject(),
        ["receipt"] = new JsonObject(),
        ["service"] = "manual",
        ["shipment_status"] = null,
        ["status"] = parcel.Status,
        ["tracking_company"] = parcel.Company,
        ["tracking_number"] = parcel.Number,
        ["tracking_numbers"] = parcel.Number is null ? new JsonArray() : new JsonArray(parcel.Number),
        ["tracking_url"] = parcel.Url,
        ["tracking_urls"] = parcel.Url is null ? new JsonArray() : new JsonArray(parcel.Url),
        ["updated_at"] = MoneyJson.Time(market, parcel.UpdatedAt),
        ["line_items"] = new JsonArray(parcel.Lines.Select(p => (JsonNode)LineJson.InParcel(market, order.Lines.First(l => l.Id == p.LineId), p.Quantity)).ToArray()),
    };

    /// <summary>The body of fulfillments/create and fulfillments/update.</summary>
    public static JsonObject Alone(Market market, ShopOrder order, Parcel parcel)
    {
        var json = InOrder(market, order, parcel);
        json["origin_address"] = null;
        json["email"] = order.Buyer.Email;
        json["destination"] = AddressJson.Of(order.Shipping);
        return json;
    }
}
