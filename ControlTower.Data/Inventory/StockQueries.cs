using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Inventory;

/// <summary>Which SKUs a person wants to see.</summary>
public enum StockView
{
    All,

    /// <summary>Nothing of it may be promised anywhere.</summary>
    SoldOut,

    /// <summary>Tills sold what was promised.</summary>
    Oversold,

    /// <summary>A count waits, for it is below what is promised.</summary>
    CountedShort,
}

/// <summary>One SKU over all its places, in pieces.</summary>
/// <param name="Available">What may still be promised: in each place on hand less safety less reserved, never below zero.</param>
/// <param name="Oversold">Promised goods that tills have sold.</param>
/// <param name="Empty">Places in which nothing may be promised.</param>
public sealed record StockItem(string Sku, long OnHand, long Reserved, long Available, long Oversold, int Places, int Empty, DateTimeOffset MovedAt);

/// <summary>One SKU in one place.</summary>
/// <param name="Ledger">What the rows of the ledger add up to; differs from <paramref name="OnHand"/> only if somebody wrote past the functions of the stock.</param>
public sealed record StockPosition(string Location, string Name, string Kind, int OnHand, int Reserved, int Safety, int Available, int Oversold, int Damaged, long Ledger, DateTimeOffset MovedAt);

/// <summary>A count below what is promised. Nothing more is promised there, and it is taken over by itself once it fits.</summary>
/// <param name="Source">Who counted, as the ledger would name it.</param>
/// <param name="Reserved">What is promised there now.</param>
public sealed record StockCountWaiting(string Location, int Counted, DateTimeOffset AsOf, string Source, int Reserved);

/// <summary>One row of the ledger, as it was written.</summary>
/// <param name="Source">Such as <c>flow/42</c> or <c>estate</c>.</param>
/// <param name="FlowId">The order that it belongs to, with its name.</param>
public sealed record StockMovement(long Id, string Location, int OnHand, int Reserved, string Reason, string Source, DateTimeOffset At, long? FlowId, string? Order);

/// <summary>Goods that are set aside now: for an order (<paramref name="FlowId"/> and its name), or for a while, as the asker calls it.</summary>
/// <param name="Kind">What they are held for; null for an order that the tower posts.</param>
/// <param name="Until">When a hold's time is up.</param>
public sealed record StockSetAside(long? FlowId, string Name, HoldKind? Kind, string Location, int Quantity, DateTimeOffset Since, DateTimeOffset? Until);

/// <summary>What the stock looks like now. Reading again is always safe.</summary>
public sealed class StockQueries(TowerDataSources sources)
{
    /// <summary>Rows of the ledger per page.</summary>
    public const int LedgerPage = 50;

    private const string Free = "greatest(on_hand - safety - reserved, 0)";

    // SKU by SKU along the key, so that a page costs what it shows.
    private const string Items = $"""
        select sku, sum(on_hand), sum(reserved), sum({Free}), sum(oversold), count(*)::int, count(*) filter (where {Free} = 0)::int, max(updated_at) from stock
        where sku > $1 and ($2::text is null or lower(sku) like $2)
        group by sku having $3 = 0 or sum({Free}) = 0
        order by sku limit $4
        """;

    // Few SKUs are sold by tills beyond what was free: their own index finds them.
    private const string OversoldItems = $"""
        select sku, sum(on_hand), sum(reserved), sum({Free}), sum(oversold), count(*)::int, count(*) filter (where {Free} = 0)::int, max(updated_at) from stock
        where sku in (select sku from stock where oversold > 0 and sku > $1 and ($2::text is null or lower(sku) like $2) order by sku limit 5000)
        group by sku order by sku limit $4
        """;

    private const string CountedShortItems = $"""
        select sku, sum(on_hand), sum(reserved), sum({Free}), sum(oversold), count(*)::int, count(*) filter (where {Free} = 0)::int, max(updated_at) from stock
        where sku in (select sku from stock_count_waiting where sku > $1 and ($2::text is null or lower(sku) like $2) and $3 > 0 order by sku limit 5000)
        group by sku order by sku limit $4
        """;

    private const string Positions = $"""
        select s.location, l.name, l.kind, s.on_hand, s.reserved, s.safety, {Free}, s.oversold, s.damaged,
               coalesce((select sum(g.on_hand_delta) from stock_ledger g where g.sku = s.sku and g.location = s.location), 0), s.updated_at
        from stock s join location l on l.id = s.location where s.sku = $1 order by l.kind desc, l.name, s.location
        """;

    private const string Ledger = """
        select g.id, g.location, g.on_hand_delta, g.reserved_delta, g.reason, g.source, g.at, f.id, f.name
        from stock_ledger g left join flow f on f.id = case when g.source ~ '^flow/[0-9]{1,18}$' then substr(g.source, 6)::bigint end
        where g.sku = $1 and ($2::text is null or g.location = $2) and g.id < $3 order by g.id desc limit $4
        """;

    private const string SetAside = """
        select r.flow_id, coalesce(f.name, h.reference), h.kind, r.location, r.quantity, r.reserved_at, h.expires_at
        from reservation r left join flow f on f.id = r.flow_id left join stock_hold h on h.id = r.hold_id
        where r.sku = $1 and r.state = 'active' order by r.reserved_at, r.id limit $2
        """;

    /// <summary>The next SKUs behind <paramref name="after"/>, by SKU.</summary>
    /// <param name="begins">How the SKU begins, in any case; null for all.</param>
    public Task<List<StockItem>> ItemsAsync(StockView view, string? begins, string after, int limit, CancellationToken cancel) =>
        sources.Read.Command(view switch { StockView.Oversold => OversoldItems, StockView.CountedShort => CountedShortItems, _ => Items }, Sql.Of(after), Sql.Of(begins is null ? null : Like(begins), NpgsqlDbType.Text), Sql.Of((int)view), Sql.Of(limit))
            .ListAsync(
                r => new StockItem(r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt32(5), r.GetInt32(6), r.GetFieldValue<DateTimeOffset>(7)), cancel);

    /// <summary>Of these SKUs, those that no place keeps or kept.</summary>
    public Task<List<string>> UnknownAsync(IReadOnlyList<string> skus, CancellationToken cancel) => sources.Read.Command(
        "select i from unnest($1::text[]) i where not exists (select from stock s where s.sku = i)", Sql.Of(skus.ToArray())).ListAsync(r => r.GetString(0), cancel);

    /// <summary>Whether there is such a place.</summary>
    public Task<bool> HasPlaceAsync(string location, CancellationToken cancel) => sources.Read.Command("select exists (select from location where id = $1)", Sql.Of(location)).ScalarAsync<bool>(cancel);

    /// <summary>Where the SKU lies, warehouses first; none if it is not known.</summary>
    public Task<List<StockPosition>> PositionsAsync(string sku, CancellationToken cancel) =>
        sources.Read.Command(Positions, Sql.Of(sku)).ListAsync(
            r => new StockPosition(
                r.GetString(0), r.GetString(1), r.GetString(2), r.GetInt32(3), r.GetInt32(4), r.GetInt32(5), r.GetInt32(6), r.GetInt32(7), r.GetInt32(8), r.GetInt64(9), r.GetFieldValue<DateTimeOffset>(10)),
            cancel);

    /// <summary>Counts of the SKU that wait for promises to end.</summary>
    public Task<List<StockCountWaiting>> CountsWaitingAsync(string sku, CancellationToken cancel) => sources.Read.Command(
            "select w.location, w.counted, w.as_of, w.source, s.reserved from stock_count_waiting w join stock s using (sku, location) where w.sku = $1 order by w.location", Sql.Of(sku))
        .ListAsync(r => new StockCountWaiting(r.GetString(0), r.GetInt32(1), r.GetFieldValue<DateTimeOffset>(2), r.GetString(3), r.GetInt32(4)), cancel);

    /// <summary>What moved the SKU, newest first, before a row of the ledger (null: from the newest).</summary>
    public Task<List<StockMovement>> LedgerAsync(string sku, string? location, long? before, CancellationToken cancel) =>
        sources.Read.Command(Ledger, Sql.Of(sku), Sql.Of(location, NpgsqlDbType.Text), Sql.Of(before ?? long.MaxValue), Sql.Of(LedgerPage)).ListAsync(
            r => new StockMovement(
                r.GetInt64(0), r.GetString(1), r.GetInt32(2), r.GetInt32(3), r.GetString(4), r.GetString(5), r.GetFieldValue<DateTimeOffset>(6), r.Maybe<long?>(7), r.Maybe<string>(8)),
            cancel);

    /// <summary>What is set aside of the SKU now, the oldest first.</summary>
    public Task<List<StockSetAside>> SetAsideAsync(string sku, int most, CancellationToken cancel) =>
        sources.Read.Command(SetAside, Sql.Of(sku), Sql.Of(most)).ListAsync(
            r => new StockSetAside(
                r.Maybe<long?>(0), r.GetString(1), r.Maybe<string>(2) is { } kind ? Enum.Parse<HoldKind>(kind, ignoreCase: true) : null,
                r.GetString(3), r.GetInt32(4), r.GetFieldValue<DateTimeOffset>(5), r.Maybe<DateTimeOffset?>(6)),
            cancel);

    private static string Like(string begins) =>
        begins.ToLowerInvariant().Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal) + "%";
}
