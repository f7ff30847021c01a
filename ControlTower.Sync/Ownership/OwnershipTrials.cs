using ControlTower.Data.Db;
using ControlTower.Data.Ownership;

namespace ControlTower.Sync.Ownership;

/// <summary>Tries a change on the writes of the last days: which would not have been taken, and what would be left of them.</summary>
public sealed class OwnershipTrials(TowerDataSources data, OwnershipBook ownership, TimeProvider clock)
{
    public const int MostDays = 30;

    /// <summary>Counts, and keeps what was found with the change if it is still of the version that was tried.</summary>
    /// <param name="progress">Days done.</param>
    /// <returns>Null if there is no such change, or it was changed meanwhile.</returns>
    public async Task<OwnershipTrial?> RunAsync(int number, int days, IProgress<int>? progress, CancellationToken cancel)
    {
        if (await OwnershipStore.FindAsync(data.Read, number, cancel) is not { } change)
        {
            return null;
        }

        var found = await LookAsync(change, Math.Clamp(days, 1, MostDays), progress, cancel);
        var taken = found.Judged.Where(j => Judgement.IsTaken(j.Context.Verdict)).ToList();
        var shares = found.Judged.Where(j => Judgement.IsTaken(j.Context.Verdict) != Judgement.IsTaken(j.Becomes))
            .GroupBy(j => (j.Context.Where.Source, j.Context.Where.Domain, j.Context.Where.Field, j.Becomes))
            .Select(g => new OwnershipShare(g.Key.Source, g.Key.Domain, g.Key.Field, g.Key.Becomes, g.Sum(j => j.Context.Writes)))
            .OrderByDescending(s => s.Writes).ThenBy(s => s.Source, StringComparer.Ordinal).ThenBy(s => s.Field, StringComparer.Ordinal).Take(100).ToList();
        var trial = new OwnershipTrial(
            found.Days, found.Judged.Sum(j => j.Context.Writes), taken.Where(j => !Judgement.IsTaken(j.Becomes)).Sum(j => j.Context.Writes),
            found.Judged.Where(j => !Judgement.IsTaken(j.Context.Verdict) && Judgement.IsTaken(j.Becomes)).Sum(j => j.Context.Writes),
            await OwnershipTrialSql.CorrectedAsync(data.Read, found.From, found.Harder, found.Owning, cancel), shares);
        return await OwnershipStore.TriedAsync(data.Work, number, change.Version, trial, cancel) ? trial : null;
    }

    /// <summary>The writes that a change would not have taken, the newest first.</summary>
    /// <param name="left">Only those after which no owner spoke.</param>
    /// <param name="before">The id of the last one seen; <see cref="long.MaxValue"/> at first.</param>
    public async Task<IReadOnlyList<OwnershipWrite>> RowsAsync(int number, int days, bool left, long before, int most, CancellationToken cancel)
    {
        if (await OwnershipStore.FindAsync(data.Read, number, cancel) is not { } change)
        {
            return [];
        }

        var found = await LookAsync(change, Math.Clamp(days, 1, MostDays), null, cancel);
        return await OwnershipTrialSql.RowsAsync(data.Read, found.From, found.Harder, found.Owning, left, before, most, cancel);
    }

    private async Task<Look> LookAsync(OwnershipChange change, int days, IProgress<int>? progress, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var begins = change.FromAt is { } from && from > now ? from : now;
        var book = await ownership.AtAsync(begins, change, cancel);
        var judged = new Dictionary<(OwnershipContext Where, bool Against, string Verdict), long>();
        var start = now.AddDays(-days);
        // A day at a time: no statement is long, and it can be said how far it is.
        for (var day = 0; day < days; day++)
        {
            var until = day == days - 1 ? now.AddMinutes(1) : start.AddDays(day + 1);
            foreach (var one in await OwnershipTrialSql.ContextsAsync(data.Read, start.AddDays(day), until, cancel))
            {
                var key = (one.Where, one.Against, one.Verdict);
                judged[key] = judged.GetValueOrDefault(key) + one.Writes;
            }

            progress?.Report(day + 1);
        }

        return new Look(days, start, [.. judged.Select(j => new Judged(
            new JudgedContext(j.Key.Where, j.Key.Against, j.Key.Verdict, j.Value), book.Judge(j.Key.Where).Verdict(j.Key.Against), book.Judge(j.Key.Where).Stance == Stance.Owns))]);
    }

    private sealed record Judged(JudgedContext Context, string Becomes, bool Owns);

    private sealed record Look(int Days, DateTimeOffset From, IReadOnlyList<Judged> Judged)
    {
        public IReadOnlyList<JudgedContext> Harder => [.. Judged.Where(j => Judgement.IsTaken(j.Context.Verdict) && !Judgement.IsTaken(j.Becomes)).Select(j => j.Context)];

        public IReadOnlyList<OwnershipContext> Owning => [.. Judged.Where(j => j.Owns).Select(j => j.Context.Where).Distinct()];
    }
}
