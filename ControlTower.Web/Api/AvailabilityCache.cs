using ControlTower.Data.Inventory;
using Microsoft.Extensions.Caching.Memory;

namespace ControlTower.Web.Api;

/// <summary>
/// What was answered within the last second, SKU by SKU, so that a product that everybody looks at is asked for once a second and not once a look: whoever comes while it is asked for waits for that answer.
/// It only informs: whether goods can be had is decided by the hold, at the database. The moment of an answer is that of its oldest part.
/// </summary>
internal sealed class AvailabilityCache(AvailabilityQueries queries, TimeProvider clock) : IDisposable
{
    public static readonly TimeSpan Lasts = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(10);

    // In places of SKUs, about a hundred bytes each.
    private const int Most = 500_000;

    private readonly MemoryCache seen = new(new MemoryCacheOptions { SizeLimit = Most, ExpirationScanFrequency = TimeSpan.FromSeconds(5) });
    private readonly Lock gate = new();

    public async Task<(DateTimeOffset AsOf, IReadOnlyList<SkuAvailability> Items)> OfAsync(string? channel, IReadOnlyList<string> skus, string? location, CancellationToken cancel)
    {
        var (parts, mine) = Claim(channel, skus, location);
        if (mine.Count > 0)
        {
            // Not the caller's token and not the caller's wait: others may wait for this answer when its first asker has hung up.
            _ = AnswerAsync(channel, location, mine, parts);
        }

        var items = await Task.WhenAll(skus.Select(sku => parts[sku].Answer.Task)).WaitAsync(cancel);
        return (skus.Min(sku => parts[sku].At), items);
    }

    public void Dispose() => seen.Dispose();

    // Each part is asked for by whoever comes first.
    private (Dictionary<string, Part> Parts, List<string> Mine) Claim(string? channel, IReadOnlyList<string> skus, string? location)
    {
        var (parts, mine) = (new Dictionary<string, Part>(StringComparer.Ordinal), new List<string>());
        lock (gate)
        {
            foreach (var sku in skus)
            {
                if (seen.TryGetValue((channel, location, sku), out Part? known) && clock.GetElapsedTime(known!.Asked) < Lasts)
                {
                    parts[sku] = known;
                    continue;
                }

                var part = parts[sku] = new Part(clock.GetUtcNow(), clock.GetTimestamp());
                mine.Add(sku);
                seen.Set((channel, location, sku), part, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Lasts });
            }
        }

        return (parts, mine);
    }

    private async Task AnswerAsync(string? channel, string? location, List<string> mine, Dictionary<string, Part> parts)
    {
        using var limit = new CancellationTokenSource(LongestLook, clock);
        try
        {
            foreach (var item in await queries.OfAsync(channel, mine, location, Today(), limit.Token))
            {
                var part = parts[item.Sku];
                part.Answer.TrySetResult(item);
                // Now that its size is known.
                seen.Set((channel, location, item.Sku), part, new MemoryCacheEntryOptions { Size = 1 + item.Places.Count, AbsoluteExpirationRelativeToNow = Lasts });
            }
        }
        catch (Exception error)
        {
            foreach (var sku in mine)
            {
                seen.Remove((channel, location, sku));
                // Seen here, for perhaps nobody waits any more.
                _ = parts[sku].Answer.TrySetException(error) ? parts[sku].Answer.Task.Exception : null;
            }
        }
    }

    private DateOnly Today() => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    /// <param name="Asked">By the stopwatch: whoever sets the machine's clock does not make an answer last.</param>
    private sealed record Part(DateTimeOffset At, long Asked)
    {
        public TaskCompletionSource<SkuAvailability> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
