using ControlTower.Data.Inventory;
using Microsoft.Extensions.Caching.Memory;

namespace ControlTower.Web.Api;

/// <summary>
/// What was answered within the last second, SKU by SKU, so that a product that everybody looks at is asked for once a second and not once a look. It only informs: whether goods can be had is
/// decided by the hold, at the database. <see cref="AsOf"/> of an answer is that of its oldest part.
/// </summary>
internal sealed class AvailabilityCache(AvailabilityQueries queries, TimeProvider clock) : IDisposable
{
    public static readonly TimeSpan Lasts = TimeSpan.FromSeconds(1);

    private readonly MemoryCache seen = new(new MemoryCacheOptions { SizeLimit = 100_000 });

    public async Task<(DateTimeOffset AsOf, IReadOnlyList<SkuAvailability> Items)> OfAsync(string? channel, IReadOnlyList<string> skus, string? location, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (asOf, found, missing) = (now, new Dictionary<string, SkuAvailability>(StringComparer.Ordinal), new List<string>());
        foreach (var sku in skus)
        {
            if (seen.TryGetValue((channel, location, sku), out Seen? known) && now - known!.At < Lasts)
            {
                found[sku] = known.Item;
                asOf = known.At < asOf ? known.At : asOf;
            }
            else
            {
                missing.Add(sku);
            }
        }

        if (missing.Count > 0)
        {
            foreach (var item in await queries.OfAsync(channel, missing, location, DateOnly.FromDateTime(now.UtcDateTime), cancel))
            {
                found[item.Sku] = item;
                seen.Set((channel, location, item.Sku), new Seen(now, item), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Lasts });
            }
        }

        return (asOf, [.. skus.Select(sku => found[sku])]);
    }

    public void Dispose() => seen.Dispose();

    private sealed record Seen(DateTimeOffset At, SkuAvailability Item);
}
