using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>Order lines, shipping lines, discounts.</summary>
internal static class LineNodes
{
    public static readonly NodeType<(ShopOrder Order, OrderLine Line)> Line = new("LineItem")
    {
        ["id"] = (x, _) => Ids.Gid("LineItem", x.Line.Id),
        ["sku"] = (x, _) => x.Line.Sku,
        ["name"] = (x, _) => $"{x.Line.Title} - {x.Line.VariantTitle}",
        ["title"] = (x, _) => x.Line.Title,
        ["variantTitle"] = (x, _) => x.Line.VariantTitle,
        ["vendor"] = (x, _) => x.Line.Vendor,
        ["quantity"] = (x, _) => x.Line.Quantity,
        ["currentQuantity"] = (x, _) => x.Line.Current,
        ["refundableQuantity"] = (x, _) => x.Line.Current,
        ["unfulfilledQuantity"] = (x, _) => x.Line.Fulfillable,
        ["fulfillableQuantity"] = (x, _) => x.Line.Fulfillable,
        ["nonFulfillableQuantity"] = (_, _) => 0,
        ["requiresShipping"] = (_, _) => true,
        ["taxable"] = (_, _) => true,
        ["isGiftCard"] = (_, _) => false,
        ["restockable"] = (_, _) => true,
        ["merchantEditable"] = (x, _) => x.Order.Parcels.Count == 0,
        ["variant"] = (x, a) => CatalogNodes.Variant.Of(a.Shop.Stock.Articles[x.Line.InventoryItemId]),
        ["product"] = (x, a) => CatalogNodes.Product.Of(a.Shop.Stock.Articles[x.Line.InventoryItemId]),
        ["originalUnitPriceSet"] = (x, a) => Money.Of(a.Shop.Market, x.Line.Price),
        ["originalTotalSet"] = (x, a) => Money.Of(a.Shop.Market, x.Line.Gross),
        ["discountedUnitPriceSet"] = (x, a) => Money.Of(a.Shop.Market, a.Shop.Market.Round((x.Line.Gross - OwnDiscount(x)) / x.Line.Quantity)),
        ["discountedUnitPriceAfterAllDiscountsSet"] = (x, a) => Money.Of(a.Shop.Market, a.Shop.Market.Round(x.Line.Net / x.Line.Quantity)),
        ["discountedTotalSet"] = (x, a) => Money.Of(a.Shop.Market, a.Arg<bool?>("withCodeDiscounts") == true ? x.Line.Net : x.Line.Gross - OwnDiscount(x)),
        ["totalDiscountSet"] = (x, a) => Money.Of(a.Shop.Market, OwnDiscount(x)),
        ["discountAllocations"] = (x, a) => x.Line.Discounts.Select(d => new Bag("DiscountAllocation")
        {
            ["allocatedAmountSet"] = Money.Of(a.Shop.Market, d.Amount),
            ["discountApplication"] = Application(a.Shop.Market, x.Order.Discounts[d.Index], d.Index),
        }),
        ["taxLines"] = (x, a) => Money.Taxes(a.Shop.Market, x.Line.Taxes),
        ["duties"] = (_, _) => Array.Empty<INode>(),
        ["customAttributes"] = (_, _) => Array.Empty<INode>(),
    };

    public static readonly NodeType<(ShopOrder Order, ShippingCharge Charge)> Shipping = new("ShippingLine")
    {
        ["id"] = (x, _) => Ids.Gid("ShippingLine", x.Charge.Id),
        ["code"] = (x, _) => x.Charge.Code,
        ["title"] = (x, _) => x.Charge.Title,
        ["source"] = (_, _) => "shopify",
        ["custom"] = (_, _) => false,
        ["deliveryCategory"] = (x, _) => x.Order.Attributes.Any(a => a.Name == "pickup_location") ? "pickup" : null,
        ["isRemoved"] = (_, _) => false,
        ["phone"] = (_, _) => null,
        ["carrierIdentifier"] = (_, _) => null,
        ["originalPriceSet"] = (x, a) => Money.Of(a.Shop.Market, x.Charge.Price),
        ["discountedPriceSet"] = (x, a) => Money.Of(a.Shop.Market, x.Charge.Price),
        ["currentDiscountedPriceSet"] = (x, a) => Money.Of(a.Shop.Market, new OrderSums(a.Shop.Market, x.Order).CurrentShipping),
        ["discountAllocations"] = (_, _) => Array.Empty<INode>(),
        ["taxLines"] = (x, a) => Money.Taxes(a.Shop.Market, x.Charge.Taxes),
    };

    /// <summary>Codes over the whole order do not lower the line's own discounted price; promotions on the line do.</summary>
    private static decimal OwnDiscount((ShopOrder Order, OrderLine Line) x) => x.Line.Discounts.Where(d => x.Order.Discounts[d.Index].Code is null).Sum(d => d.Amount);

    public static INode Application(Market market, Discount d, int index)
    {
        var bag = new Bag(d.Code is null ? "AutomaticDiscountApplication" : "DiscountCodeApplication")
        {
            ["index"] = index,
            ["allocationMethod"] = d.AllocationMethod.ToUpperInvariant(),
            ["targetSelection"] = d.TargetSelection.ToUpperInvariant(),
            ["targetType"] = d.TargetType.ToUpperInvariant(),
            ["value"] = d.ValueType == "percentage" ? new Bag("PricingPercentageValue") { ["percentage"] = (double)d.Value } : Money.Amount(market, d.Value),
        };
        bag[d.Code is null ? "title" : "code"] = d.Code ?? d.Title;
        return bag;
    }
}
