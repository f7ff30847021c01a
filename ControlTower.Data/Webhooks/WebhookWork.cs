using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.EventLog;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Webhooks;

/// <summary>
/// Sending as a node does it: find who has something to get, take its turn, send a round, settle it behind the fence. The place moves in the transaction that keeps what was not taken, so every event is
/// either ahead of the place, or held, or was taken. A node that dies between sending and settling leaves a round that is sent once more, under the same ids.
/// </summary>
public static class WebhookWork
{
    /// <summary>So many events are held for a subscription; then its place waits, and the log is the queue.</summary>
    public const int MostHeld = 100;

    /// <summary>A subscription of which nothing was taken for so long is switched off, and so is one that does not take a single event for so long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromHours(72);

    /// <summary>Subscriptions with something to send now, those that waited longest first.</summary>
    public static Task<List<WebhookSubscription>> DueAsync(NpgsqlDataSource data, int most, CancellationToken cancel) =>
        data.Command(
                $"""
                select {WebhookStore.Columns} from webhook_subscription s join api_client c on c.id = s.client_id join event_cursor p on p.follower = 'webhook/' || replace(s.id::text, '-', '')
                where s.state = 'on' and c.disabled_at is null and c.scopes @> array['api:webhooks:manage'] and (s.rest_until is null or s.rest_until <= now()) and (p.lease_until is null or p.lease_until < now() or node_is_silent(p.lease_owner)) and (
                    exists (select from webhook_delivery d where d.subscription_id = s.id and d.sent_at is null and d.due_at <= now())
                    or (exists (select from event_log e where (e.txid, e.seq) > (p.txid, p.seq) and e.txid < pg_snapshot_xmin(pg_current_snapshot()))
                        and (select count(*) from (select from webhook_delivery d where d.subscription_id = s.id and d.sent_at is null limit {MostHeld}) held) < {MostHeld}))
                order by p.updated_at limit $1
                """,
                Sql.Of(most))
            .ListAsync(WebhookStore.Read, cancel);

    /// <summary>Lets go of what is held and not wanted, or not allowed, any more: the subscription or the client's reach was narrowed meanwhile.</summary>
    public static Task<int> DropAsync(NpgsqlDataSource data, Guid id, FeedFilter wanted, CancellationToken cancel) =>
        data.Command(
                """
                delete from webhook_delivery d using event_log e join flow f on f.id = e.flow_id
                where d.subscription_id = $1 and d.sent_at is null and e.flow_id = d.flow_id and e.step = d.step
                  and not ((cardinality($2::text[]) = 0 or e.type = any ($2)) and (cardinality($3::text[]) = 0 or f.brand = any ($3)) and (cardinality($4::text[]) = 0 or f.source = any ($4)) and (cardinality($5::text[]) = 0 or f.brand = any ($5)))
                """,
                Sql.Of(id), Sql.Of(wanted.Types.ToArray()), Sql.Of(wanted.Brands.ToArray()), Sql.Of((wanted.Within?.Sources ?? []).ToArray()), Sql.Of((wanted.Within?.Brands ?? []).ToArray()))
            .ExecuteAsync(cancel);

    /// <summary>What is held and due again, the longest waiting first; and how many are held in all.</summary>
    public static async Task<(IReadOnlyList<WebhookParcel> Due, int Held)> HeldAsync(NpgsqlDataSource data, Guid id, int most, CancellationToken cancel)
    {
        var held = await data.Command("select count(*) from webhook_delivery where subscription_id = $1 and sent_at is null", Sql.Of(id)).ScalarAsync<long>(cancel);
        var due = held == 0 ? [] : await data.Command(
                """
                select e.txid, e.seq, e.flow_id, f.kind, f.source, f.source_id, f.brand, e.step, e.type, e.stage, e.system, e.reference, e.detail, e.at, e.trace_id, d.attempts
                from webhook_delivery d join event_log e on e.flow_id = d.flow_id and e.step = d.step join flow f on f.id = d.flow_id
                where d.subscription_id = $1 and d.sent_at is null and d.due_at <= now() order by d.due_at, d.flow_id, d.step limit $2
                """,
                Sql.Of(id), Sql.Of(most))
            .ListAsync(r => new WebhookParcel(EventLogReader.Read(r), r.GetInt32(15)), cancel);
        return (due, (int)held);
    }

    /// <summary>
    /// Keeps what became of a round and moves the place behind it, all or nothing. Null if the turn is lost: then nothing was kept, and whoever has it sends the round again.
    /// </summary>
    /// <param name="to">Behind the last event of the log that is in the round or was not wanted.</param>
    public static async Task<FollowerTurn?> SettleAsync(TowerDataSources data, AuditLog audit, FollowerTurn turn, Guid id, LogPosition to, WebhookRound round, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await WebhookStore.LockAsync(connection, id, null, cancel) is not { } before || await FollowerStore.AdvanceAsync(connection, turn, to, cancel) is not { } moved)
        {
            return null;
        }

        var stop = round.Stop;
        if (round.Outcomes.Count > 0)
        {
            await KeepAsync(connection, id, round, cancel);
            stop ??= round.Outcomes.Any(one => one.Error is not null) && await IsOverAsync(connection, id, cancel)
                ? $"Events were not taken for {Patience.TotalHours:0} hours. The last answer: {round.Outcomes.Last(one => one.Error is not null).Error}" : null;
        }

        if (stop is not null && before.State == WebhookState.On)
        {
            await StopAsync(connection, transaction, audit, before, stop, cancel);
        }

        await transaction.CommitAsync(cancel);
        return moved;
    }

    /// <summary>Forgets what was taken longer ago than this.</summary>
    public static Task<int> ForgetAsync(NpgsqlDataSource data, TimeSpan age, CancellationToken cancel) =>
        data.Command("delete from webhook_delivery where sent_at < now() - $1", Sql.Of(age)).ExecuteAsync(cancel);

    private static async Task KeepAsync(NpgsqlConnection connection, Guid id, WebhookRound round, CancellationToken cancel)
    {
        var (taken, missed) = (round.Outcomes.Where(one => one.Error is null).ToList(), round.Outcomes.Where(one => one.Error is not null).ToList());
        // Sorted by key, as all who write here do.
        await connection.Command(
                """
                insert into webhook_delivery as d (subscription_id, flow_id, step, due_at, last_error)
                select $1, m.flow, m.step, now() + m.again, left(m.error, 300) from unnest($2::bigint[], $3::int[], $4::interval[], $5::text[]) as m (flow, step, again, error) order by 2, 3
                on conflict (subscription_id, flow_id, step) do update set due_at = excluded.due_at, last_error = excluded.last_error, sent_at = null,
                    attempts = case when d.sent_at is null then d.attempts + 1 else 1 end, failed_at = case when d.sent_at is null then d.failed_at else now() end
                """,
                Sql.Of(id), Sql.Of(missed.Select(one => one.Parcel.Event.FlowId).ToArray()), Sql.Of(missed.Select(one => one.Parcel.Event.Step).ToArray()),
                Sql.Of(missed.Select(one => one.Again).ToArray()), Sql.Of(missed.Select(one => one.Error!).ToArray()))
            .ExecuteAsync(cancel);
        await connection.Command(
                """
                update webhook_delivery d set sent_at = now(), attempts = d.attempts + 1 from unnest($2::bigint[], $3::int[]) as t (flow, step)
                where d.subscription_id = $1 and d.flow_id = t.flow and d.step = t.step and d.sent_at is null
                """,
                Sql.Of(id), Sql.Of(taken.Select(one => one.Parcel.Event.FlowId).ToArray()), Sql.Of(taken.Select(one => one.Parcel.Event.Step).ToArray()))
            .ExecuteAsync(cancel);
        // A receiver that is back gets what is held soon, spread over a minute, whatever pause each had come to.
        await connection.Command(
                """
                with was as (select misses from webhook_subscription where id = $1)
                update webhook_delivery d set due_at = least(d.due_at, now() + random() * interval '1 minute') from was where d.subscription_id = $1 and d.sent_at is null and was.misses >= 3 and $2 = 0
                """,
                Sql.Of(id), Sql.Of(round.Misses))
            .ExecuteAsync(cancel);
        await connection.Command(
                """
                update webhook_subscription set misses = $2, failing_since = case when $2 > 0 then coalesce(failing_since, now()) end, rest_until = now() + $3, sent = sent + $4,
                    last_error = coalesce($5, last_error), last_ok_at = case when $4 > 0 then now() else last_ok_at end
                where id = $1
                """,
                Sql.Of(id), Sql.Of(round.Misses), Sql.Of(round.Rest, NpgsqlDbType.Interval), Sql.Of(taken.Count), Sql.Of(missed.LastOrDefault()?.Error, NpgsqlDbType.Text))
            .ExecuteAsync(cancel);
    }

    private static async Task<bool> IsOverAsync(NpgsqlConnection connection, Guid id, CancellationToken cancel) =>
        await connection.Command(
                """
                select coalesce(failing_since <= now() - $2, false) or exists (select from webhook_delivery d where d.subscription_id = s.id and d.sent_at is null and d.attempts > 1 and d.failed_at <= now() - $2)
                from webhook_subscription s where id = $1
                """,
                Sql.Of(id), Sql.Of(Patience))
            .ScalarAsync<bool>(cancel);

    private static async Task StopAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, AuditLog audit, WebhookSubscription one, string why, CancellationToken cancel)
    {
        await connection.Command(
                "update webhook_subscription set state = 'disabled', stopped_by = 'tower', why = left($2, 400), version = version + 1 where id = $1", Sql.Of(one.Id), Sql.Of(why)).ExecuteAsync(cancel);
        await connection.Command(
                "select notify_places('webhook', 'webhook/' || $1 || '/' || $2, jsonb_build_object('found', $3::text))",
                Sql.Of(one.Id.ToString()), Sql.Of(one.Version.ToString(System.Globalization.CultureInfo.InvariantCulture)), Sql.Of($"The webhook of {one.Client} at {one.Host} was switched off. {why}"))
            .ExecuteAsync(cancel);
        await audit.AppendAsync(
            connection, transaction,
            new AuditEntry(Actor.Tower("webhooks"), "admin:webhook:manage", $"webhook:{one.Id}", AuditOutcome.Done, why, new Dictionary<string, string>(StringComparer.Ordinal) { ["act"] = "disable", ["host"] = one.Host }), cancel);
    }
}
