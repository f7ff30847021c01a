using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Connections;

/// <summary>Which calls of a connection a list shows: <c>any</c> or one outcome as stored.</summary>
public static class CallOutcomes
{
    public static IReadOnlyList<string> All { get; } = ["ok", "refused", "failed", "throttled", "no-answer"];
}

/// <summary>Reads of the calls that left the house. Reading again is always safe.</summary>
public sealed class CallQueries(TowerDataSources sources)
{
    public const int PageSize = 100;

    private const string Columns = "id, started_at, verb, path, lane, purpose, status, outcome, failure, took_ms, flow_id, attempt";

    /// <summary>The newest calls before <paramref name="before"/> (null: from the newest), newest first; at most <see cref="PageSize"/>.</summary>
    /// <param name="outcome">One of <see cref="CallOutcomes.All"/>; null for any.</param>
    public async Task<IReadOnlyList<CallLine>> LatestAsync(string connectionId, string? outcome, long? before, int count = PageSize, CancellationToken cancel = default)
    {
        var where = Where(connectionId, outcome);
        if (before is { } id)
            where.Add($"id < {where.Value(id)}");
        return await where.Command(sources.Read,
                $"""
                select {Columns} from vendor_call{where.Where} order by id desc limit {Math.Clamp(count, 1, PageSize)}
                """)
            .ListAsync(Line, cancel);
    }

    /// <summary>How many calls came after <paramref name="newest"/>; at most 100.</summary>
    public async Task<int> NewerAsync(string connectionId, string? outcome, long newest, CancellationToken cancel = default)
    {
        var where = Where(connectionId, outcome);
        where.Add($"id > {where.Value(newest)}");
        return (int)await where.Command(sources.Read, $"select count(*) from (select 1 from vendor_call{where.Where} limit 100) n").ScalarAsync<long>(cancel);
    }

    /// <summary>One call of this connection; null if there is no such call.</summary>
    /// <param name="bodies">Whether the caller may read what was said; it has checked the permission.</param>
    public async Task<CallDetail?> FindAsync(string connectionId, long id, bool bodies, CancellationToken cancel = default)
    {
        var rows = await sources.Read.Command(
                $"select {Columns}, case when $3 then request end, case when $3 then response end from vendor_call where id = $1 and connection_id = $2",
                Sql.Of(id), Sql.Of(connectionId), Sql.Of(bodies))
            .ListAsync(r => new CallDetail(Line(r), r.Maybe<string>(12), r.Maybe<string>(13)), cancel);
        return rows is [var call] ? call : null;
    }

    private static SqlFilter Where(string connectionId, string? outcome)
    {
        var where = new SqlFilter();
        where.Add($"connection_id = {where.Value(connectionId)}");
        if (outcome is not null)
            where.Add($"outcome = {where.Value(outcome)}");
        return where;
    }

    private static CallLine Line(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetFieldValue<DateTimeOffset>(1), r.GetString(2), r.GetString(3), r.GetInt16(4), r.GetString(5), r.IsDBNull(6) ? null : r.GetInt32(6),
        r.GetString(7), r.Maybe<string>(8), r.GetInt32(9), r.IsDBNull(10) ? null : r.GetInt64(10), r.GetInt32(11));
}
