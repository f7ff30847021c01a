namespace ControlTower.Tests.Chaos;

/// <summary>People who buy in all four shops, and a few who think again. What they do is a function of the seed; the estate's own ledger says what came of it.</summary>
internal sealed class Shoppers(EstateProcess estate, int seed)
{
    public static IReadOnlyList<string> Shops { get; } = ["shopify-eu", "shopify-uk", "shopify-us", "shopify-jp"];

    private readonly Random dice = new(seed);
    private readonly Queue<(string Shop, string Id)> thinking = new();
    private int placed;

    public int Placed => Volatile.Read(ref placed);

    public int Cancelled { get; private set; }

    /// <summary>Buys until the time is over, about one order in each pace.</summary>
    public async Task BuyAsync(TimeSpan time, TimeSpan pace, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var rhythm = new PeriodicTimer(pace, TimeProvider.System);
        while (TimeProvider.System.GetElapsedTime(began) < time)
        {
            await BuyOneAsync();
            await rhythm.WaitForNextTickAsync(cancel);
        }
    }

    /// <summary>Twenty people buy in one shop in the same moment.</summary>
    public async Task RushAsync(int pick)
    {
        var orders = await estate.PlaceAsync(Shops[pick % Shops.Count], 20);
        Interlocked.Add(ref placed, orders.Count);
    }

    private async Task BuyOneAsync()
    {
        var order = (await estate.PlaceAsync(Shops[dice.Next(Shops.Count)], 1))[0];
        Interlocked.Increment(ref placed);
        var mood = dice.NextDouble();
        if (mood < 0.04)
        {
            // At once: the tower may hear of both in any order.
            await CancelAsync(order);
        }
        else if (mood < 0.08)
        {
            thinking.Enqueue(order);
        }

        if (thinking.Count > 2)
        {
            await CancelAsync(thinking.Dequeue());
        }
    }

    private async Task CancelAsync((string Shop, string Id) order) => Cancelled += await estate.CancelAsync(order.Shop, order.Id) ? 1 : 0;
}
