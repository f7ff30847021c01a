using ControlTower.Data.Currencies;
using ControlTower.Data.Db;

namespace ControlTower.Data.Kpis;

/// <summary>Something by which figures may be narrowed.</summary>
/// <param name="Kind"><c>brand</c>, <c>connection</c> (a channel or a system) or <c>store</c>.</param>
public sealed record KpiPlace(string Kind, string Id, string Name);

/// <summary>By what figures may be narrowed, and in which currency sums of several are told.</summary>
/// <param name="Currency">Of the books: the one that is worth one of itself, or the only one there is; null where neither is known.</param>
public sealed record KpiKnown(IReadOnlyList<KpiPlace> Places, string? Currency)
{
    /// <summary>Null if there is no such place.</summary>
    public string? NameOf(string kind, string id) => Places.FirstOrDefault(p => p.Kind == kind && p.Id == id)?.Name;
}

/// <summary>Brands, connections and stores as they are now. Reading again is always safe.</summary>
public sealed class KpiPlaces(TowerDataSources sources)
{
    private const string All = """
        select kind, id, name from (
            select 'brand' as kind, brand as id, brand as name from connection where brand <> '' union select 'brand', brand, brand from location where brand <> ''
            union all select 'connection', id, name from connection
            union all select 'store', id, name from location) p
        order by kind, lower(name), id
        """;

    public async Task<KpiKnown> ReadAsync(CancellationToken cancel)
    {
        var places = await sources.Read.Command(All).ListAsync(r => new KpiPlace(r.GetString(0), r.GetString(1), r.GetString(2)), cancel);
        var rates = await CurrencyStore.ListAsync(sources.Read, cancel);
        return new KpiKnown(places, rates.FirstOrDefault(r => r.Rate == 1)?.Currency ?? (rates.Count == 1 ? rates[0].Currency : null));
    }
}
