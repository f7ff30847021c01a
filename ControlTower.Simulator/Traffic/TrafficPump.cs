using ControlTower.Simulator.Shopify;

namespace ControlTower.Simulator.Traffic;

/// <summary>
/// Places orders at the set rate and lets some buyers change their mind. The order of shops and the contents are seeded; the moments are not.
/// </summary>
public sealed class TrafficPump(Estate estate)
{
    private static readonly string[] Reasons = ["SIZE_TOO_SMALL", "SIZE_TOO_SMALL", "SIZE_TOO_LARGE", "UNWANTED", "DEFECTIVE"];

    /// <summary>Which shop the next buyer visits: four in ten Europe, three the UK, two the USA, one Japan.</summary>
    private static readonly string[] Visits = ["eu", "eu", "eu", "eu", "uk", "uk", "uk", "us", "us", "jp"];

    private readonly Dice dice = new(estate.Options.Seed, 7);
    private readonly Lock gate = new();
    private readonly List<Afterthought> afterthoughts = [];
    private double owed;
    private long at = estate.Options.Clock.GetTimestamp();

    public double Rate { get; private set; } = estate.Options.Rate;

    public bool Running { get; private set; } = estate.Options.TrafficRunning;

    public void Set(double? rate, bool? running)
    {
        lock (gate)
        {
            Rate = rate ?? Rate;
            Running = running ?? Running;
            owed = Math.Min(owed, 1);
        }
    }

    /// <summary>Places the orders that are due by now and carries out due afterthoughts. Called in short rounds.</summary>
    public async Task RoundAsync()
    {
        foreach (var key in Due()) await PlaceAsync(estate.Shop(key)!, new Wishes());
        foreach (var thought in TakeDue()) await CarryOut(thought);
    }

    private List<string> Due()
    {
        lock (gate)
        {
            var now = estate.Options.Clock.GetTimestamp();
            var passed = estate.Options.Clock.GetElapsedTime(at, now).TotalMinutes;
            at = now;
            if (!Running) return [];
            // A pause of the process is not made up for by a flood.
            owed += Math.Min(passed, 0.1) * Rate;
            var keys = new List<string>();
            for (; owed >= 1; owed--) keys.Add(dice.Pick(Visits));
            return keys;
        }
    }

    public async Task<ShopOrder> PlaceAsync(Shop shop, Wishes wishes)
    {
        var order = await shop.PlaceAsync(wishes);
        var thoughts = new Dice(estate.Options.Seed, shop.Market.Index, order.Number, 3);
        if (thoughts.Chance(estate.Options.AfterthoughtShare))
        {
            var kind = thoughts.Pick([Mind.Edit, Mind.Edit, Mind.Cancel, Mind.Refund, Mind.Refund]);
            var due = estate.Options.Clock.GetUtcNow() + thoughts.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
            lock (gate) afterthoughts.Add(new Afterthought(due, shop, order.Id, kind, thoughts.Chance(0.4), 0));
        }

        var back = new Dice(estate.Options.Seed, shop.Market.Index, order.Number, 5);
        if (back.Chance(estate.Options.ReturnShare))
        {
            var due = estate.Options.Clock.GetUtcNow() + back.Between(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(60));
            lock (gate) afterthoughts.Add(new Afterthought(due, shop, order.Id, Mind.GiveBack, back.Chance(0.7), 0));
        }

        return order;
    }

    private List<Afterthought> TakeDue()
    {
        lock (gate)
        {
            var now = estate.Options.Clock.GetUtcNow();
            var due = afterthoughts.Where(a => a.Due <= now).ToList();
            afterthoughts.RemoveAll(a => a.Due <= now);
            return due;
        }
    }

    private async Task CarryOut(Afterthought thought)
    {
        try
        {
            switch (thought.Kind)
            {
                case Mind.Edit:
                    await thought.Shop.EditAsync(thought.OrderId, thought.Flag);
                    break;
                case Mind.Cancel:
                    await thought.Shop.CancelAsync(thought.OrderId, "customer", restock: true);
                    break;
                case Mind.GiveBack:
                    await GiveBack(thought);
                    break;
                case Mind.Agree:
                    await thought.Shop.ApproveReturnAsync(thought.Shop.ReturnOf(thought.OrderId)!.Id);
                    break;
                default:
                    await Refund(thought);
                    break;
            }
        }
        catch (ShopRefusal)
        {
            // Shipped, cancelled or down to one unit meanwhile: the buyer keeps the order.
        }
    }

    /// <summary>Goods come back only after they were shipped; a buyer waits up to ten minutes for that.</summary>
    private async Task Refund(Afterthought thought)
    {
        if (Shipped(thought) is not { } order) return;
        var line = order.Lines.First(l => l.Current > 0);
        await thought.Shop.RefundAsync(order.Id, new Dictionary<long, int> { [line.Id] = 1 }, shipping: false, "Did not fit", null);
    }

    /// <summary>The buyer asks first; the shop thinks about it for a while, and leaves some requests for others to answer.</summary>
    private async Task GiveBack(Afterthought thought)
    {
        if (Shipped(thought) is not { } order) return;
        var asked = await thought.Shop.RequestReturnAsync(order.Id, new Dice(estate.Options.Seed, thought.Shop.Market.Index, order.Number, 6).Pick(Reasons));
        if (thought.Flag) lock (gate) afterthoughts.Add(thought with { Due = asked.CreatedAt.AddSeconds(15), Kind = Mind.Agree });
    }

    /// <summary>Null, and thought of again later, while nothing has left; null for good if nothing will.</summary>
    private ShopOrder? Shipped(Afterthought thought)
    {
        var order = thought.Shop.Find(thought.OrderId);
        if (order is null || order.CancelledAt is not null) return null;
        if (order.Parcels.Count > 0) return order;
        if (thought.Tries < 60) lock (gate) afterthoughts.Add(thought with { Due = estate.Options.Clock.GetUtcNow().AddSeconds(10), Tries = thought.Tries + 1 });
        return null;
    }

    private enum Mind
    {
        Edit,
        Cancel,
        Refund,
        GiveBack,
        Agree,
    }

    private sealed record Afterthought(DateTimeOffset Due, Shop Shop, long OrderId, Mind Kind, bool Flag, int Tries);
}
