using System.Globalization;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>Fulfillment orders (what is to be shipped from where) and fulfillments (what was).</summary>
internal static class ShippingNodes
{
    public static readonly NodeType<ShopOrder> FulfillmentOrder = new("FulfillmentOrder")
    {
        ["id"] = (o, _) => Ids.Gid("FulfillmentOrder", o.FulfillmentOrderId),
        ["status"] = (o, _) => o.CancelledAt is not null || o.Lines.All(l => l.Fulfillable == 0) ? "CLOSED" : o.Parcels.Count > 0 ? "IN_PROGRESS" : "OPEN",
        ["requestStatus"] = (_, _) => "UNSUBMITTED",
        ["createdAt"] = (o, _) => o.CreatedAt,
        ["updatedAt"] = (o, _) => o.UpdatedAt,
        ["fulfillAt"] = (o, _) => o.CreatedAt,
        ["fulfillBy"] = (_, _) => null,
        ["orderId"] = (o, _) => Ids.Gid("Order", o.Id),
        ["orderName"] = (o, _) => o.Name,
        ["order"] = (o, _) => OrderNodes.Order.Of(o),
        ["supportedActions"] = (o, _) => o.CancelledAt is null && o.Lines.Any(l => l.Fulfillable > 0) ? [new Bag("FulfillmentOrderSupportedAction") { ["action"] = "CREATE_FULFILLMENT" }] : Array.Empty<INode>(),
        ["fulfillmentHolds"] = (_, _) => Array.Empty<INode>(),
        ["assignedLocation"] = (o, a) => OtherNodes.Site(a.Shop, o.LocationId) is { } site
            ? new Bag("FulfillmentOrderAssignedLocation") { ["name"] = site.Site.Name, ["countryCode"] = site.Site.Address.CountryCode, ["location"] = OtherNodes.Location.Of(site) }
            : null,
        ["lineItems"] = (o, a) => Connection.Of("FulfillmentOrderLineItem", a, o.Lines.Select(l => FulfillmentOrderLine!.Of((o, l))).ToList()),
    };

    private static readonly NodeType<(ShopOrder Order, OrderLine Line)> FulfillmentOrderLine = new("FulfillmentOrderLineItem")
    {
        ["id"] = (x, _) => Ids.Gid("FulfillmentOrderLineItem", x.Line.FulfillmentLineId),
        ["totalQuantity"] = (x, _) => x.Line.Current,
        ["remainingQuantity"] = (x, _) => x.Line.Fulfillable,
        ["sku"] = (x, _) => x.Line.Sku,
        ["productTitle"] = (x, _) => x.Line.Title,
        ["variantTitle"] = (x, _) => x.Line.VariantTitle,
        ["vendor"] = (x, _) => x.Line.Vendor,
        ["requiresShipping"] = (_, _) => true,
        ["inventoryItemId"] = (x, _) => Ids.Gid("InventoryItem", x.Line.InventoryItemId),
        ["lineItem"] = (x, _) => LineNodes.Line.Of(x),
    };

    public static readonly NodeType<(ShopOrder Order, Parcel Parcel)> Fulfillment = new("Fulfillment")
    {
        ["id"] = (x, _) => Ids.Gid("Fulfillment", x.Parcel.Id),
        ["legacyResourceId"] = (x, _) => x.Parcel.Id,
        ["name"] = (x, _) => string.Create(CultureInfo.InvariantCulture, $"{x.Order.Name}.{x.Parcel.Ordinal}"),
        ["status"] = (x, _) => x.Parcel.Status.ToUpperInvariant(),
        ["displayStatus"] = (_, _) => "FULFILLED",
        ["createdAt"] = (x, _) => x.Parcel.At,
        ["updatedAt"] = (x, _) => x.Parcel.UpdatedAt,
        ["requiresShipping"] = (_, _) => true,
        ["totalQuantity"] = (x, _) => x.Parcel.Lines.Sum(l => l.Quantity),
        ["location"] = (x, a) => OtherNodes.Location.Of(OtherNodes.Site(a.Shop, x.Parcel.LocationId)!.Value),
        ["order"] = (x, _) => OrderNodes.Order.Of(x.Order),
        ["trackingInfo"] = (x, _) => x.Parcel.Number is null ? Array.Empty<INode>() : [new Bag("FulfillmentTrackingInfo") { ["company"] = x.Parcel.Company, ["number"] = x.Parcel.Number, ["url"] = x.Parcel.Url }],
        ["fulfillmentLineItems"] = (x, a) => Connection.Of("FulfillmentLineItem", a, x.Parcel.Lines.Select(l => (INode)new Bag("FulfillmentLineItem")
        {
            ["id"] = Ids.Gid("FulfillmentLineItem", l.Id), ["quantity"] = l.Quantity, ["lineItem"] = LineNodes.Line.Of((x.Order, x.Order.Lines.First(o => o.Id == l.LineId))),
        }).ToList()),
    };
}
