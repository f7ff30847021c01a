using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.Shopify;

public sealed partial class Shop
{
    /// <summary>What Shopify Payments made of everything that buyers paid and got back.</summary>
    public PayoutBook Payouts() => new(
        Orders(_ => true).SelectMany(PaymentsOf).Select(p => (p.Id, p.At, p.Kind == "refund" ? -p.Amount : p.Amount)), options.Seed, options.PayoutEvery, Market.Decimals, Now);

    /// <summary>Money taken and given back.</summary>
    public static IEnumerable<Payment> PaymentsOf(ShopOrder order) => order.Payments.Concat(order.Refunds.SelectMany(r => r.Payments));
}
