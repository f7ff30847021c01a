using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.ApiClients;

/// <summary>Limits of clients, and what is used up of their day. Limits are in force as soon as who calls is asked for again: within seconds.</summary>
public sealed class ApiLimitStore(TowerDataSources sources, AuditLog audit)
{
    private const string Act = "admin:client:manage";

    private const string Columns = "operation, per_second, burst, at_once, per_day";

    /// <summary>What holds for a client: its own lines, and those of all where it has none of its own.</summary>
    /// <param name="client">Null: what holds for whoever has no limits of its own.</param>
    public Task<List<ApiLimits>> OfAsync(Guid? client, CancellationToken cancel) => OfAsync(sources.Work, client, cancel);

    internal static Task<List<ApiLimits>> OfAsync(NpgsqlDataSource data, Guid? client, CancellationToken cancel) =>
        data.Command($"select distinct on (operation) {Columns} from api_limit where client_id = $1 or client_id is null order by operation, client_id nulls last", Sql.Of(client, NpgsqlDbType.Uuid)).ListAsync(Row, cancel);

    /// <summary>Operations for which this client has limits of its own; the empty one is all of them together.</summary>
    public Task<List<ApiLimits>> OwnAsync(Guid client, CancellationToken cancel) =>
        sources.Work.Command($"select {Columns} from api_limit where client_id = $1 order by operation", Sql.Of(client)).ListAsync(Row, cancel);

    /// <exception cref="ArgumentException">The limits are out of bounds.</exception>
    /// <returns>False if there is no such client.</returns>
    public async Task<bool> SetAsync(Guid client, ApiLimits limits, Actor by, CancellationToken cancel)
    {
        if (limits.Wrong() is { } wrong)
        {
            throw new ArgumentException(wrong, nameof(limits));
        }

        await using var connection = await sources.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var set = await connection.Command(
            """
            insert into api_limit (client_id, operation, per_second, burst, at_once, per_day, changed_by) select c.id, $2, $3, $4, $5, $6, $7 from api_client c where c.id = $1
            on conflict (client_id, operation) do update set per_second = $3, burst = $4, at_once = $5, per_day = $6, changed_by = $7, changed_at = now()
            """,
            Sql.Of(client), Sql.Of(limits.Operation), Sql.Of(limits.PerSecond), Sql.Of(limits.Burst), Sql.Of(limits.AtOnce), Sql.Of(limits.PerDay, NpgsqlDbType.Bigint), Sql.Of(by.Name)).ExecuteAsync(cancel);
        if (set == 0)
        {
            return false;
        }

        await audit.AppendAsync(
            connection, transaction,
            new AuditEntry(by, Act, $"client:{client}", Detail: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["what"] = "limits", ["operation"] = limits.Operation.Length == 0 ? "all" : limits.Operation, ["per second"] = Text(limits.PerSecond), ["burst"] = Text(limits.Burst), ["at once"] = Text(limits.AtOnce),
                ["per day"] = limits.PerDay is { } day ? Text(day) : "no quota",
            }),
            cancel);
        await transaction.CommitAsync(cancel);
        return true;
    }

    /// <summary>Takes up to <paramref name="most"/> requests of the client's day for this node.</summary>
    /// <returns>How many it got, none if the day is used up; and what all nodes have taken by now.</returns>
    public async Task<(long Got, long Used)> TakeAsync(Guid client, DateOnly day, long quota, long most, CancellationToken cancel)
    {
        await sources.Work.Command("insert into api_quota (client_id, day) values ($1, $2) on conflict do nothing", Sql.Of(client), Sql.Of(day)).ExecuteAsync(cancel);
        var taken = await sources.Work.Command(
            """
            update api_quota q set used = b.used + least($3, $4 - b.used) from (select used from api_quota where client_id = $1 and day = $2 for update) b
            where q.client_id = $1 and q.day = $2 and b.used < $4 returning q.used - b.used, q.used
            """,
            Sql.Of(client), Sql.Of(day), Sql.Of(most), Sql.Of(quota)).ListAsync(r => (r.GetInt64(0), r.GetInt64(1)), cancel);
        return taken.Count == 1 ? taken[0] : (0, quota);
    }

    /// <summary>What a node took and did not use.</summary>
    public Task GiveBackAsync(Guid client, DateOnly day, long unused, CancellationToken cancel) =>
        sources.Work.Command("update api_quota set used = greatest(0, used - $3) where client_id = $1 and day = $2", Sql.Of(client), Sql.Of(day), Sql.Of(unused)).ExecuteAsync(cancel);

    /// <summary>What is taken of a client's day.</summary>
    public async Task<long> UsedAsync(Guid client, DateOnly day, CancellationToken cancel) =>
        await sources.Work.Command("select used from api_quota where client_id = $1 and day = $2", Sql.Of(client), Sql.Of(day)).ScalarAsync<long>(cancel);

    /// <summary>Forgets days that are longer ago than this.</summary>
    public static Task ForgetAsync(NpgsqlDataSource data, TimeSpan age, CancellationToken cancel) =>
        data.Command("delete from api_quota where day < ((now() - $1) at time zone 'UTC')::date", Sql.Of(age)).ExecuteAsync(cancel);

    private static ApiLimits Row(NpgsqlDataReader r) => new(r.GetString(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3), r.Maybe<long?>(4));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
