using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Catalog;

/// <summary>Where channels and their ERPs say different things. Reading again is always safe.</summary>
public sealed class CatalogQueries(TowerDataSources sources)
{
    private const string Side = "{0}.item, {0}.title, {0}.product_title, {0}.sku, {0}.barcode, {0}.active, {0}.price, {0}.currency, {0}.compare_at, {0}.tax_included, {0}.changed_at";

    private static readonly string Columns =
        $"""
        select d.id, d.connection_id, n.name, coalesce(r.name, ''), d.kind, d.sku, d.mark, d.value, coalesce(c.currency, e.currency), d.since,
            catalog_price(e, c), m.how, coalesce(p.wanted, false), p.failure_message, d.ignored_by, d.ignored_why, d.ignored_at,
            {Side.Replace("{0}", "c", StringComparison.Ordinal)}, {Side.Replace("{0}", "e", StringComparison.Ordinal)}
        from catalog_difference d join connection n on n.id = d.connection_id left join connection r on r.id = n.posts_to
        left join catalog_item c on c.connection_id = d.connection_id and c.item = d.item left join catalog_item e on e.connection_id = n.posts_to and e.item = d.erp_item
        left join catalog_match m on m.connection_id = d.connection_id and m.item = d.item left join catalog_publication p on p.connection_id = d.connection_id and p.item = d.item
        """;

    private const string Where =
        """
        where ($1::text is null or d.kind = $1) and ($2::text is null or d.connection_id = $2) and ($4 = (d.ignored_mark is not null))
          and ($3::text is null or lower(d.sku) like $3 or exists (
            select from catalog_item t where lower(coalesce(t.product_title || ' ', '') || t.title) like $3
                and ((t.connection_id = d.connection_id and t.item = d.item) or (t.item = d.erp_item and t.connection_id = (select posts_to from connection where id = d.connection_id)))))
        """;

    /// <summary>How many there are, by kind and channel.</summary>
    public Task<List<DifferenceCount>> CountsAsync(CancellationToken cancel) =>
        sources.Read.Command(
                """
                select d.kind, d.connection_id, n.name, count(*) filter (where d.ignored_mark is null), count(*) filter (where d.ignored_mark is not null)
                from catalog_difference d join connection n on n.id = d.connection_id group by d.kind, d.connection_id, n.name order by n.name, d.kind
                """)
            .ListAsync(r => new DifferenceCount(Kind(r.GetString(0)), r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetInt64(4)), cancel);

    /// <summary>Differences of a filter, the oldest first.</summary>
    public Task<List<Difference>> ListAsync(DifferenceFilter filter, int most, CancellationToken cancel) =>
        sources.Read.Command($"{Columns} {Where} and ($5::bigint is null or d.id > $5) order by d.id limit $6", [.. Values(filter), Sql.Of(filter.After, NpgsqlDbType.Bigint), Sql.Of(most)]).ListAsync(Row, cancel);

    public async Task<Difference?> FindAsync(long id, CancellationToken cancel) =>
        (await sources.Read.Command($"{Columns} where d.id = $1", Sql.Of(id)).ListAsync(Row, cancel)).FirstOrDefault();

    /// <summary>Items of the ERP that nothing of this channel is matched with, by how SKU, title or barcode begin: what a person may link an item to.</summary>
    public Task<List<ListedItem>> FreeAsync(string channel, string text, int most, CancellationToken cancel) =>
        sources.Read.Command(
                $"""
                select {Side.Replace("{0}", "e", StringComparison.Ordinal)} from catalog_item e join connection n on n.id = $1 and e.connection_id = n.posts_to
                where e.gone_at is null and (lower(e.sku) like $2 or lower(e.title) like $2 or e.barcode like $2)
                  and not exists (select from catalog_match m where m.connection_id = $1 and m.erp_item = e.item)
                order by e.sku limit $3
                """,
                Sql.Of(channel), Sql.Of(Like(text)), Sql.Of(most))
            .ListAsync(r => Item(r, 0)!, cancel);

    /// <summary>How far each channel has been read and compared.</summary>
    public Task<List<CatalogStanding>> StandingsAsync(CancellationToken cancel) =>
        sources.Read.Command(
                """
                select n.id, n.name, r.name, coalesce(n.settings ->> 'publishPrices', 'no'),
                    (select min(f.heard_at) from feed_cursor f where f.feed = 'products-all' and f.connection_id in (n.id, n.posts_to) having count(f.heard_at) = 2),
                    s.compared_at,
                    (select count(*) from catalog_item c where c.connection_id = n.id and c.gone_at is null), (select count(*) from catalog_match m where m.connection_id = n.id)
                from connection n left join connection r on r.id = n.posts_to left join catalog_state s on s.connection_id = n.id
                where n.role = 'shop' and n.disabled_at is null and exists (select from feed_cursor f where f.connection_id = n.id and f.feed = 'products-all')
                order by n.name
                """)
            .ListAsync(
                r => new CatalogStanding(
                    r.GetString(0), r.GetString(1), r.Maybe<string>(2), r.GetString(3), r.Maybe<DateTimeOffset?>(4), r.Maybe<DateTimeOffset?>(5), r.GetInt64(6), r.GetInt64(7)), cancel);

    internal static string Word(DifferenceKind kind) => kind switch
    {
        DifferenceKind.MissingInChannel => "missing-in-channel",
        DifferenceKind.MissingInErp => "missing-in-erp",
        DifferenceKind.SameSku => "same-sku",
        DifferenceKind.SameBarcode => "same-barcode",
        DifferenceKind.NearlySame => "nearly-same",
        DifferenceKind.Price => "price",
        DifferenceKind.Currency => "currency",
        DifferenceKind.Barcode => "barcode",
        DifferenceKind.Inactive => "inactive",
        _ => "no-barcode",
    };

    private static DifferenceKind Kind(string word) => Enum.GetValues<DifferenceKind>().First(k => Word(k) == word);

    private static NpgsqlParameter[] Values(DifferenceFilter filter) =>
    [
        Sql.Of(filter.Kind is { } kind ? Word(kind) : null, NpgsqlDbType.Text), Sql.Of(filter.ConnectionId, NpgsqlDbType.Text), Sql.Of(filter.Text is { } text ? Like(text) : null, NpgsqlDbType.Text),
        Sql.Of(filter.Ignored),
    ];

    private static Difference Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), Kind(r.GetString(4)), r.GetString(5), r.GetString(6), r.Maybe<decimal?>(7), r.Maybe<string>(8), r.GetFieldValue<DateTimeOffset>(9),
        Item(r, 17), Item(r, 28), r.Maybe<decimal?>(10), r.Maybe<string>(11), r.GetBoolean(12), r.Maybe<string>(13), r.Maybe<string>(14), r.Maybe<string>(15), r.Maybe<DateTimeOffset?>(16));

    private static ListedItem? Item(NpgsqlDataReader r, int at) => r.IsDBNull(at) ? null : new ListedItem(
        r.GetString(at), r.Maybe<string>(at + 2) is { Length: > 0 } product ? $"{product} {r.GetString(at + 1)}".Trim() : r.GetString(at + 1), r.Maybe<string>(at + 3), r.Maybe<string>(at + 4),
        r.GetBoolean(at + 5), r.Maybe<decimal?>(at + 6), r.Maybe<string>(at + 7), r.Maybe<decimal?>(at + 8), r.Maybe<bool?>(at + 9), r.GetFieldValue<DateTimeOffset>(at + 10));

    private static string Like(string begins) =>
        begins.ToLowerInvariant().Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal) + "%";
}
