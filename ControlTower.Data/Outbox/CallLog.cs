using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Outbox;

/// <summary>One request that left the house and what came back, masked and cut.</summary>
public sealed record CallRow(
    string ConnectionId, string? PostingKey, long? FlowId, string Purpose, DeliveryLane Lane, int Attempt, string Verb, string Path, int? Status, string Outcome, string? Failure,
    string? Request, string? Response, DateTimeOffset StartedAt, int TookMs)
{
    /// <summary>Of a call that did not go well: both sides' headers, one a line, without secrets. Never without a body, with which they are erased.</summary>
    public string? Headers { get; init; }
}

/// <summary>Keeps what was said to vendors.</summary>
public interface ICallLog
{
    /// <summary>Stores the call and answers with its id.</summary>
    Task<long> AppendAsync(CallRow call, CancellationToken cancel);
}

/// <summary>The evidence: every request and answer, gathered into few commits.</summary>
public sealed class CallLog : ICallLog, IAsyncDisposable
{
    private const int Slice = 5_000;

    private readonly NpgsqlDataSource data;
    private readonly Coalescer<CallRow, long> queue;

    public CallLog(TowerDataSources sources)
    {
        data = sources.Work;
        queue = new Coalescer<CallRow, long>(WriteAsync, capacity: 4096, maxBatch: 200);
    }

    public Task<long> AppendAsync(CallRow call, CancellationToken cancel) => queue.SubmitAsync(call, cancel);

    /// <summary>Erases what was said in calls older than this; that they were made stays.</summary>
    public async Task EraseBodiesAsync(TimeSpan age, CancellationToken cancel)
    {
        const string Statement =
            """
            update vendor_call v set request = null, response = null, headers = null
            from (select id, started_at from vendor_call where started_at < now() - $1 and (request is not null or response is not null) order by id limit $2) old
            where v.id = old.id and v.started_at = old.started_at
            """;
        while (await data.Command(Statement, Sql.Of(age), Sql.Of(Slice)).ExecuteAsync(cancel) == Slice)
        {
        }
    }

    /// <summary>Makes the months to come, so that each call finds its own. Answers how many; zero if all were there.</summary>
    public Task<int> PrepareAsync(CancellationToken cancel) => data.Command("select vendor_call_prepare(now())").ScalarAsync<int>(cancel);

    /// <summary>Drops the months that ended longer ago than this, each at once. Answers how many. Fails within a second if somebody reads for long; to be tried again later.</summary>
    public Task<int> ForgetAsync(TimeSpan age, CancellationToken cancel) => data.Command("select vendor_call_forget($1)", Sql.Of(age)).ScalarAsync<int>(cancel);

    /// <summary>When the last calls of a connection were made and on which lane, oldest first; at most <paramref name="most"/>.</summary>
    public static Task<List<(DateTimeOffset At, DeliveryLane Lane)>> LatelyAsync(
        NpgsqlDataSource data, string connectionId, DateTimeOffset since, int most, CancellationToken cancel) =>
        data.Command(
                """
                select started_at, lane from (select started_at, lane from vendor_call where connection_id = $1 order by id desc limit $3) c
                where started_at > $2 order by started_at
                """,
                Sql.Of(connectionId), Sql.Of(since.ToUniversalTime()), Sql.Of(most))
            .ListAsync(r => (r.GetFieldValue<DateTimeOffset>(0), (DeliveryLane)r.GetInt16(1)), cancel);

    public ValueTask DisposeAsync() => queue.DisposeAsync();

    private async Task<IReadOnlyList<long>> WriteAsync(IReadOnlyList<CallRow> calls, CancellationToken cancel)
    {
        await using var connection = await data.OpenConnectionAsync(cancel);
        return await connection.Command(
                """
                insert into vendor_call (connection_id, posting_key, flow_id, purpose, lane, attempt, verb, path, status, outcome, failure, request, response, started_at, took_ms, headers)
                select connection_id, posting_key, flow_id, purpose, lane, attempt, verb, left(path, 500), status, outcome, failure, request, response, started_at, took_ms, headers
                from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::smallint[], $6::int[], $7::text[], $8::text[], $9::int[], $10::text[], $11::text[], $12::text[],
                    $13::text[], $14::timestamptz[], $15::int[], $16::text[])
                    with ordinality as c (connection_id, posting_key, flow_id, purpose, lane, attempt, verb, path, status, outcome, failure, request, response, started_at, took_ms, headers, n)
                order by n
                returning id
                """,
                Sql.Of(calls.Select(c => c.ConnectionId).ToArray()), Sql.Of(calls.Select(c => c.PostingKey).ToArray()), Sql.Of(calls.Select(c => c.FlowId).ToArray()),
                Sql.Of(calls.Select(c => c.Purpose).ToArray()), Sql.Of(calls.Select(c => (short)c.Lane).ToArray()), Sql.Of(calls.Select(c => c.Attempt).ToArray()),
                Sql.Of(calls.Select(c => c.Verb).ToArray()), Sql.Of(calls.Select(c => c.Path).ToArray()), Sql.Of(calls.Select(c => c.Status).ToArray()),
                Sql.Of(calls.Select(c => c.Outcome).ToArray()), Sql.Of(calls.Select(c => c.Failure).ToArray()), Sql.Of(calls.Select(c => Clean(c.Request)).ToArray()),
                Sql.Of(calls.Select(c => Clean(c.Response)).ToArray()), Sql.Of(calls.Select(c => c.StartedAt.ToUniversalTime()).ToArray()), Sql.Of(calls.Select(c => c.TookMs).ToArray()),
                Sql.Of(calls.Select(c => Clean(c.Headers)).ToArray()))
            .ListAsync(r => r.GetInt64(0), cancel);
    }

    // PostgreSQL's text holds no NUL; a vendor's answer may.
    private static string? Clean(string? text) => text?.Replace('\0', '\uFFFD');
}
