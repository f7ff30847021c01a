using ControlTower.Simulator.Shopify;

namespace ControlTower.Simulator.Traffic;

/// <summary>What a shop charges when an order is placed: the price of an article, and what it takes off a line for everybody.</summary>
public sealed record Charges(Func<Article, decimal> Price, Func<OrderLine, ShopDiscount?> Grant);
