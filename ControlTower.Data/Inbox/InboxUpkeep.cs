using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Inbox;

/// <summary>Erases the bodies of old messages. Their keys and hashes stay for ever: they are the guard against duplicates.</summary>
public sealed class InboxUpkeep(TowerDataSources data)
{
    private const int Slice = 2_000;

    // A message that is in work, or that a person has still to decide about, is passed by; it is found again when its case has closed. The walk goes on where the last one ended.
    private const string Walk =
        """
        with mark as (
            select upto from upkeep_mark where what = 'inbox-bodies' for update),
        slice as materialized (
            select m.id, m.received_at from inbox_message m, mark where m.id > mark.upto order by m.id limit $2),
        old as (
            select id from slice where received_at < now() - $1 and id < coalesce((select min(id) from slice where received_at >= now() - $1), 9223372036854775807)),
        erased as (
            update inbox_message m set body = null, body_erased_at = now() from old
            where m.id = old.id and m.body is not null and not exists (select from inbox_work w where w.message_id = m.id)
              and not exists (select from exception_case c where c.message_id = m.id and c.state in ('open', 'retrying')))
        update upkeep_mark set upto = (select max(id) from old) where what = 'inbox-bodies' and exists (select from old)
        returning (select count(*) from old)
        """;

    private const string Decided =
        """
        update inbox_message m set body = null, body_erased_at = now() from exception_case c
        where c.closed_at > now() - interval '8 days' and c.message_id = m.id and m.body is not null and m.received_at < now() - $1
          and m.id <= (select upto from upkeep_mark where what = 'inbox-bodies')
          and not exists (select from inbox_work w where w.message_id = m.id) and not exists (select from exception_case o where o.message_id = m.id and o.state in ('open', 'retrying'))
        """;

    /// <summary>Erases what is older than this, slice by slice. May be broken off and repeated at any time.</summary>
    public async Task EraseBodiesAsync(TimeSpan age, CancellationToken cancel)
    {
        await data.Work.Command(Decided, Sql.Of(age)).ExecuteAsync(cancel);
        while ((await data.Work.Command(Walk, Sql.Of(age), Sql.Of(Slice)).ListAsync(r => r.GetInt64(0), cancel)) is [Slice])
        {
        }
    }
}
