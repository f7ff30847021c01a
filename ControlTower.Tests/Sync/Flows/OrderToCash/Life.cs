using ControlTower.Data.Canonical;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>What really happened in the shop, and what the warehouse will do: the truth that any order of messages must lead to.</summary>
internal sealed record Life(IReadOnlyList<CanonicalEvent> ShopSays, bool ShopShips, int Parts, bool Cancelled, bool ErpMayShipCancelled)
{
    /// <summary>The content that the warehouse ships.</summary>
    public Order Final => ShopSays.OfType<OrderStated>().MaxBy(s => s.Version)!.Statement;

    /// <param name="racing">The warehouse may ship what the shop cancels: the end then depends on who was first, as in real life.</param>
    public static Life Of(Random random, bool racing)
    {
        var cancelled = racing || random.Next(4) == 0;
        var shopShips = !cancelled && random.Next(3) == 0;
        var edits = shopShips ? 0 : random.Next(3);
        var paid = random.Next(5) > 0;
        List<CanonicalEvent> says = [];
        var version = 1L;
        var tees = 2;
        var payment = PaymentState.Pending;
        Order Now() => Sample.Order(version, payment, tees);
        says.Add(Sample.Stated(Now()));
        for (var i = 0; i < edits; i++)
        {
            version += random.Next(1, 3);
            tees = random.Next(1, 6);
            says.Add(Sample.Stated(Now()));
        }

        if (paid)
        {
            version++;
            payment = PaymentState.Paid;
            says.Add(Sample.Stated(Now()));
        }

        if (cancelled)
        {
            version++;
            says.Add(random.Next(2) == 0 ? Sample.CancelledAt(version) : Sample.Stated(Now() with { CancelledAt = Sample.Start, CancelReason = "customer" }));
        }

        var refunds = paid ? random.Next(3) : 0;
        for (var i = 0; i < refunds; i++)
        {
            says.Add(Sample.Refund($"R{i}", random.Next(1, 1_500) / 100m, version));
        }

        return new Life(says, shopShips, random.Next(1, 3), cancelled, racing);
    }
}
