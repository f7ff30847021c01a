using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Db;

namespace ControlTower.Data.Operations;

/// <summary>A promise that the data do not keep.</summary>
/// <param name="What">What the sample names, such as <c>order</c>.</param>
/// <param name="Sample">A few ids or keys; never anything personal.</param>
public sealed record Violation(string Name, string Promise, long Count, string What, IReadOnlyList<string> Sample);

/// <summary>A run of the checker that has ended.</summary>
/// <param name="Checked">Invariants that were looked at; <paramref name="Skipped"/> were not.</param>
/// <param name="OwnRole">Read by a database role of its own; else in a read-only transaction of the tower's.</param>
/// <param name="Failure">Why it could not look; null if it could.</param>
public sealed record IntegrityRun(long Id, DateTimeOffset FinishedAt, TimeSpan Took, int Checked, int Skipped, bool OwnRole, IReadOnlyList<Violation> Violations, string? Failure);

/// <summary>What is known of the data's integrity.</summary>
/// <param name="Last">The last run that ended; null if none has.</param>
/// <param name="AskedAt">When the open run was asked for; null if none is open.</param>
public sealed record IntegrityPicture(IntegrityRun? Last, DateTimeOffset? AskedAt);

/// <summary>The runs of the checker. At most one is open, of all nodes together.</summary>
public sealed class IntegrityStore(TowerDataSources data)
{
    /// <summary>Asks for a run if none is open and the last began to be waited for longer ago than this.</summary>
    public Task<int> AskIfDueAsync(TimeSpan every, CancellationToken cancel) => data.Work.Command(
        """
        insert into integrity_run (requested_by)
        select 'tower' where not exists (select from integrity_run where state in ('asked', 'running') or requested_at > now() - $1) on conflict do nothing
        """,
        Sql.Of(every)).ExecuteAsync(cancel);

    /// <summary>Takes the open run, one node at a time; one that began longer ago than <paramref name="lost"/> was left behind by a process that died. Null if there is nothing to do.</summary>
    public async Task<(long Id, DateTimeOffset Began)?> TakeAsync(TimeSpan lost, CancellationToken cancel)
    {
        var taken = await data.Work.Command(
            """
            update integrity_run set state = 'running', started_at = now()
            where id in (select id from integrity_run where state = 'asked' or (state = 'running' and started_at < now() - $1) for update skip locked)
            returning id, started_at
            """,
            Sql.Of(lost)).ListAsync(r => (r.GetInt64(0), r.GetFieldValue<DateTimeOffset>(1)), cancel);
        return taken.Count == 0 ? null : taken[0];
    }

    /// <summary>Writes what came of a run; without effect if it was taken from the caller meanwhile.</summary>
    public Task<int> EndAsync((long Id, DateTimeOffset Began) run, int looked, int skipped, bool ownRole, IReadOnlyList<Violation> violations, string? failure, CancellationToken cancel) => data.Work.Command(
        """
        update integrity_run set state = case when $7::text is null then 'done' else 'failed' end, finished_at = now(), checked = $3, skipped = $4, own_role = $5, violations = $6::jsonb, failure = left($7, 300)
        where id = $1 and state = 'running' and started_at = $2
        """,
        Sql.Of(run.Id), Sql.Of(run.Began), Sql.Of(looked), Sql.Of(skipped), Sql.Of(ownRole), Sql.Of(JsonSerializer.Serialize(violations, IntegrityJson.Default.IReadOnlyListViolation)), Sql.Of(failure))
        .ExecuteAsync(cancel);

    public async Task<IntegrityPicture> ReadAsync(CancellationToken cancel)
    {
        var last = await data.Read.Command(
            """
            select id, finished_at, finished_at - started_at, checked, skipped, own_role, violations::text, failure from integrity_run
            where state in ('done', 'failed') order by finished_at desc limit 1
            """).ListAsync(
            r => new IntegrityRun(
                r.GetInt64(0), r.GetFieldValue<DateTimeOffset>(1), r.GetTimeSpan(2), r.GetInt32(3), r.GetInt32(4), r.GetBoolean(5),
                JsonSerializer.Deserialize(r.GetString(6), IntegrityJson.Default.IReadOnlyListViolation) ?? [], r.IsDBNull(7) ? null : r.GetString(7)),
            cancel);
        var open = await data.Read.Command("select requested_at from integrity_run where state in ('asked', 'running')").ListAsync(r => r.GetFieldValue<DateTimeOffset>(0), cancel);
        return new IntegrityPicture(last.Count == 0 ? null : last[0], open.Count == 0 ? null : open[0]);
    }

    /// <summary>Forgets runs older than this, but never the last.</summary>
    public Task<int> ForgetAsync(TimeSpan age, CancellationToken cancel) => data.Work.Command(
        "delete from integrity_run where finished_at < now() - $1 and id <> (select max(id) from integrity_run where finished_at is not null)", Sql.Of(age)).ExecuteAsync(cancel);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(IReadOnlyList<Violation>))]
internal sealed partial class IntegrityJson : JsonSerializerContext;
