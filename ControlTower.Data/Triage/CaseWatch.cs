using ControlTower.Data.Db;
using ControlTower.Data.Live;

namespace ControlTower.Data.Triage;

/// <summary>Who looks at the same case. Kept fresh by whoever looks; who was not heard of for <see cref="Lost"/> is gone. Any of it may be repeated.</summary>
public sealed class CaseWatch(TowerDataSources data, ChangeNotifier changes)
{
    /// <summary>Longer than a few beats of a screen.</summary>
    public static readonly TimeSpan Lost = TimeSpan.FromSeconds(40);

    private const string Look =
        """
        with mine as (
            insert into case_watch as w (case_id, account_id, name) values ($1, $2, $3)
            on conflict (case_id, account_id) do update set seen_at = now() where w.seen_at < now() - interval '15 seconds')
        select name from case_watch where case_id = $1 and account_id <> $2 and seen_at > now() - $4 order by name
        """;

    /// <summary>Says that this person looks, and answers who else does.</summary>
    /// <param name="come">The person has just opened it: the others hear of it at once.</param>
    public async Task<IReadOnlyList<string>> LookAsync(long caseId, Guid person, string name, bool come, CancellationToken cancel)
    {
        var others = await data.Work.Command(Look, Sql.Of(caseId), Sql.Of(person), Sql.Of(name), Sql.Of(Lost)).ListAsync(r => r.GetString(0), cancel);
        if (come && others.Count > 0)
        {
            changes.Announce(LiveTopics.Watchers);
        }

        return others;
    }

    public async Task LeaveAsync(long caseId, Guid person, CancellationToken cancel)
    {
        await data.Work.Command("delete from case_watch where account_id = $2 and (case_id = $1 or seen_at < now() - $3)", Sql.Of(caseId), Sql.Of(person), Sql.Of(Lost)).ExecuteAsync(cancel);
        changes.Announce(LiveTopics.Watchers);
    }
}
