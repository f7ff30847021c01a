using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Notifications;

/// <summary>What the notifications page shows, and what a person chose for themselves. Reading again is always safe.</summary>
public sealed class NotificationQueries(TowerDataSources sources)
{
    public const int Rows = 60;

    public Task<List<ChannelHealth>> HealthAsync(CancellationToken cancel = default) =>
        sources.Read.Command(
                """
                select c.id, count(n.id) filter (where n.state = 'waiting')::int, count(n.id) filter (where n.state = 'failed')::int, max(n.ended_at) filter (where n.state = 'sent'),
                       (array_agg(n.last_error order by n.id desc) filter (where n.state in ('waiting', 'failed') and n.last_error is not null))[1]
                from notification_channel c left join notification n on n.channel_id = c.id and (n.state = 'waiting' or n.ended_at > now() - interval '7 days') group by c.id
                """)
            .ListAsync(r => new ChannelHealth(r.GetGuid(0), r.GetInt32(1), r.GetInt32(2), r.Maybe<DateTimeOffset?>(3), r.Maybe<string>(4)), cancel);

    /// <summary>What waits, was given up or was told, newest first.</summary>
    /// <param name="state">Null for all but what was dropped because it was not true any more.</param>
    public Task<List<NotificationRow>> ListAsync(string? state, CancellationToken cancel = default) =>
        sources.Read.Command(
                """
                select n.id, ch.name, a.name, n.event, n.case_id, nullif(f.name, ''), n.state, n.attempts, n.created_at, n.due_at, n.ended_at, n.last_error
                from notification n join notification_channel ch on ch.id = n.channel_id left join account a on a.id = n.person
                left join exception_case c on c.id = n.case_id left join flow f on f.id = c.flow_id
                where case when $1 = '' then n.state <> 'dropped' else n.state = $1 end order by n.id desc limit $2
                """,
                Sql.Of(state ?? ""), Sql.Of(Rows))
            .ListAsync(
                r => new NotificationRow(
                    r.GetInt64(0), r.GetString(1), r.Maybe<string>(2), r.GetString(3), r.IsDBNull(4) ? null : r.GetInt64(4), r.Maybe<string>(5), r.GetString(6), r.GetInt32(7),
                    r.GetFieldValue<DateTimeOffset>(8), r.GetFieldValue<DateTimeOffset>(9), r.Maybe<DateTimeOffset?>(10), r.Maybe<string>(11)),
                cancel);

    public async Task<MailChoice> ChoiceAsync(Guid person, CancellationToken cancel = default) =>
        await sources.Read.Command("select assigned, sla from notification_preference where account_id = $1", Sql.Of(person))
            .ListAsync(r => new MailChoice(r.GetBoolean(0), r.GetBoolean(1)), cancel) is [var choice] ? choice : MailChoice.All;

    /// <summary>Keeps what a person chose, inside the caller's transaction. Twice is once.</summary>
    public static Task ChooseAsync(NpgsqlConnection connection, Guid person, MailChoice choice, CancellationToken cancel) =>
        connection.Command(
                """
                insert into notification_preference (account_id, assigned, sla) values ($1, $2, $3)
                on conflict (account_id) do update set assigned = excluded.assigned, sla = excluded.sla
                """,
                Sql.Of(person), Sql.Of(choice.Assigned), Sql.Of(choice.Sla))
            .ExecuteAsync(cancel);
}
