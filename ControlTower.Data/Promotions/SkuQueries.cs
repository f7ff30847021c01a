using ControlTower.Data.Db;

namespace ControlTower.Data.Promotions;

/// <summary>Which SKUs there are. Reading again is always safe.</summary>
public sealed class SkuQueries(TowerDataSources sources)
{
    private const int Portion = 10_000;

    /// <summary>Of the SKUs given, those that some channel or ERP lists now.</summary>
    public async Task<IReadOnlySet<string>> ListedAsync(IReadOnlyCollection<string> skus, CancellationToken cancel)
    {
        var listed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var some in skus.Chunk(Portion))
        {
            listed.UnionWith(await sources.Read.Command("select distinct sku from catalog_item where gone_at is null and sku = any($1)", Sql.Of(some)).ListAsync(r => r.GetString(0), cancel));
        }

        return listed;
    }
}
