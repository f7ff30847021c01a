using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Notifications;

/// <summary>
/// Finds what has come due to be told. The cause stands in the case and its order since their own commit, so nothing is lost whoever dies; the key makes it once, however many nodes look. What
/// happened before a channel was set up as it is now is not told there.
/// </summary>
public static class NoticeGathering
{
    private const string OnTheBoard = "(c.shelf_until is null or c.shelf_until <= now())";

    // An e-mail channel reaches the person; who does not want it, or may not sign in any more, is reached by none.
    private const string Reached =
        """
        exists (select from notification_channel e join account a on a.id = s.assignee and a.disabled_at is null left join notification_preference p on p.account_id = a.id
                where e.enabled and e.kind = 'email' and 'sla' = any (e.events) and coalesce(p.sla, true))
        """;

    /// <summary>Whether any channel wants to hear of cases at all; most towers' looks end here.</summary>
    public static async Task<bool> IsWantedAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        await data.Command("select exists (select from notification_channel where enabled and events && array['sla', 'assigned'])").ScalarAsync<bool>(cancel);

    /// <summary>
    /// Cases that are due within three, two, one hours, or overdue: each step once per case and due time. To whoever has the case, by e-mail; where nobody has it or they cannot be reached, to the
    /// places. Of steps that passed together the last one alone is told.
    /// </summary>
    public static Task<int> SlaAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command(
                $"""
                with due as (
                    select c.id, c.assignee, c.opened_at, f.stage_since, c.due_at as due from exception_case c join flow f on f.id = c.flow_id
                    where c.state in ('open', 'retrying') and c.due_at <= now() + interval '3 hours' and {OnTheBoard}),
                step as (
                    select d.*, h.step, greatest(d.due - make_interval(hours => h.step), d.opened_at) as at, 'sla/' || d.id || '/' || extract(epoch from d.due)::bigint || '/' || h.step as key
                    from due d cross join lateral (select step from generate_series(0, 3) as g (step) where d.due - make_interval(hours => step) <= now() order by step limit 1) h),
                fresh as (select s.*, {Reached} as reached from step s where not exists (select from notification n where n.key = s.key))
                insert into notification (channel_id, person, event, key, urgent, case_id, about, due_at)
                select ch.id, case when s.reached then s.assignee end, 'sla', s.key, s.step = 0 and ch.breach_breaks, s.id,
                       jsonb_build_object('due', s.due, 'step', s.step, 'since', s.stage_since), now() + make_interval(mins => ch.gather_minutes)
                from fresh s join notification_channel ch on ch.enabled and 'sla' = any (ch.events) and s.at >= ch.since
                where case when s.reached then ch.kind = 'email' else ch.kind <> 'email' or ch.settings ->> 'to' <> '' end
                order by s.due, s.id
                on conflict do nothing
                """)
            .ExecuteAsync(cancel);

    /// <summary>Warnings that wait for somebody who does not have the case any more are forgotten, so that whoever has it now is told instead.</summary>
    public static Task<int> ChangeHandsAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command(
                """
                delete from notification n using exception_case c
                where c.id = n.case_id and n.state = 'waiting' and n.event = 'sla' and n.person is not null and c.assignee is distinct from n.person
                """)
            .ExecuteAsync(cancel);

    /// <summary>Cases that somebody has for longer than <paramref name="patience"/> without having opened or touched them since; each assignment once.</summary>
    public static Task<int> AssignedAsync(NpgsqlDataSource data, TimeSpan patience, CancellationToken cancel) =>
        data.Command(
                $"""
                insert into notification (channel_id, person, event, key, case_id, about, due_at)
                select ch.id, case when ch.kind = 'email' then c.assignee end, 'assigned', 'assigned/' || c.id || '/' || (extract(epoch from c.assigned_at) * 1000000)::bigint, c.id,
                       jsonb_build_object('to', c.assignee, 'at', c.assigned_at), now() + make_interval(mins => ch.gather_minutes)
                from notification_channel ch join exception_case c on c.state = 'open' and c.assignee is not null and c.assigned_at <= now() - $1 and c.assigned_at >= ch.since - $1
                join account a on a.id = c.assignee and a.disabled_at is null left join notification_preference p on p.account_id = a.id
                where ch.enabled and 'assigned' = any (ch.events) and (ch.kind <> 'email' or coalesce(p.assigned, true)) and (c.looked_at is null or c.looked_at < c.assigned_at) and {OnTheBoard}
                  and not exists (select from notification n where n.key = 'assigned/' || c.id || '/' || (extract(epoch from c.assigned_at) * 1000000)::bigint and n.channel_id = ch.id)
                order by c.assigned_at, c.id
                on conflict do nothing
                """,
                Sql.Of(patience))
            .ExecuteAsync(cancel);
}
