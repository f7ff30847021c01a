using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.ApiClients;

/// <summary>One request of a client. No address, no body: names that we wrote alone.</summary>
/// <param name="Problem">Slug of what it was refused with.</param>
public sealed record ApiRequestRow(
    DateTimeOffset At, Guid Client, string KeyHint, string Version, string Method, string Operation, int Status, int TookMs, string? Problem, string TraceId);

/// <param name="Operation">Null: all.</param>
/// <param name="Failed">Only what was refused or failed.</param>
public sealed record ApiRequestFilter(Guid Client, TimeSpan Lately, string? Operation, string? Problem, bool Failed);

/// <summary>Requests of one operation.</summary>
/// <param name="Errors">Refused or failed, what was too much not counted.</param>
/// <param name="P50Ms">Half of them took no longer; null where none was answered.</param>
public sealed record ApiOperationUse(string Version, string Operation, long Requests, long Errors, long Throttled, double? P50Ms, double? P95Ms, DateTimeOffset LastAt);

public sealed record ApiProblemUse(string Problem, int Status, long Count, DateTimeOffset LastAt);

/// <summary>What is known of a client's requests of a time.</summary>
public sealed record ApiUse(IReadOnlyList<ApiOperationUse> Operations, IReadOnlyList<ApiProblemUse> Problems, IReadOnlyList<ApiRequestRow> Newest, double? P50Ms, double? P95Ms)
{
    public long Requests => Operations.Sum(o => o.Requests);

    public long Errors => Operations.Sum(o => o.Errors);

    public long Throttled => Operations.Sum(o => o.Throttled);
}

/// <summary>The log of requests, and what follows from it. Reading again is always safe.</summary>
public sealed class ApiRequestStore(TowerDataSources sources)
{
    private const int Slice = 20_000;

    private const string Lately = "from api_request where client_id = $1 and at > now() - $2";

    /// <summary>Writes a batch with one statement.</summary>
    public Task WriteAsync(IReadOnlyList<ApiRequestRow> rows, CancellationToken cancel) => sources.Work.Command(
        """
        insert into api_request (at, client_id, key_hint, version, method, operation, status, took_ms, problem, trace_id)
        select * from unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::smallint[], $8::integer[], $9::text[], $10::text[])
        """,
        Sql.Of(rows.Select(r => r.At.ToUniversalTime()).ToArray()), Sql.Of(rows.Select(r => r.Client).ToArray()), Sql.Of(rows.Select(r => r.KeyHint).ToArray()), Sql.Of(rows.Select(r => r.Version).ToArray()),
        Sql.Of(rows.Select(r => r.Method).ToArray()), Sql.Of(rows.Select(r => r.Operation).ToArray()), Sql.Of(rows.Select(r => (short)r.Status).ToArray()), Sql.Of(rows.Select(r => r.TookMs).ToArray()),
        Sql.Of(rows.Select(r => r.Problem).ToArray()), Sql.Of(rows.Select(r => r.TraceId).ToArray())).ExecuteAsync(cancel);

    public async Task<ApiUse> OfAsync(ApiRequestFilter filter, int newest, CancellationToken cancel)
    {
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        var (client, lately) = (filter.Client, filter.Lately);
        var operations = await connection.Command(
            $"""
            select version, operation, count(*), count(*) filter (where status >= 400 and status <> 429), count(*) filter (where status = 429),
                percentile_cont(0.5) within group (order by took_ms) filter (where status <> 429), percentile_cont(0.95) within group (order by took_ms) filter (where status <> 429), max(at)
            {Lately} group by 1, 2 order by 3 desc, 2
            """,
            Sql.Of(client), Sql.Of(lately)).ListAsync(
            r => new ApiOperationUse(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.Maybe<double?>(5), r.Maybe<double?>(6), r.GetFieldValue<DateTimeOffset>(7)), cancel);
        var problems = await connection.Command($"select coalesce(problem, 'http-' || status), min(status), count(*), max(at) {Lately} and status >= 400 group by 1 order by 3 desc, 1", Sql.Of(client), Sql.Of(lately))
            .ListAsync(r => new ApiProblemUse(r.GetString(0), r.GetInt16(1), r.GetInt64(2), r.GetFieldValue<DateTimeOffset>(3)), cancel);
        var whole = await connection.Command($"select percentile_cont(0.5) within group (order by took_ms), percentile_cont(0.95) within group (order by took_ms) {Lately} and status <> 429", Sql.Of(client), Sql.Of(lately))
            .ListAsync(r => (r.Maybe<double?>(0), r.Maybe<double?>(1)), cancel);
        var rows = await connection.Command(
            $"""
            select at, client_id, key_hint, version, method, operation, status, took_ms, problem, trace_id {Lately}
              and ($3::text is null or operation = $3) and ($4::text is null or coalesce(problem, 'http-' || status) = $4) and (not $5 or status >= 400) order by at desc limit $6
            """,
            Sql.Of(client), Sql.Of(lately), Sql.Of(filter.Operation, NpgsqlDbType.Text), Sql.Of(filter.Problem, NpgsqlDbType.Text), Sql.Of(filter.Failed), Sql.Of(newest)).ListAsync(Row, cancel);
        return new ApiUse(operations, problems, rows, whole[0].Item1, whole[0].Item2);
    }

    /// <summary>Forgets what is older than this, slice by slice.</summary>
    public static async Task ForgetAsync(NpgsqlDataSource data, TimeSpan age, CancellationToken cancel)
    {
        while (await data.Command("delete from api_request where ctid = any (array(select ctid from api_request where at < now() - $1 limit $2))", Sql.Of(age), Sql.Of(Slice)).ExecuteAsync(cancel) == Slice)
        {
        }
    }

    private static ApiRequestRow Row(NpgsqlDataReader r) => new(
        r.GetFieldValue<DateTimeOffset>(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetInt16(6), r.GetInt32(7), r.Maybe<string>(8), r.GetString(9));
}
