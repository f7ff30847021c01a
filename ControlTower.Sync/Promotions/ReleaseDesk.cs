using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Promotions;

namespace ControlTower.Sync.Promotions;

/// <summary>What people do to releases: advance, hold, bring home, and decide about single prices. Each act is one transaction with its audit entry; done twice it does nothing more.</summary>
public sealed class ReleaseDesk(PromotionActing acting, ReleaseQueries queries)
{
    public const string RunPermission = "promotions:release:run";
    public const string HoldPermission = "promotions:release:hold";

    /// <summary>Most prices of one act.</summary>
    public const int Most = 10_000;

    /// <summary>Lets a stage begin that waits for a person; the first one once its hour has come.</summary>
    public Task<PromotionAnswer> AdvanceAsync(long id, int seen, int stage, Actor actor, CancellationToken cancel) => acting.ActAsync(
        id, seen, actor, RunPermission, null,
        h => h.Held ? ("state", "It is held. Resume it first.") : WaitsToBegin(h) ? null : NotOut(h),
        async (connection, held) =>
        {
            var stages = await ReleaseStore.StagesAsync(connection, id, cancel);
            if (stages.FirstOrDefault(s => s.StartedAt is null) is not { } next || next.Stage != stage)
            {
                return new PromotionAnswer.Refused("order", "Stages begin in their order, once.");
            }

            if (stage > 1 && stages.First(s => s.Stage == stage - 1) is { ProvenAt: null })
            {
                return new PromotionAnswer.Refused("proven", $"Stage {(stage - 1).ToString(CultureInfo.InvariantCulture)} is not proven yet: its prices were not all read back as intended.");
            }

            return await StartAsync(connection, held, next, actor, cancel);
        },
        cancel, new Dictionary<string, string>(StringComparer.Ordinal) { ["stage"] = stage.ToString(CultureInfo.InvariantCulture) });

    private static async Task<PromotionAnswer> StartAsync(Npgsql.NpgsqlConnection connection, PromotionHeld held, StageStand stage, Actor actor, CancellationToken cancel)
    {
        if (await SequenceStore.BrokenAsync(connection, held.Id, stage.Stage, cancel) is { } broken)
        {
            return new PromotionAnswer.Refused("order", $"{SequenceWords.Of(broken, stage.Stage)}.");
        }

        await PromotionActs.StartStageAsync(connection, held.Id, stage.Stage, actor.Name, null, cancel);
        await PromotionActs.AskAsync(connection, held.Id, null, null, null, null, cancel);
        if (held.State == PromotionState.Scheduled)
        {
            await PromotionActs.StateAsync(connection, held.Id, PromotionState.Releasing, cancel);
        }

        await PromotionActs.LogAsync(connection, held.Id, "start", $"Stage {stage.Stage.ToString(CultureInfo.InvariantCulture)}, {stage.Name}, advanced", actor.Name, cancel);
        return new PromotionAnswer.Done(held.Id);
    }

    /// <summary>Writes nothing more until somebody resumes; what stands stays, and is still watched.</summary>
    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public Task<PromotionAnswer> HoldAsync(long id, string why, Actor actor, CancellationToken cancel) => HoldAsync(id, why, before: false, actor, cancel);

    /// <param name="before">Only if it has not begun.</param>
    private Task<PromotionAnswer> HoldAsync(long id, string why, bool before, Actor actor, CancellationToken cancel)
    {
        var reason = PromotionActing.Reason(why);
        return acting.ActAsync(
            id, null, actor, HoldPermission, reason,
            h => before && h.State is not PromotionState.Scheduled ? ("state", "It has begun.") : h.State is PromotionState.Scheduled || h.IsOut ? (h.Held ? ("state", "It is held already.") : null) : NotOut(h),
            async (connection, _) =>
            {
                await PromotionActs.HoldAsync(connection, id, actor.Name, reason, null, null, cancel);
                await PromotionActs.LogAsync(connection, id, "hold", $"Held: {reason}", actor.Name, cancel);
                return new PromotionAnswer.Done(id);
            },
            cancel);
    }

    /// <summary>Goes on after a hold or a question. Was it about the share of a stage, the next begins without it; an answer to anything else waives no share.</summary>
    public Task<PromotionAnswer> ResumeAsync(long id, int seen, string why, Actor actor, CancellationToken cancel)
    {
        var reason = PromotionActing.Reason(why);
        return acting.ActAsync(
            id, seen, actor, RunPermission, reason,
            h => h.Held || h.Question is not null ? null : ("state", "It is neither held nor asked."),
            async (connection, held) =>
            {
                // Its hour has come, and the first stage waits for a word: this is it.
                if (WaitsToBegin(held) && !held.Held)
                {
                    return await StartAsync(connection, held, (await ReleaseStore.StagesAsync(connection, id, cancel))[0], actor, cancel);
                }

                await ReleaseStore.AcceptAsync(connection, id, PromotionActing.Tower.Name, cancel);
                await PromotionActs.HoldAsync(connection, id, actor.Name, null, null, null, cancel);
                await PromotionActs.AskAsync(connection, id, null, null, null, null, cancel);
                await PromotionActs.CallAgainAsync(connection, id, cancel);
                await PromotionActs.LogAsync(connection, id, "start", $"Resumed: {reason}", actor.Name, cancel);
                return new PromotionAnswer.Done(id);
            },
            cancel);
    }

    /// <summary>
    /// Answers a question or a hold of the tower's by trying again what is in trouble: nothing is waived, and the stage is judged anew once its prices are read back. If it falls short again, it is asked again.
    /// </summary>
    public Task<PromotionAnswer> TryAgainAsync(long id, int seen, Actor actor, CancellationToken cancel) => acting.ActAsync(
        id, seen, actor, RunPermission, null,
        h => !h.IsOut ? NotOut(h) : h.Held || h.Question is not null ? null : ("state", "It is neither held nor asked."),
        async (connection, _) =>
        {
            var troubled = await ReleaseStore.AskedAboutAsync(connection, id, PromotionActing.Tower.Name, Most, cancel);
            if (troubled.Count == 0 || await PromotionActs.AgainAsync(connection, id, [.. troubled], whatever: false, cancel) is not { Count: > 0 and var count })
            {
                return new PromotionAnswer.Refused("state", "None of its prices can be tried again for that: a person holds it, or it asks about something else.");
            }

            await PromotionActs.HoldAsync(connection, id, actor.Name, null, null, null, cancel);
            await PromotionActs.AskAsync(connection, id, null, null, null, null, cancel);
            await PromotionActs.LogAsync(connection, id, "work", $"{count.ToString(CultureInfo.InvariantCulture)} {(count == 1 ? "price" : "prices")} tried again; judged anew when read back", actor.Name, cancel);
            return new PromotionAnswer.Done(id, count);
        },
        cancel, new Dictionary<string, string>(StringComparer.Ordinal) { ["what"] = "tried again" });

    /// <summary>Brings every price back to what stood there before, and goes on until each is read back so. Pressed twice it is begun once.</summary>
    /// <param name="ends">It ended early as planned, rather than going wrong.</param>
    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public Task<PromotionAnswer> RollBackAsync(long id, string why, bool ends, Actor actor, CancellationToken cancel)
    {
        var reason = PromotionActing.Reason(why);
        return acting.ActAsync(
            id, null, actor, RunPermission, reason,
            h => h.State is PromotionState.RollingBack or PromotionState.Ending ? ("state", $"It is {(h.State == PromotionState.Ending ? "ending" : "rolling back")} already.") : NotOut(h),
            async (connection, _) =>
            {
                await PromotionActs.BackAsync(connection, id, ends ? PromotionState.Ending : PromotionState.RollingBack, actor.Name, reason, cancel);
                await PromotionActs.LogAsync(connection, id, "back", $"{(ends ? "Ended early" : "Rolling back")}: {reason}", actor.Name, cancel);
                return new PromotionAnswer.Done(id);
            },
            cancel, new Dictionary<string, string>(StringComparer.Ordinal) { ["how"] = ends ? "end" : "rollback" });
    }

    /// <summary>Brings back every release that is out and that the words match, as an alert from outside asks for; one that has not begun is held, so that it does not begin behind the alert.</summary>
    /// <param name="words">Of the name; null: of any.</param>
    /// <param name="connection">That it changes prices at; null: any.</param>
    /// <returns>The promotions that are rolling back, and those that are held, because of this.</returns>
    public async Task<(IReadOnlyList<long> Back, IReadOnlyList<long> Held)> RollBackMatchingAsync(string? words, string? connection, string why, Actor actor, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(words) && connection is null)
        {
            throw new ArgumentException("Name what is meant: an alert for everything is a mistake more often than not.", nameof(words));
        }

        var (back, held) = (new List<long>(), new List<long>());
        foreach (var id in await queries.MatchingAsync(words?.Trim(), connection, cancel))
        {
            // Held first: one that begins between the two acts goes back.
            if (await HoldAsync(id, why, before: true, actor, cancel) is PromotionAnswer.Done)
            {
                held.Add(id);
            }
            else if (await RollBackAsync(id, why, ends: false, actor, cancel) is PromotionAnswer.Done)
            {
                back.Add(id);
            }
        }

        return (back, held);
    }

    /// <summary>Whoever does this looks after the release: others see it. Taken from somebody else, it is theirs no more.</summary>
    /// <param name="take">False: nobody does any more.</param>
    public Task<PromotionAnswer> TakeAsync(long id, int seen, bool take, Actor actor, CancellationToken cancel) => acting.ActAsync(
        id, seen, actor, HoldPermission, null,
        h => h.Released is null || h.IsOver ? NotOut(h) : null,
        async (connection, _) =>
        {
            await PromotionActs.TakeAsync(connection, id, take ? actor.Name : null, cancel);
            await PromotionActs.LogAsync(connection, id, "work", take ? "Looks after it" : "Looks after it no more", actor.Name, cancel);
            return new PromotionAnswer.Done(id);
        },
        cancel, new Dictionary<string, string>(StringComparer.Ordinal) { ["taken"] = take ? "yes" : "no" });

    /// <summary>Tries prices in trouble again.</summary>
    public Task<PromotionAnswer> RetryAsync(long id, IReadOnlyList<long> cells, Actor actor, CancellationToken cancel) => CellsAsync(
        id, cells, actor, null, "tried again", (connection, ids) => PromotionActs.AgainAsync(connection, id, ids, whatever: false, cancel), cancel);

    /// <summary>Sets prices whatever stands there now: what somebody else put there is written over.</summary>
    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public Task<PromotionAnswer> SetAsync(long id, IReadOnlyList<long> cells, string why, Actor actor, CancellationToken cancel)
    {
        var reason = PromotionActing.Reason(why);
        return CellsAsync(id, cells, actor, reason, $"set again: {reason}", (connection, ids) => PromotionActs.AgainAsync(connection, id, ids, whatever: true, cancel), cancel);
    }

    /// <summary>Takes prices out of the release, or keeps what somebody else put there.</summary>
    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public Task<PromotionAnswer> IgnoreAsync(long id, IReadOnlyList<long> cells, string why, Actor actor, CancellationToken cancel)
    {
        var reason = PromotionActing.Reason(why);
        return CellsAsync(id, cells, actor, reason, $"left out: {reason}", (connection, ids) => PromotionActs.IgnoreAsync(connection, id, ids, actor.Name, reason, cancel), cancel);
    }

    private Task<PromotionAnswer> CellsAsync(
        long id, IReadOnlyList<long> cells, Actor actor, string? reason, string words, Func<Npgsql.NpgsqlConnection, long[], Task<List<long>>> act, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cells.Count, Most);
        return acting.ActAsync(
            id, null, actor, RunPermission, reason,
            h => h.Released is null || h.IsOver ? NotOut(h) : null,
            async (connection, _) =>
            {
                if (await act(connection, [.. cells]) is not { Count: > 0 and var count })
                {
                    return new PromotionAnswer.Refused("state", "None of these prices waits for that any more. Look at them again.");
                }

                await PromotionActs.LogAsync(connection, id, "work", $"{count.ToString(CultureInfo.InvariantCulture)} {(count == 1 ? "price" : "prices")} {words}", actor.Name, cancel);
                return new PromotionAnswer.Done(id, count);
            },
            cancel, new Dictionary<string, string>(StringComparer.Ordinal) { ["what"] = words });
    }

    private static bool WaitsToBegin(PromotionHeld held) => held is { State: PromotionState.Scheduled, Question: not null };

    private static (string Rule, string Words)? NotOut(PromotionHeld held) => held.IsOut ? null
        : held.State is PromotionState.Planned or PromotionState.Scheduled ? ("state", "It is not released yet: nothing of it stands anywhere. Cancel it instead.")
        : ("state", $"It is {PromotionText.Of(held.State).Replace('-', ' ')}.");
}
