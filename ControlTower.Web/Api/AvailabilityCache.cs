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

    // About a thousand bytes each.
    private const int Most = 100_000;

    private readonly MemoryCache seen = new(new MemoryCacheOptions { SizeLimit = Most, ExpirationScanFrequency = TimeSpan.FromSeconds(5) });
    private readonly Lock gate = new();

    public async Task<(DateTimeOffset AsOf, IReadOnlyList<SkuAvailability> Items)> OfAsync(string? channel, IReadOnlyList<string> skus, string? location, CancellationToken cancel)
    {
        var (parts, mine) = Claim(channel, skus, location);
        if (mine.Count > 0)
        {
            await AnswerAsync(channel, location, mine, parts, cancel);
        }

        try
        {
            var items = await Task.WhenAll(skus.Select(sku => parts[sku].Answer.Task)).WaitAsync(cancel);
            return (skus.Min(sku => parts[sku].At), items);
        }
        catch (Exception) when (mine.Count < skus.Count && !cancel.IsCancellationRequested)
        {
            // Whoever asked for a part hung up or failed: it is asked for here, and a second failure is told.
            return (clock.GetUtcNow(), await queries.OfAsync(channel, skus, location, Today(), cancel));
        }
    }

    public void Dispose() => seen.Dispose();

    // Each part is asked for by whoever comes first.
    private (Dictionary<string, Part> Parts, List<string> Mine) Claim(string? channel, IReadOnlyList<string> skus, string? location)
    {
        var (now, parts, mine) = (clock.GetUtcNow(), new Dictionary<string, Part>(StringComparer.Ordinal), new List<string>());
        lock (gate)
        {
            foreach (var sku in skus)
            {
                if (seen.TryGetValue((channel, location, sku), out Part? known) && now - known!.At < Lasts)
                {
                    parts[sku] = known;
                    continue;
                }

                var part = parts[sku] = new Part(now);
                mine.Add(sku);
                seen.Set((channel, location, sku), part, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Lasts });
            }
        }

        return (parts, mine);
    }

    private async Task AnswerAsync(string? channel, string? location, List<string> mine, Dictionary<string, Part> parts, CancellationToken cancel)
    {
        try
        {
            foreach (var item in await queries.OfAsync(channel, mine, location, Today(), cancel))
            {
                parts[item.Sku].Answer.SetResult(item);
            }
        }
        catch (Exception error)
        {
            foreach (var sku in mine)
            {
                seen.Remove((channel, location, sku));
                parts[sku].Answer.TrySetException(error);
            }

            throw;
        }
    }

    private DateOnly Today() => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    private sealed record Part(DateTimeOffset At)
    {
        public TaskCompletionSource<SkuAvailability> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
