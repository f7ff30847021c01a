namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>Returns with the lines that come back.</summary>
internal static class ReturnNodes
{
    public static readonly NodeType<ShopReturn> Return = new("Return")
    {
        ["id"] = (r, _) => Ids.Gid("Return", r.Id),
        ["name"] = (r, _) => r.Name,
        ["status"] = (r, _) => r.Status.ToUpperInvariant(),
        ["createdAt"] = (r, _) => r.CreatedAt,
        ["requestApprovedAt"] = (r, _) => r.ApprovedAt,
        ["closedAt"] = (r, _) => r.ClosedAt,
        ["totalQuantity"] = (r, _) => r.Quantity,
        ["decline"] = (_, _) => null,
        ["order"] = (r, a) => OrderNodes.Order.Of(a.Shop.Find(r.OrderId)!),
        ["returnLineItems"] = (r, a) => Connection.Of("ReturnLineItemType", a, [Line!.Of(r)]),
        ["exchangeLineItems"] = (_, a) => Connection.Of("ExchangeLineItem", a, Array.Empty<INode>()),
        ["refunds"] = (_, a) => Connection.Of("Refund", a, Array.Empty<INode>()),
    };

    private static readonly NodeType<ShopReturn> Line = new("ReturnLineItem")
    {
        ["id"] = (r, _) => Ids.Gid("ReturnLineItem", r.ItemId),
        ["quantity"] = (r, _) => r.Quantity,
        ["returnReason"] = (r, _) => r.Reason,
        ["returnReasonNote"] = (_, _) => "",
        ["customerNote"] = (_, _) => null,
        ["fulfillmentLineItem"] = (r, a) =>
        {
            var order = a.Shop.Find(r.OrderId)!;
            return new Bag("FulfillmentLineItem")
            {
                ["id"] = Ids.Gid("FulfillmentLineItem", r.ParcelLineId), ["quantity"] = order.Parcels.SelectMany(p => p.Lines).First(l => l.Id == r.ParcelLineId).Quantity,
                ["lineItem"] = LineNodes.Line.Of((order, order.Lines.First(l => l.Id == r.LineId))),
            };
        },
    };

    public static async Task<object?> Approve(Asked a, string payload)
    {
        var open = await a.Shop.ApproveReturnAsync(Ids.Parse("Return", a.Input("input")["id"] as string) ?? 0);
        return Mutations.Done(payload, ("return", Return.Of(open)));
    }

    public static async Task<object?> Close(Asked a, string payload)
    {
        var closed = await a.Shop.CloseReturnAsync(Ids.Parse("Return", a.Arg<string>("id")) ?? 0);
        return Mutations.Done(payload, ("return", Return.Of(closed)));
    }
}
