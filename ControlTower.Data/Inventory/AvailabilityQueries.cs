using ControlTower.Data.Db;
using NpgsqlTypes;

namespace ControlTower.Data.Inventory;

/// <summary>What may be sold of a SKU at a place.</summary>
/// <param name="Available">Pieces free now for the channel that was asked about: on hand less safety, reserved, buffers; never negative.</param>
public sealed record PlaceAvailability(string Location, int Available, IReadOnlyList<FutureSupply> Future);

/// <param name="Promisable">Pieces that may be promised for this day and later: what lies there and all that comes until then, less what is reserved and kept back. What is owed is served first.</param>
public sealed record FutureSupply(DateOnly On, long Quantity, long Promisable);

/// <param name="Known">The SKU lies, or lay, somewhere, or is on its way.</param>
/// <param name="Available">Over all places.</param>
public sealed record SkuAvailability(string Sku, bool Known, long Available, IReadOnlyList<PlaceAvailability> Places);

/// <summary>Available to sell. Asks only our own database, never an ERP. It informs; whether goods can be had is decided by the hold. Reading again is always safe.</summary>
public sealed class AvailabilityQueries(TowerDataSources sources)
{
    private const string Now = """
        with here as (select o.sku, o.location, o.free from stock_offer($1, $2, $3) o),
        coming as (select p.* from stock_promise($1, $2, $3, $4) p)
        select sku, location, coalesce(h.free, 0), c.due_on, c.quantity, c.promisable from here h full join coming c using (sku, location) order by 1, 2, 4
        """;

    /// <summary>One answer per SKU, in the order asked.</summary>
    /// <param name="channel">The connection that sells; null: nothing is kept back.</param>
    /// <param name="location">This place alone; null: every place.</param>
    /// <param name="today">What was due before this day and has not come is not promised.</param>
    public async Task<IReadOnlyList<SkuAvailability>> OfAsync(string? channel, IReadOnlyList<string> skus, string? location, DateOnly today, CancellationToken cancel)
    {
        var rows = await sources.Read.Command(
            Now, Sql.Of(channel, NpgsqlDbType.Text), Sql.Of(skus.ToArray()), Sql.Of(location, NpgsqlDbType.Text), Sql.Of(today))
            .ListAsync(r => (Sku: r.GetString(0), Location: r.GetString(1), Free: r.GetInt32(2), On: r.Maybe<DateOnly?>(3), Quantity: r.Maybe<long?>(4), Promisable: r.Maybe<long?>(5)), cancel);
        var bySku = rows.ToLookup(r => r.Sku, StringComparer.Ordinal);
        return [.. skus.Select(sku =>
        {
            var places = bySku[sku].GroupBy(r => r.Location, StringComparer.Ordinal).Select(g => new PlaceAvailability(
                g.Key, g.First().Free, [.. g.Where(r => r.On is not null).Select(r => new FutureSupply(r.On!.Value, r.Quantity!.Value, r.Promisable!.Value))])).ToList();
            return new SkuAvailability(sku, places.Count > 0, places.Sum(p => (long)p.Available), places);
        })];
    }
}
