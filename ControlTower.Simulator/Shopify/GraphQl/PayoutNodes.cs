using System.Globalization;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>Shopify Payments: payouts and what moved the balance.</summary>
internal static class PayoutNodes
{
    private const long FirstPayout = 90_000_000_000;

    private static readonly NodeType<Payout> Payout = new("ShopifyPaymentsPayout")
    {
        ["id"] = (p, _) => PayoutId(p.Round),
        ["legacyResourceId"] = (p, _) => FirstPayout + p.Round,
        ["issuedAt"] = (p, _) => p.IssuedAt,
        ["status"] = (p, _) => p.State.ToString().ToUpperInvariant(),
        ["transactionType"] = (p, _) => p.Net < 0 ? "WITHDRAWAL" : "DEPOSIT",
        ["externalTraceId"] = (p, a) => p.State == PayoutState.Paid ? $"{a.Shop.Market.Key.ToUpperInvariant()}{FirstPayout + p.Round}" : null,
        ["net"] = (p, a) => Money.Amount(a.Shop.Market, p.Net),
    };

    private static readonly NodeType<(Movement Movement, ShopOrder? Order, bool PaidOut)> Transaction = new("ShopifyPaymentsBalanceTransaction")
    {
        ["id"] = (x, _) => Ids.Gid("ShopifyPaymentsBalanceTransaction", Number(x.Movement)),
        ["type"] = (x, _) => x.Movement.Kind switch { MovementKind.Charge => "CHARGE", MovementKind.Refund => "REFUND", MovementKind.Dispute => "DISPUTE_WITHDRAWAL", _ => "TRANSFER_FAILURE" },
        ["test"] = (_, _) => false,
        ["transactionDate"] = (x, _) => x.Movement.At,
        ["sourceId"] = (x, _) => x.Movement.Kind == MovementKind.Returned ? FirstPayout + x.Movement.Source : x.Movement.Source,
        ["sourceOrderTransactionId"] = (x, _) => x.Order is null ? null : x.Movement.Source,
        ["adjustmentReason"] = (_, _) => null,
        ["amount"] = (x, a) => Money.Amount(a.Shop.Market, x.Movement.Amount),
        ["fee"] = (x, a) => Money.Amount(a.Shop.Market, x.Movement.Fee),
        ["net"] = (x, a) => Money.Amount(a.Shop.Market, x.Movement.Net),
        ["associatedOrder"] = (x, _) => x.Order is null ? null : new Bag("ShopifyPaymentsAssociatedOrder") { ["id"] = Ids.Gid("Order", x.Order.Id), ["name"] = x.Order.Name },
        ["associatedPayout"] = (x, _) => new Bag("ShopifyPaymentsBalanceTransactionAssociatedPayout") { ["id"] = x.PaidOut ? PayoutId(x.Movement.Round) : null },
    };

    private static readonly NodeType<PayoutBook> Account = new("ShopifyPaymentsAccount")
    {
        ["payouts"] = (book, a) => Connection.Of("ShopifyPaymentsPayout", a, book.Payouts.Where(p => Since(a, "issued_at", p.IssuedAt)).Select(p => (Key(p.IssuedAt, p.Round), Payout.Of(p))).ToList()),
        ["balanceTransactions"] = (book, a) =>
        {
            var orders = a.Shop.Orders(_ => true).SelectMany(o => Shop.PaymentsOf(o).Select(p => (p.Id, Order: o))).ToDictionary(p => p.Id, p => p.Order);
            var paidOut = book.Payouts.Select(p => p.Round).ToHashSet();
            return Connection.Of("ShopifyPaymentsBalanceTransaction", a, book.Movements.Where(m => Since(a, "processed_at", m.At)).Select(m => (Key: Key(m.At, Number(m)), Node: Transaction.Of((
                m, m.Kind == MovementKind.Returned ? null : orders[m.Source], paidOut.Contains(m.Round))))).OrderBy(m => m.Key, StringComparer.Ordinal).ToList());
        },
    };

    public static INode Of(Shop shop) => Account.Of(shop.Payouts());

    private static bool Since(Asked a, string field, DateTimeOffset at) => SearchQuery.Parse(a.Arg<string>("query")).All(t => t.Field == field && t.Time is { } time ? t.Compares(at, time) : throw new NotModelled("search syntax", t.Field));

    private static string PayoutId(long round) => Ids.Gid("ShopifyPaymentsPayout", FirstPayout + round);

    private static long Number(Movement m) => ((m.Kind == MovementKind.Returned ? FirstPayout + m.Source : m.Source) * 10) + (int)m.Kind;

    private static string Key(DateTimeOffset at, long number) => string.Create(CultureInfo.InvariantCulture, $"{at.ToUnixTimeSeconds():D14}/{number:D20}");
}
