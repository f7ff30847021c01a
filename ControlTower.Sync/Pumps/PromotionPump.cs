using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Moves releases on: begins stages, lets prices take effect at their hour, sees them proven, stops what is off and brings home what is over. Each look at a release is one transaction under its lock, so
/// two nodes never decide about one at once and a node that dies leaves a whole look or none. By the database's clock alone. The prices themselves are written by who holds each connection's gate.
/// </summary>
public sealed partial class PromotionPump(
    TowerDataSources data, ReleaseGuards guards, AuditLog audit, Doorbell doorbell, ChangeNotifier changes, TimeProvider time, ILogger<PromotionPump> log, ReleaseClock? clock = null) : IPump
{
    /// <summary>Prices that begin or go back in one look: a large release is several looks, between which others have their turn.</summary>
    private const int Slice = 20_000;

    /// <summary>A live release is counted over all its prices: seconds are soon enough for what happens to it by itself.</summary>
    private static readonly TimeSpan LivePause = TimeSpan.FromSeconds(5);

    private readonly Dictionary<long, long> looked = [];

    public string Name => "promotions";

    public string Bell => Doorbell.Promotions;

    public TimeSpan Idle => TimeSpan.FromSeconds(1);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        var (moved, failed, again) = (0, 0, false);
        foreach (var (id, live) in await ReleaseStore.OpenAsync(data.Work, clock?.Now, cancel))
        {
            if (live && clock is null && looked.TryGetValue(id, out var last) && time.GetElapsedTime(last) < LivePause)
            {
                continue;
            }

            looked[id] = time.GetTimestamp();
            try
            {
                var (count, more) = await Collision.TriedAgainAsync(() => LookAsync(id, cancel));
                (moved, again) = (moved + count, again || more);
            }
            catch (Exception broken) when (broken is PostgresException { SqlState: ['2', '3', ..] } or System.Text.Json.JsonException)
            {
                // A defect in one release keeps no other from its hour.
                failed++;
                Broke(log, id, broken);
            }
        }

        if (moved > 0)
        {
            changes.Announce(LiveTopics.Promotions);
        }

        return new PumpRun(moved, failed, again);
    }

    /// <returns>How much moved, and whether there is more to do at once.</returns>
    internal async Task<(int Moved, bool More)> LookAsync(long id, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await ReleaseStore.LockAsync(connection, id, clock?.Now, cancel) is not { } release)
        {
            return (0, false);
        }

        var breach = await guards.BreachAsync(connection, release, cancel);
        // Enough to judge by, and all is well: that is the answer that a stage waited for.
        if (breach is null && release.WaitsForGuards && await guards.CanJudgeAsync(connection, release, cancel))
        {
            await PromotionActs.AskAsync(connection, id, null, null, null, null, cancel);
            release = release with { Question = null, WaitsForGuards = false };
        }

        var steps = breach is not null ? [breach]
            : await OrderedAsync(connection, release, await guards.JudgedAsync(connection, release, ReleaseRule.Decide(release), cancel), cancel);
        foreach (var step in steps)
        {
            await DoAsync(connection, transaction, release, step, cancel);
        }

        var (begun, back) = await PricesAsync(connection, release, steps, cancel);
        await WatchAsync(connection, release, cancel);
        await transaction.CommitAsync(cancel);
        if (begun + back > 0)
        {
            doorbell.Ring(await ReleaseStore.BusyAsync(data.Work, id, cancel));
        }

        return (steps.Count + begun + back, begun == Slice || back == Slice || steps.Count > 0);
    }

    /// <summary>A stage that would begin, or call its people, against a rule of sequence does not: people are told once, and it begins by itself when the plan or the rule is another.</summary>
    private static async Task<IReadOnlyList<ReleaseStep>> OrderedAsync(NpgsqlConnection connection, ReleaseHeld release, IReadOnlyList<ReleaseStep> steps, CancellationToken cancel)
    {
        var next = steps.Select(s => s switch { ReleaseStep.Start start => start.Stage, ReleaseStep.Call call => call.Stage, _ => (int?)null }).FirstOrDefault(stage => stage is not null);
        var broken = next is { } stage && await SequenceStore.BrokenAsync(connection, release.Id, stage, cancel) is { } rule ? SequenceWords.Of(rule, stage) : null;
        if (broken is not null)
        {
            var others = steps.Where(s => s is not (ReleaseStep.Start or ReleaseStep.Call));
            return broken == release.OrderWait ? [.. others] : [.. others, new ReleaseStep.Wait(broken)];
        }

        // One that is held begins nothing, and is not looked at again for that.
        if (release is { OrderWait: not null, Held: false })
        {
            await PromotionActs.WaitAsync(connection, release.Id, null, cancel);
        }

        return steps;
    }

    private static async Task<(int Begun, int Back)> PricesAsync(NpgsqlConnection connection, ReleaseHeld release, IReadOnlyList<ReleaseStep> steps, CancellationToken cancel)
    {
        var goesBack = release.State is PromotionState.Ending or PromotionState.RollingBack || steps.Any(s => s is ReleaseStep.GoBack or ReleaseStep.End);
        var back = await ReleaseStore.BackAsync(connection, release.Id, goesBack, Slice, release.Now, cancel);
        var mayBegin = !goesBack && !release.Held && release.State is PromotionState.Releasing or PromotionState.Live && !steps.Any(s => s is ReleaseStep.Hold);
        var begun = mayBegin ? await ReleaseStore.BeginAsync(connection, release.Id, ReleaseRule.MayBegin(release), Slice, release.Now, cancel) : 0;
        await ReleaseStore.HeardAsync(connection, release.Id, release.Now, cancel);
        return (begun, back);
    }

    /// <summary>Counts what stands as intended, and tells people of prices that do not, once and when they have become many more.</summary>
    private static async Task WatchAsync(NpgsqlConnection connection, ReleaseHeld release, CancellationToken cancel)
    {
        await ReleaseStore.CountAsync(connection, release.Id, release.Now, cancel);
        if (await ReleaseStore.TroubleAsync(connection, release.Id, release.Stages.Sum(s => s.Trouble), cancel))
        {
            var where = (await ReleaseStore.TroublesAsync(connection, release.Id, cancel)).Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Connection} {w.Prices}"));
            var (drifted, failed, stuck, away) = (release.Stages.Sum(s => s.Drifted), release.Stages.Sum(s => s.Failed), release.Stages.Sum(s => s.Stuck), release.Stages.Sum(s => s.Away));
            var what = new[] { (drifted, "changed by somebody"), (failed, "failed"), (stuck, "cannot go back"), (away, "without an answer") }.Where(w => w.Item1 > 0).Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Item1} {w.Item2}"));
            await PromotionActs.LogAsync(connection, release.Id, "bad", $"Prices in trouble: {string.Join(", ", what)} ({string.Join(", ", where)})", null, cancel);
        }
    }

    private async Task DoAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ReleaseHeld release, ReleaseStep step, CancellationToken cancel)
    {
        var id = release.Id;
        switch (step)
        {
            case ReleaseStep.Start start:
                await PromotionActs.StartStageAsync(connection, id, start.Stage, null, release.Now, cancel);
                if (release.State == PromotionState.Scheduled)
                {
                    await PromotionActs.StateAsync(connection, id, PromotionState.Releasing, cancel);
                }

                await ToldAsync("start", string.Create(CultureInfo.InvariantCulture, $"Stage {start.Stage}, {start.Name}, begins"));
                break;
            case ReleaseStep.Proven proven:
                await ReleaseStore.ProvenAsync(connection, id, proven.Stage, release.Now, cancel);
                await PromotionActs.LogAsync(connection, id, "ok", string.Create(CultureInfo.InvariantCulture, $"Stage {proven.Stage} proven: {Math.Floor(proven.Parity * 10_000) / 100:0.##}% read back as intended"), null, cancel);
                break;
            case ReleaseStep.Live:
                await PromotionActs.StateAsync(connection, id, PromotionState.Live, cancel);
                await ToldAsync("ok", "Live: every stage is proven");
                break;
            case ReleaseStep.Ask ask:
                await PromotionActs.AskAsync(connection, id, ask.Question, ask.Budget, ask.Stage, ask.Guards, cancel);
                await ToldAsync("hold", ask.Question);
                break;
            case ReleaseStep.Call call:
                await ReleaseStore.CalledAsync(connection, id, call.Stage, release.Now, cancel);
                await ToldAsync("hold", string.Create(CultureInfo.InvariantCulture, $"Stage {call.Stage}, {call.Name}, waits for {call.Team ?? "a person"} to advance it"));
                break;
            case ReleaseStep.Wait wait:
                await PromotionActs.WaitAsync(connection, id, wait.Why, cancel);
                await ToldAsync("hold", wait.Why);
                break;
            case ReleaseStep.Hold hold:
                await PromotionActs.HoldAsync(connection, id, PromotionActing.Tower.Name, hold.Why, hold.Budget, hold.Stage, cancel);
                await ToldAsync("hold", $"Held: {hold.Why}", hold.Why);
                break;
            case ReleaseStep.GoBack back:
                await PromotionActs.BackAsync(connection, id, PromotionState.RollingBack, PromotionActing.Tower.Name, back.Why, cancel);
                await ToldAsync("back", $"Rolling back: {back.Why}", back.Why);
                break;
            case ReleaseStep.End:
                await PromotionActs.BackAsync(connection, id, PromotionState.Ending, PromotionActing.Tower.Name, "Its window is over.", cancel);
                await ToldAsync("back", "Its window is over: prices go back");
                break;
            case ReleaseStep.Finish finish:
                await PromotionActs.StateAsync(connection, id, finish.State, cancel);
                await ToldAsync("ok", finish.State == PromotionState.Ended ? "Ended: every price is back" : "Rolled back: every price is back");
                await ReleaseStore.ReckonAsync(connection, id, cancel);
                break;
            case ReleaseStep.Expire expire:
                await PromotionActs.StateAsync(connection, id, PromotionState.Expired, cancel);
                await PromotionActs.AskAsync(connection, id, null, null, null, null, cancel);
                await ToldAsync("bad", $"Expired: {expire.Why}", expire.Why);
                break;
        }

        Moved(log, id, step.GetType().Name);

        // What the tower does by itself is in the audit like a person's act.
        async Task ToldAsync(string tone, string words, string? why = null)
        {
            await PromotionActs.LogAsync(connection, id, tone, words, null, cancel);
            var reason = why ?? words;
            await audit.AppendAsync(
                connection, transaction,
                new AuditEntry(
                    PromotionActing.Tower, step is ReleaseStep.Hold or ReleaseStep.Ask or ReleaseStep.Call or ReleaseStep.Wait ? ReleaseDesk.HoldPermission : ReleaseDesk.RunPermission, $"promotion:{PromotionText.Number(id)}",
                    Reason: reason.Length > PromotionActing.LongestReason ? reason[..PromotionActing.LongestReason] : reason, Detail: new Dictionary<string, string>(StringComparer.Ordinal) { ["step"] = step.GetType().Name }),
                cancel);
        }
    }

    [LoggerMessage(EventId = 2633, Level = LogLevel.Error, Message = "Release R-{Promotion} could not be moved")]
    private static partial void Broke(ILogger log, long promotion, Exception error);

    [LoggerMessage(EventId = 2630, Level = LogLevel.Information, Message = "Release R-{Promotion}: {Step}")]
    private static partial void Moved(ILogger log, long promotion, string step);
}
