using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.ApiClients;

/// <summary>What became of asking to write under a key.</summary>
public abstract record ApiWriteClaim
{
    /// <summary>It is the caller's to do, and to end under this fence.</summary>
    public sealed record Yours(long Fence) : ApiWriteClaim;

    /// <summary>It was done and answered so.</summary>
    public sealed record Done(int Status, string Headers, byte[] Body) : ApiWriteClaim;

    /// <summary>Somebody does it just now.</summary>
    public sealed record Running : ApiWriteClaim;

    /// <summary>The key stands for another request.</summary>
    public sealed record Other : ApiWriteClaim;
}

/// <summary>
/// Writes of API clients under their keys. A key is remembered for <see cref="Kept"/>. Who dies while a write is under way leaves it to whoever asks again after <see cref="Lease"/>; so what a write does has to be
/// harmless when it is done again, which it is where its ids follow from client and key, or where it says what shall be.
/// </summary>
public sealed class ApiWriteStore(TowerDataSources sources)
{
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    public async Task<ApiWriteClaim> ClaimAsync(Guid client, string key, byte[] requestHash, CancellationToken cancel)
    {
        var fence = await sources.Work.Command(
            """
            insert into api_write as w (client_id, key, request_hash) values ($1, $2, $3)
            on conflict (client_id, key) do update set request_hash = $3, fence = w.fence + 1, started_at = now(), status = null, headers = null, body = null
            where w.started_at < now() - $5 or (w.status is null and w.request_hash = $3 and w.started_at < now() - $4) returning fence
            """,
            Sql.Of(client), Sql.Of(key), Sql.Of(requestHash), Sql.Of(Lease), Sql.Of(Kept)).ListAsync(r => r.GetInt64(0), cancel);
        if (fence.Count == 1)
        {
            return new ApiWriteClaim.Yours(fence[0]);
        }

        var found = await sources.Work.Command("select request_hash = $3, status, headers::text, body from api_write where client_id = $1 and key = $2", Sql.Of(client), Sql.Of(key), Sql.Of(requestHash)).ListAsync<ApiWriteClaim>(
            r => !r.GetBoolean(0) ? new ApiWriteClaim.Other()
                : r.IsDBNull(1) ? new ApiWriteClaim.Running()
                : new ApiWriteClaim.Done(r.GetInt16(1), r.GetString(2), r.GetFieldValue<byte[]>(3)),
            cancel);
        // Refused and taken back between the two statements: whoever asks again finds the key free.
        return found.Count == 1 ? found[0] : new ApiWriteClaim.Running();
    }

    /// <summary>Remembers the answer. Nothing happens if somebody else has taken the write over.</summary>
    public Task EndAsync(Guid client, string key, long fence, int status, string headers, byte[] body, CancellationToken cancel) =>
        sources.Work.Command(
            "update api_write set status = $4, headers = $5, body = $6 where client_id = $1 and key = $2 and fence = $3",
            Sql.Of(client), Sql.Of(key), Sql.Of(fence), Sql.Of((short)status), Sql.Json(headers), Sql.Of(body)).ExecuteAsync(cancel);

    /// <summary>Nothing was done: the key is free again.</summary>
    public Task FreeAsync(Guid client, string key, long fence, CancellationToken cancel) =>
        sources.Work.Command("delete from api_write where client_id = $1 and key = $2 and fence = $3 and status is null", Sql.Of(client), Sql.Of(key), Sql.Of(fence)).ExecuteAsync(cancel);

    public static Task ForgetAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command("delete from api_write where started_at < now() - $1", Sql.Of(Kept)).ExecuteAsync(cancel);
}
