using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify.GraphQl;

internal static class Money
{
    public static Bag Amount(Market market, decimal amount) => new("MoneyV2") { ["amount"] = amount, ["currencyCode"] = market.Currency };

    /// <summary>The shop sells in its own currency only, so both sides are equal.</summary>
    public static Bag Of(Market market, decimal amount) => new("MoneyBag") { ["shopMoney"] = Amount(market, amount), ["presentmentMoney"] = Amount(market, amount) };

    public static IEnumerable<INode> Taxes(Market market, IEnumerable<TaxLine> taxes) => taxes.Select(t => new Bag("TaxLine")
    {
        ["title"] = t.Title, ["rate"] = (double)t.Rate, ["ratePercentage"] = (double)(t.Rate * 100), ["channelLiable"] = false, ["priceSet"] = Of(market, t.Price), ["price"] = t.Price, ["source"] = "shopify",
    });
}
