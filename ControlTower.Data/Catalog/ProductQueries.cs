using ControlTower.Data.ApiClients;
using ControlTower.Data.Db;

namespace ControlTower.Data.Catalog;

/// <summary>A product as a channel lists it, and what the channel is to show for it.</summary>
/// <param name="Item">The channel's own name of the variant.</param>
/// <param name="Target">The ERP's price as this channel could show it; null where nothing is matched or it has none that the channel could show.</param>
/// <param name="Promotion">What a promotion that is out wants there now; null if none is. Then it is this that is to be shown.</param>
public sealed record ListedProduct(string Channel, ListedItem Listed, decimal? Target, decimal? Promotion);

/// <summary>What channels list. Reading again is always safe.</summary>
public sealed class ProductQueries(TowerDataSources sources)
{
    /// <summary>Products behind one, by channel and item.</summary>
    /// <param name="after">Channel and item of the last that was seen; null: from the top.</param>
    /// <param name="skus">Only these; empty: all.</param>
    public async Task<List<ListedProduct>> ListAsync(ApiReach reach, string? channel, IReadOnlyList<string> skus, (string Channel, string Item)? after, int most, CancellationToken cancel)
    {
        var where = new SqlFilter();
        where.Add("n.role = 'shop' and c.gone_at is null");
        reach.Narrow(where, "c.connection_id", "n.brand");
        if (channel is not null)
        {
            where.Add($"c.connection_id = {where.Value(channel)}");
        }

        where.In("c.sku", skus);
        if (after is { } last)
        {
            where.Add($"(c.connection_id, c.item) > ({where.Value(last.Channel)}, {where.Value(last.Item)})");
        }

        return await where.Command(
                sources.Read,
                $"""
                select c.connection_id, c.item, case when c.product_title is null then c.title else btrim(c.product_title || ' ' || c.title) end, c.sku, c.barcode, c.active, c.price, c.currency, c.compare_at, c.tax_included,
                    c.changed_at, catalog_price(e, c), (select p.price from promotion_cell p where p.connection_id = c.connection_id and p.item = c.item and p.currency = c.currency and p.place = '' and p.kind = 'price' and p.held and p.phase in ('applying', 'written', 'offline', 'proven', 'drifted', 'failed') order by p.id desc limit 1)
                from catalog_item c join connection n on n.id = c.connection_id left join catalog_match m on m.connection_id = c.connection_id and m.item = c.item
                left join catalog_item e on e.connection_id = n.posts_to and e.item = m.erp_item and e.gone_at is null
                {where.Where} order by c.connection_id, c.item limit {where.Value(most)}
                """)
            .ListAsync(
                r => new ListedProduct(
                    r.GetString(0),
                    new ListedItem(r.GetString(1), r.GetString(2), r.Maybe<string>(3), r.Maybe<string>(4), r.GetBoolean(5), r.Maybe<decimal?>(6), r.Maybe<string>(7), r.Maybe<decimal?>(8), r.Maybe<bool?>(9), r.GetFieldValue<DateTimeOffset>(10)),
                    r.Maybe<decimal?>(11), r.Maybe<decimal?>(12)),
                cancel);
    }
}
