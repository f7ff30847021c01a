using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Notifications;

/// <summary>
/// Sending as a node does it: take the turns, let go of what is not true any more, take one parcel per channel, send it, settle it behind the fence. A node that dies between sending and settling
/// has its parcel sent once more by the next: at least once.
/// </summary>
public static class NoticeWork
{
    /// <summary>So many notices go into one message at most.</summary>
    public const int LargestParcel = 2_000;

    /// <summary>Takes or renews all channels with something due that no other node holds. Renewing keeps the fence, taking over raises it.</summary>
    public static Task<List<ChannelTurn>> HoldAsync(NpgsqlDataSource data, Guid node, TimeSpan lease, CancellationToken cancel) =>
        data.Command(
                $"""
                update notification_channel set fence = fence + case when lease_owner = $1 and lease_until >= now() then 0 else 1 end, lease_owner = $1, lease_until = now() + $2
                where id in (
                    select c.id from notification_channel c where c.enabled and (c.lease_owner = $1 or c.lease_owner is null or c.lease_until < now() or node_is_silent(c.lease_owner))
                      and exists (select from notification n where n.channel_id = c.id and n.state = 'waiting' and n.due_at <= now()) order by c.id for update skip locked)
                returning {ChannelStore.Columns}, fence
                """,
                Sql.Of(node), Sql.Of(lease))
            .ListAsync(r => new ChannelTurn(ChannelStore.Read(r), r.GetInt64(13)), cancel);

    /// <summary>Hands all turns back, so that another node goes on at once.</summary>
    public static Task ReleaseAsync(NpgsqlDataSource data, Guid node, CancellationToken cancel) =>
        data.Command("update notification_channel set lease_owner = null, lease_until = null where lease_owner = $1", Sql.Of(node)).ExecuteAsync(cancel);

    /// <summary>Lets go of what waits and is not true any more: closed, moved on, in other hands, or seen meanwhile.</summary>
    public static Task<int> DropStaleAsync(NpgsqlDataSource data, ChannelTurn turn, CancellationToken cancel) =>
        data.Command(
                """
                update notification n set state = 'dropped', ended_at = now()
                from (select w.id from notification w left join exception_case c on c.id = w.case_id left join account a on a.id = w.person
                      where w.channel_id = $1 and w.state = 'waiting' and (a.disabled_at is not null or (w.case_id is not null and (
                          c.id is null or c.state not in ('open', 'retrying')
                          or (w.event = 'sla' and c.due_at is distinct from (w.about ->> 'due')::timestamptz)
                          or (w.event = 'assigned' and (c.assignee is distinct from (w.about ->> 'to')::uuid or c.assigned_at is distinct from (w.about ->> 'at')::timestamptz
                              or c.looked_at >= c.assigned_at or c.state <> 'open')))))
                      order by w.id for update of w) stale
                where n.id = stale.id and exists (select from notification_channel where id = $1 and fence = $2)
                """,
                Sql.Of(turn.Channel.Id), Sql.Of(turn.Fence))
            .ExecuteAsync(cancel);

    /// <summary>The parcel that has been due longest: with it goes all that waits for the same person or place. What is about a case off the board waits until it is back. Null if nothing is due.</summary>
    /// <param name="quiet">Only what may break the silence.</param>
    public static async Task<NoticeParcel?> NextAsync(NpgsqlDataSource data, Guid channel, bool quiet, CancellationToken cancel)
    {
        var rows = await data.Command(
                """
                with first as (
                    select coalesce(n.person, '00000000-0000-0000-0000-000000000000') as person from notification n left join exception_case c on c.id = n.case_id
                    where n.channel_id = $1 and n.state = 'waiting' and n.due_at <= now() and (n.urgent or not $2) and (c.shelf_until is null or c.shelf_until <= now()) order by n.due_at, n.id limit 1)
                select n.id, n.event, n.urgent, n.attempts, n.created_at, n.case_id, nullif(f.name, ''), c.title, c.failure, c.value, c.at_risk, c.currency, h.name,
                       (n.about ->> 'due')::timestamptz, (n.about ->> 'step')::int, (n.about ->> 'batch')::bigint, coalesce(n.about ->> 'why', n.about ->> 'found'), n.person, a.email, (n.about ->> 'incident')::bigint, (n.about ->> 'promotion')::bigint, n.about ->> 'page'
                from notification n join first on first.person = coalesce(n.person, '00000000-0000-0000-0000-000000000000')
                left join exception_case c on c.id = n.case_id left join flow f on f.id = c.flow_id left join account h on h.id = c.assignee left join account a on a.id = n.person
                where n.channel_id = $1 and n.state = 'waiting' and (n.urgent or not $2) and (n.due_at <= now() or n.attempts = 0)
                  and (c.shelf_until is null or c.shelf_until <= now()) order by n.id limit $3
                """,
                Sql.Of(channel), Sql.Of(quiet), Sql.Of(LargestParcel + 1))
            .ListAsync(r => (Notice: Read(r), Person: r.IsDBNull(17) ? (Guid?)null : r.GetGuid(17), Email: r.Maybe<string>(18)), cancel);
        return rows.Count == 0 ? null
            : new NoticeParcel(rows[0].Person, rows[0].Email, [.. rows.Take(LargestParcel).Select(row => row.Notice)], rows.Count > LargestParcel);
    }

    /// <summary>They were told. Nothing happens if the turn is lost.</summary>
    public static Task<int> SentAsync(NpgsqlDataSource data, ChannelTurn turn, NoticeParcel parcel, CancellationToken cancel) =>
        SettleAsync(data, turn, parcel, "state = 'sent', ended_at = now(), attempts = n.attempts + 1, last_error = null", [], cancel);

    /// <summary>They could not be told: again after the pause, or given up after so many tries.</summary>
    public static Task<int> NotSentAsync(NpgsqlDataSource data, ChannelTurn turn, NoticeParcel parcel, string why, TimeSpan pause, int most, CancellationToken cancel) =>
        SettleAsync(
            data, turn, parcel,
            """
            attempts = n.attempts + 1, last_error = left($4, 300), due_at = now() + $5, state = case when n.attempts + 1 >= $6 then 'failed' else 'waiting' end,
            ended_at = case when n.attempts + 1 >= $6 then now() end
            """,
            [Sql.Of(why), Sql.Of(pause), Sql.Of(most)], cancel);

    /// <summary>Forgets what ended longer ago than this, but not what would then be told anew: that of cases that are still open.</summary>
    public static Task<int> ForgetAsync(NpgsqlDataSource data, TimeSpan age, CancellationToken cancel) =>
        data.Command(
                "delete from notification n where n.ended_at < now() - $1 and not exists (select from exception_case c where c.id = n.case_id and c.state in ('open', 'retrying'))", Sql.Of(age))
            .ExecuteAsync(cancel);

    private static Task<int> SettleAsync(NpgsqlDataSource data, ChannelTurn turn, NoticeParcel parcel, string change, NpgsqlParameter[] values, CancellationToken cancel) =>
        data.Command(
                $"""
                update notification n set {change} where n.id = any($3) and n.state = 'waiting' and exists (select from notification_channel where id = $1 and fence = $2)
                """,
                [Sql.Of(turn.Channel.Id), Sql.Of(turn.Fence), Sql.Of(parcel.Notices.Select(notice => notice.Id).ToArray()), .. values])
            .ExecuteAsync(cancel);

    private static Notice Read(NpgsqlDataReader r)
    {
        Money? Amount(int column) => r.IsDBNull(column) || r.IsDBNull(11) ? null : new Money(r.GetDecimal(column), r.GetString(11));
        return new Notice(
            r.GetInt64(0), r.GetString(1), r.GetBoolean(2), r.GetInt32(3), r.GetFieldValue<DateTimeOffset>(4), r.IsDBNull(5) ? null : r.GetInt64(5), r.Maybe<string>(6), r.Maybe<string>(7),
            r.Maybe<string>(8), Amount(9), Amount(10), r.Maybe<string>(12), r.Maybe<DateTimeOffset?>(13), r.IsDBNull(14) ? null : r.GetInt32(14), r.IsDBNull(15) ? null : r.GetInt64(15),
            r.Maybe<string>(16), r.Maybe<long?>(19), r.Maybe<long?>(20), r.Maybe<string>(21));
    }
}
