using ControlTower.Data.Db;
using ControlTower.Data.EventLog;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Webhooks;

/// <summary>Subscriptions as their clients and admins set them up; writes inside the caller's transaction. Locks: the subscription, then its place, then what it holds.</summary>
public static class WebhookStore
{
    public const int MostPerClient = 20;

    private const int LagCounted = 10_000;

    internal const string Columns =
        """
        s.id, s.client_id, c.name, s.host, s.secrets, s.previous_until, s.rotation, s.types, s.brands, s.state, s.stopped_by, s.why, s.misses, s.failing_since, s.rest_until, s.last_error, s.last_ok_at, s.sent,
        s.version, s.created_at, s.created_by, c.channels, c.brands, c.disabled_at is not null
        """;

    /// <summary>The follower of the log that a subscription is.</summary>
    public static string Follower(Guid id) => $"webhook/{id:N}";

    /// <param name="client">Of whom; null: of all.</param>
    public static Task<List<WebhookSubscription>> ListAsync(NpgsqlDataSource data, Guid? client, CancellationToken cancel) =>
        data.Command(
                $"select {Columns} from webhook_subscription s join api_client c on c.id = s.client_id where $1 is null or s.client_id = $1 order by lower(c.name), s.created_at, s.id",
                Sql.Of(client, NpgsqlDbType.Uuid))
            .ListAsync(Read, cancel);

    /// <param name="client">Whose it must be; null: anybody's.</param>
    public static async Task<WebhookSubscription?> FindAsync(NpgsqlDataSource data, Guid id, Guid? client, CancellationToken cancel) =>
        await data.Command(
                $"select {Columns} from webhook_subscription s join api_client c on c.id = s.client_id where s.id = $1 and ($2 is null or s.client_id = $2)", Sql.Of(id), Sql.Of(client, NpgsqlDbType.Uuid))
            .ListAsync(Read, cancel) is [var one] ? one : null;

    public static async Task<WebhookSubscription?> LockAsync(NpgsqlConnection connection, Guid id, Guid? client, CancellationToken cancel) =>
        await connection.Command(
                $"select {Columns} from webhook_subscription s join api_client c on c.id = s.client_id where s.id = $1 and ($2 is null or s.client_id = $2) for update of s",
                Sql.Of(id), Sql.Of(client, NpgsqlDbType.Uuid))
            .ListAsync(Read, cancel) is [var one] ? one : null;

    /// <summary>Adds a subscription that begins at the end of the log as it is now. The client's row is locked, so that of many at once none is one too many.</summary>
    /// <returns>False if the client is gone or has as many as it may have, or there is one of this id.</returns>
    public static async Task<bool> AddAsync(NpgsqlConnection connection, WebhookSubscription one, LogPosition from, CancellationToken cancel)
    {
        if ((await connection.Command("select 1 from api_client where id = $1 for update", Sql.Of(one.ClientId)).ListAsync(r => r.GetInt32(0), cancel)).Count == 0)
        {
            return false;
        }

        var added = await connection.Command(
                """
                insert into webhook_subscription (id, client_id, host, secrets, types, brands, created_by)
                select $1, $2, $3, $4, $5, $6, $7 where (select count(*) from webhook_subscription where client_id = $2) < $8 on conflict do nothing
                """,
                Sql.Of(one.Id), Sql.Of(one.ClientId), Sql.Of(one.Host), Sql.Of(one.Secrets), Sql.Of(one.Types.ToArray()), Sql.Of(one.Brands.ToArray()), Sql.Of(one.CreatedBy), Sql.Of(MostPerClient))
            .ExecuteAsync(cancel);
        if (added == 1)
        {
            await FollowerStore.PlaceAsync(connection, Follower(one.Id), from, cancel);
        }

        return added == 1;
    }

    /// <summary>Stores what may change of it. What goes on again does so at once and with all its time.</summary>
    public static async Task ChangeAsync(NpgsqlConnection connection, WebhookSubscription one, CancellationToken cancel)
    {
        await connection.Command(
                """
                update webhook_subscription set host = $2, secrets = $3, types = $4, brands = $5, stopped_by = $7, why = $8, previous_until = $9, rotation = $10, version = version + 1,
                    misses = case when $6 = 'on' and state <> 'on' then 0 else misses end, failing_since = case when $6 = 'on' and state <> 'on' then null else failing_since end,
                    rest_until = case when $6 = 'on' and state <> 'on' then null else rest_until end, state = $6
                where id = $1
                """,
                Sql.Of(one.Id), Sql.Of(one.Host), Sql.Of(one.Secrets), Sql.Of(one.Types.ToArray()), Sql.Of(one.Brands.ToArray()), Sql.Of(one.State), Sql.Of(one.StoppedBy, NpgsqlDbType.Text),
                Sql.Of(one.Why, NpgsqlDbType.Text), Sql.Of(one.PreviousUntil?.ToUniversalTime(), NpgsqlDbType.TimestampTz), Sql.Of(one.Rotation, NpgsqlDbType.Text))
            .ExecuteAsync(cancel);
    }

    /// <summary>What is held is sent anew, as if it had failed just now for the first time.</summary>
    public static Task<int> RefreshHeldAsync(NpgsqlConnection connection, Guid id, CancellationToken cancel) =>
        connection.Command("update webhook_delivery set failed_at = now(), due_at = now() where subscription_id = $1 and sent_at is null", Sql.Of(id)).ExecuteAsync(cancel);

    /// <summary>With its place and all that it holds.</summary>
    public static async Task DeleteAsync(NpgsqlConnection connection, Guid id, CancellationToken cancel)
    {
        await connection.Command("delete from webhook_subscription where id = $1", Sql.Of(id)).ExecuteAsync(cancel);
        await connection.Command("delete from event_cursor where follower = $1", Sql.Of(Follower(id))).ExecuteAsync(cancel);
    }

    /// <summary>Sends everything behind this place, again or at last. What is on its way counts for nothing then: the turn is lost.</summary>
    public static Task ReplayAsync(NpgsqlConnection connection, Guid id, LogPosition from, CancellationToken cancel) => FollowerStore.PlaceAsync(connection, Follower(id), from, cancel);

    public static async Task<IReadOnlyDictionary<Guid, WebhookBacklog>> BacklogsAsync(NpgsqlDataSource data, IReadOnlyList<Guid> of, CancellationToken cancel) =>
        (await data.Command(
                """
                select s.id, a.behind, a.oldest, (select count(*) from webhook_delivery d where d.subscription_id = s.id and d.sent_at is null)
                from webhook_subscription s left join event_cursor p on p.follower = 'webhook/' || replace(s.id::text, '-', '')
                cross join lateral (
                    select count(*) as behind, coalesce(greatest(now() - (array_agg(at order by txid, seq))[1], interval '0'), interval '0') as oldest
                    from (select txid, seq, at from event_log where (txid, seq) > (p.txid, p.seq) order by txid, seq limit $2) ahead) a
                where s.id = any ($1)
                """,
                Sql.Of(of.ToArray()), Sql.Of(LagCounted))
            .ListAsync(r => new WebhookBacklog(r.GetGuid(0), r.GetInt64(1), r.GetFieldValue<TimeSpan>(2), (int)r.GetInt64(3)), cancel)).ToDictionary(one => one.Subscription);

    /// <summary>What was not taken at once: what is still to be taken first, then the newest.</summary>
    public static Task<List<WebhookDelivery>> DeliveriesAsync(NpgsqlDataSource data, Guid id, int most, CancellationToken cancel) =>
        data.Command(
                """
                select d.flow_id, d.step, e.type, d.attempts, d.failed_at, d.due_at, d.last_error, d.sent_at from webhook_delivery d join event_log e on e.flow_id = d.flow_id and e.step = d.step
                where d.subscription_id = $1 order by d.sent_at is not null, d.sent_at desc, d.due_at, d.flow_id, d.step limit $2
                """,
                Sql.Of(id), Sql.Of(most))
            .ListAsync(
                r => new WebhookDelivery(
                    r.GetInt64(0), r.GetInt32(1), r.GetString(2), r.GetInt32(3), r.GetFieldValue<DateTimeOffset>(4), r.GetFieldValue<DateTimeOffset>(5), r.GetString(6), r.Maybe<DateTimeOffset?>(7)),
                cancel);

    /// <summary>Brands that a connection has.</summary>
    public static Task<List<string>> BrandsAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command("select distinct brand from connection where brand <> '' order by 1").ListAsync(r => r.GetString(0), cancel);

    internal static WebhookSubscription Read(NpgsqlDataReader r) => new(
        r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetFieldValue<byte[]>(4), r.Maybe<DateTimeOffset?>(5), r.Maybe<string>(6), r.GetFieldValue<string[]>(7), r.GetFieldValue<string[]>(8),
        r.GetString(9), r.Maybe<string>(10), r.Maybe<string>(11), r.GetInt32(12), r.Maybe<DateTimeOffset?>(13), r.Maybe<DateTimeOffset?>(14), r.Maybe<string>(15), r.Maybe<DateTimeOffset?>(16), r.GetInt64(17),
        r.GetInt32(18), r.GetFieldValue<DateTimeOffset>(19), r.GetString(20), r.GetFieldValue<string[]>(21), r.GetFieldValue<string[]>(22), r.GetBoolean(23));
}
