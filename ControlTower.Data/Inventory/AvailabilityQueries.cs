using ControlTower.Data.Db;
using NpgsqlTypes;

namespace ControlTower.Data.Inventory;

/// <summary>What may be sold of a SKU at a place.</summary>
/// <param name="Available">Pieces free now for the channel that was asked about: on hand less safety, reserved, buffers; never negative.</param>
public sealed record PlaceAvailability(string Location, int Available, IReadOnlyList<FutureSupply> Future);

/// <param name="Promisable">Pieces that may be promised for this day and later: what is available now and all that comes until then.</param>
public sealed record FutureSupply(DateOnly On, long Quantity, long Promisable);

/// <param name="Known">The SKU lies, or lay, somewhere, or is on its way.</param>
/// <param name="Available">Over all places.</param>
public sealed record SkuAvailability(string Sku, bool Known, long Available, IReadOnlyList<PlaceAvailability> Places);

/// <summary>Available to sell. Asks only our own database, never an ERP. It informs; whether goods can be had is decided by the hold. Reading again is always safe.</summary>
public sealed class AvailabilityQueries(TowerDataSources sources)
{
    private const string Now = """
        with here as (select o.sku, o.location, o.free from stock_offer($1, $2, $3) o),
        coming as (
            select g.sku, g.location, g.due_on, sum(g.quantity) as quantity from stock_incoming g
            where g.sku = any ($2) and ($3::text is null or g.location = $3) and g.due_on >= $4 group by 1, 2, 3)
        select sku, location, coalesce(h.free, 0), c.due_on, c.quantity from here h full join coming c using (sku, location) order by 1, 2, 4
        """;

    /// <summary>One answer per SKU, in the order asked.</summary>
    /// <param name="channel">The connection that sells; null: nothing is kept back.</param>
    /// <param name="location">This place alone; null: every place.</param>
    /// <param name="today">What was due before this day and has not come is not promised.</param>
    public async Task<IReadOnlyList<SkuAvailability>> OfAsync(string? channel, IReadOnlyList<string> skus, string? location, DateOnly today, CancellationToken cancel)
    {
        var rows = await sources.Read.Command(
            Now, Sql.Of(channel, NpgsqlDbType.Text), Sql.Of(skus.ToArray()), Sql.Of(location, NpgsqlDbType.Text), Sql.Of(today))
            .ListAsync(r => (Sku: r.GetString(0), Location: r.GetString(1), Free: r.GetInt32(2), On: r.Maybe<DateOnly?>(3), Quantity: r.Maybe<long?>(4)), cancel);
        var bySku = rows.ToLookup(r => r.Sku, StringComparer.Ordinal);
        return [.. skus.Select(sku =>
        {
            var places = bySku[sku].GroupBy(r => r.Location, StringComparer.Ordinal).Select(g => new PlaceAvailability(g.Key, g.First().Free, Ahead(g.First().Free, g))).ToList();
            return new SkuAvailability(sku, places.Count > 0, places.Sum(p => (long)p.Available), places);
        })];
    }

    private static List<FutureSupply> Ahead(int free, IEnumerable<(string Sku, string Location, int Free, DateOnly? On, long? Quantity)> rows)
    {
        var ahead = new List<FutureSupply>();
        long sum = free;
        foreach (var row in rows)
        {
            if (row is { On: { } on, Quantity: { } quantity })
            {
                ahead.Add(new FutureSupply(on, quantity, sum += quantity));
            }
        }

        return ahead;
    }
}
