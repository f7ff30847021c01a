namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>Payments and refunds.</summary>
internal static class MoneyNodes
{
    public static readonly NodeType<(ShopOrder Order, Payment Payment)> Transaction = new("OrderTransaction")
    {
        ["id"] = (x, _) => Ids.Gid("OrderTransaction", x.Payment.Id),
        ["kind"] = (x, _) => x.Payment.Kind.ToUpperInvariant(),
        ["status"] = (_, _) => "SUCCESS",
        ["gateway"] = (x, _) => x.Payment.Gateway,
        ["formattedGateway"] = (_, _) => "Shopify Payments",
        ["test"] = (_, _) => false,
        ["createdAt"] = (x, _) => x.Payment.At,
        ["processedAt"] = (x, _) => x.Payment.At,
        ["authorizationExpiresAt"] = (_, _) => null,
        ["errorCode"] = (_, _) => null,
        ["manualPaymentGateway"] = (_, _) => false,
        ["paymentId"] = (x, _) => $"{x.Order.Name}.{(x.Payment.Kind == "refund" ? "2" : "1")}",
        ["amountSet"] = (x, a) => Money.Of(a.Shop.Market, x.Payment.Amount),
        ["amountRoundingSet"] = (_, _) => null,
        ["fees"] = (_, _) => Array.Empty<INode>(),
        ["order"] = (x, _) => OrderNodes.Order.Of(x.Order),
        ["parentTransaction"] = (x, _) => x.Order.Payments.FirstOrDefault(p => p.Id == x.Payment.ParentId) is { } parent ? Transaction!.Of((x.Order, parent)) : null,
        ["device"] = (_, _) => null,
        ["location"] = (_, _) => null,
        ["settlementCurrency"] = (_, a) => a.Shop.Market.Currency,
        ["settlementCurrencyRate"] = (_, _) => null,
    };

    public static readonly NodeType<(ShopOrder Order, Refund Refund)> Refund = new("Refund")
    {
        ["id"] = (x, _) => Ids.Gid("Refund", x.Refund.Id),
        ["legacyResourceId"] = (x, _) => x.Refund.Id,
        ["createdAt"] = (x, _) => x.Refund.At,
        ["updatedAt"] = (x, _) => x.Refund.At,
        ["processedAt"] = (x, _) => x.Refund.At,
        ["note"] = (x, _) => x.Refund.Note,
        ["return"] = (_, _) => null,
        ["order"] = (x, _) => OrderNodes.Order.Of(x.Order),
        ["totalRefundedSet"] = (x, a) => Money.Of(a.Shop.Market, x.Refund.Payments.Sum(p => p.Amount)),
        ["refundLineItems"] = (x, a) => Connection.Of("RefundLineItem", a, x.Refund.Lines.Select(l => RefundLine!.Of((x.Order, l))).ToList()),
        ["refundShippingLines"] = (x, a) => Connection.Of("RefundShippingLine", a, x.Refund.Shipping == 0 ? [] :
        [
            new Bag("RefundShippingLine")
            {
                ["id"] = Ids.Gid("RefundShippingLine", x.Refund.Id + 1),
                ["subtotalAmountSet"] = Money.Of(a.Shop.Market, x.Refund.Shipping),
                ["taxAmountSet"] = Money.Of(a.Shop.Market, x.Refund.ShippingTax),
                ["shippingLine"] = LineNodes.Shipping.Of((x.Order, x.Order.Carriage[0])),
            },
        ]),
        ["orderAdjustments"] = (_, a) => Connection.Of("OrderAdjustment", a, Array.Empty<INode>()),
        ["transactions"] = (x, a) => Connection.Of("OrderTransaction", a, x.Refund.Payments.Select(p => Transaction.Of((x.Order, p))).ToList()),
    };

    private static readonly NodeType<(ShopOrder Order, RefundedLine Line)> RefundLine = new("RefundLineItem")
    {
        ["id"] = (x, _) => Ids.Gid("RefundLineItem", x.Line.Id),
        ["quantity"] = (x, _) => x.Line.Quantity,
        ["restockType"] = (x, _) => x.Line.RestockType.ToUpperInvariant(),
        ["restocked"] = (x, _) => x.Line.RestockType != "no_restock",
        ["location"] = (x, a) => x.Line.LocationId is { } id ? OtherNodes.Location.Of(OtherNodes.Site(a.Shop, id)!.Value) : null,
        ["priceSet"] = (x, a) => Money.Of(a.Shop.Market, x.Order.Lines.First(l => l.Id == x.Line.LineId).Price),
        ["subtotalSet"] = (x, a) => Money.Of(a.Shop.Market, x.Line.Subtotal),
        ["totalTaxSet"] = (x, a) => Money.Of(a.Shop.Market, x.Line.Tax),
        ["lineItem"] = (x, _) => LineNodes.Line.Of((x.Order, x.Order.Lines.First(l => l.Id == x.Line.LineId))),
    };
}
