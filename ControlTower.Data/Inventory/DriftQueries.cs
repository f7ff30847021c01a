using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Inventory;

/// <summary>What channels show against what they should. Reading again is always safe.</summary>
public sealed class DriftQueries(TowerDataSources sources)
{
    private const string Checked = "c.checked_at is not null and c.seen is not null";
    private const string Within = "abs(c.drift)::bigint * 100 <= c.expected";

    private const string Places = $"""
        select c.connection_id, n.name, c.location, coalesce(l.name, c.location), count(*)::int, (count(*) filter (where {Checked}))::int, (count(*) filter (where {Checked} and {Within}))::int,
            (count(*) filter (where c.drift <> 0))::int, count(c.failure)::int, coalesce(sum(c.drift) filter (where c.drift > 0), 0)::bigint, coalesce(-sum(c.drift) filter (where c.drift < 0), 0)::bigint,
            min(c.checked_at)
        from stock_publication c join connection n on n.id = c.connection_id left join location l on l.id = c.location
        group by c.connection_id, n.name, c.location, l.name
        order by sum(abs(c.drift)::bigint) desc, count(c.failure) desc, n.name, c.location
        """;

    private const string Columns = """
        select c.connection_id, n.name, c.sku, c.location, coalesce(l.name, c.location), c.expected, c.changed_at, c.published, c.published_at, c.seen, c.seen_at, c.drift, c.drift_since, c.drift_found,
            c.checked_at, c.failure, c.failure_message, c.failed_at, coalesce(d.units, 0), c.repair, c.due_at is not null
        from stock_publication c join connection n on n.id = c.connection_id left join location l on l.id = c.location
        left join drift_buffer d on d.connection_id = c.connection_id and d.sku = c.sku and d.location = c.location
        """;

    private const string Where = """
        where ($1 = 2 or ($1 = 0 and c.drift <> 0) or ($1 = 1 and c.failure is not null)) and ($2::text is null or c.connection_id = $2) and ($3::text is null or c.location = $3)
          and ($4::text is null or lower(c.sku) like $4)
        """;

    /// <summary>Places by channel, the furthest adrift first.</summary>
    public Task<List<DriftPlace>> PlacesAsync(CancellationToken cancel) =>
        sources.Read.Command(Places).ListAsync(
            r => new DriftPlace(
                r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt32(4), r.GetInt32(5), r.GetInt32(6), r.GetInt32(7), r.GetInt32(8), r.GetInt64(9), r.GetInt64(10),
                r.Maybe<DateTimeOffset?>(11)),
            cancel);

    /// <summary>What checks came to, day by day, the newest first.</summary>
    public Task<List<DriftDay>> DaysAsync(string? connectionId, string? location, int days, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select day, sum(checked)::int, sum(exact)::int, sum(over)::bigint, sum(under)::bigint from drift_day
                where ($1::text is null or connection_id = $1) and ($2::text is null or location = $2) group by day order by day desc limit $3
                """,
                Sql.Of(connectionId, NpgsqlDbType.Text), Sql.Of(location, NpgsqlDbType.Text), Sql.Of(days))
            .ListAsync(r => new DriftDay(r.GetFieldValue<DateOnly>(0), r.GetInt32(1), r.GetInt32(2), r.GetInt64(3), r.GetInt64(4)), cancel);

    /// <summary>Cells of a filter, the furthest adrift first, and how many there are.</summary>
    public async Task<(IReadOnlyList<DriftCell> Cells, long Count)> CellsAsync(DriftFilter filter, int most, CancellationToken cancel)
    {
        var cells = await sources.Read.Command($"{Columns} {Where} order by abs(c.drift)::bigint desc, c.failed_at desc nulls last, c.sku, c.location, c.connection_id limit $5", [.. Values(filter), Sql.Of(most)])
            .ListAsync(Cell, cancel);
        return (cells, cells.Count < most ? cells.Count : await sources.Read.Command($"select count(*) from stock_publication c {Where}", [.. Values(filter)]).ScalarAsync<long>(cancel));
    }

    /// <summary>One SKU at all its channels.</summary>
    public Task<List<DriftCell>> OfSkuAsync(string sku, CancellationToken cancel) =>
        sources.Read.Command($"{Columns} where c.sku = $1 order by n.name, l.name, c.location", Sql.Of(sku)).ListAsync(Cell, cancel);

    private static NpgsqlParameter[] Values(DriftFilter filter) =>
    [
        Sql.Of((int)filter.View), Sql.Of(filter.ConnectionId, NpgsqlDbType.Text), Sql.Of(filter.Location, NpgsqlDbType.Text), Sql.Of(filter.Sku is { } sku ? Like(sku) : null, NpgsqlDbType.Text),
    ];

    private static DriftCell Cell(NpgsqlDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetInt32(5), r.GetFieldValue<DateTimeOffset>(6), r.Maybe<int?>(7), r.Maybe<DateTimeOffset?>(8), r.Maybe<int?>(9),
        r.Maybe<DateTimeOffset?>(10), r.GetInt32(11), r.Maybe<DateTimeOffset?>(12), r.GetInt32(13), r.Maybe<DateTimeOffset?>(14), r.Maybe<string>(15), r.Maybe<string>(16), r.Maybe<DateTimeOffset?>(17),
        r.GetInt32(18), r.GetBoolean(19), r.GetBoolean(20));

    private static string Like(string begins) =>
        begins.ToLowerInvariant().Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal) + "%";
}
