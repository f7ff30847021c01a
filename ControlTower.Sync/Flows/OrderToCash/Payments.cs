using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>What the shop says about the customer's money. It changes more often than the order itself, and without a new document.</summary>
internal static class Payments
{
    private const int MostReferences = 50;

    public static OrderState Replace(OrderState state, Order order)
    {
        var taken = order.Tenders.Where(t => t.Kind is TenderKind.Capture or TenderKind.Sale).ToList();
        var captured = taken.Sum(t => Capturing.Bounded(t.Amount));
        var stated = state with { Payment = order.Payment };
        return stated with
        {
            Captured = taken.Count > 0 ? Capturing.Bounded(captured) : stated.PaidInShop() ? Capturing.Bounded(order.Totals.Total) : 0m,
            PaidBy = taken.Count > 0 ? taken[^1].Method : stated.PaidInShop() ? "unknown" : null,
            PaidAt = taken.Count > 0 ? taken.Max(t => t.At) : stated.PaidInShop() ? order.PlacedAt : null,
        };
    }

    /// <summary>Two statements under one version (shops that count time in seconds): money only moves forward, so the further one is the later one.</summary>
    public static OrderState Merge(OrderState state, Order order)
    {
        var stated = Replace(state, order);
        return Rank(stated.Payment) > Rank(state.Payment) || (stated.Payment == state.Payment && stated.Captured > state.Captured) ? stated : state;
    }

    /// <summary>People ask for an order by the number that the payment has.</summary>
    public static void Refer(Draft draft, Order order)
    {
        foreach (var tender in order.Tenders.Take(MostReferences))
        {
            draft.Refer("payment", tender.Id);
        }
    }

    private static int Rank(PaymentState payment) => payment switch
    {
        PaymentState.Pending => 0,
        PaymentState.Authorized => 1,
        PaymentState.PartiallyPaid => 2,
        PaymentState.Paid => 3,
        PaymentState.PartiallyRefunded => 4,
        PaymentState.Refunded => 5,
        _ => 6,
    };
}
