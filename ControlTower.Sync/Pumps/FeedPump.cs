using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Feeds;
using ControlTower.Data.Live;
using ControlTower.Sync.Feeds;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Carries out runs of feeds, one at a time on each node: a file is written and counted, then delivered, then said to be. A node that dies leaves its run to another: before the file was frozen it is written anew,
/// afterwards only delivered again, which changes nothing where it was.
/// </summary>
public sealed partial class FeedPump(
    TowerDataSources data, FeedStore store, FeedMaking making, AuditLog audit, NodeIdentity node, ChangeNotifier changes, TimeProvider clock, ILogger<FeedPump> log) : IPump
{
    /// <summary>Tried so often, it is left to people.</summary>
    public const int MostAttempts = 5;

    private static readonly Actor Tower = Actor.Tower("feeds");
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromHours(1)];

    public string Name => "feeds";

    public string Bell => Doorbell.Feeds;

    public TimeSpan Idle => TimeSpan.FromSeconds(5);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        if (await FeedWork.TakeAsync(data.Work, node.Id, FeedMaking.Lease, clock.GetUtcNow(), cancel) is not { } turn)
        {
            return PumpRun.Nothing;
        }

        changes.Announce(LiveTopics.Reconciliation);
        var failed = 0;
        try
        {
            await CarryOutAsync(turn, cancel);
        }
        catch (FeedTurnLostException)
        {
            Lost(log, turn.Run.Id);
        }
        catch (FeedRefusedException refused)
        {
            failed = 1;
            await FailAsync(turn, refused.Message, cancel);
        }
        catch (Exception error) when (error is not (OperationCanceledException or OutOfMemoryException) && !DatabaseTrouble.IsOfTheWay(error))
        {
            failed = 1;
            NotDone(log, error, turn.Run.Id);
            await LaterAsync(turn, error is IOException or UnauthorizedAccessException ? error.Message : "It could not be made, and that is our fault: see the logs.", cancel);
        }

        changes.Announce(LiveTopics.Reconciliation);
        return new PumpRun(1, failed, Again: true);
    }

    /// <summary>Hands back what this node has, so that another goes on at once.</summary>
    public Task StopAsync(CancellationToken cancel) => FeedWork.ReleaseAsync(data.Work, node.Id, cancel);

    private async Task CarryOutAsync(FeedTurn turn, CancellationToken cancel)
    {
        if (turn.Run.Attempt > MostAttempts)
        {
            throw new FeedRefusedException(string.Create(CultureInfo.InvariantCulture, $"It was begun {MostAttempts} times and never came to its end. {turn.Run.Why}").TrimEnd());
        }

        var run = await KeptAsync(turn, stop => MakeAsync(turn, stop), cancel);
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await FeedWork.DeliveredAsync(connection, turn, cancel))
        {
            throw new FeedTurnLostException();
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(Tower, FeedDesk.Manage, FeedDesk.Subject(turn.Feed.Id), Detail: Detail(run, "delivered")), cancel);
        await transaction.CommitAsync(cancel);
    }

    private async Task<FeedRun> MakeAsync(FeedTurn turn, CancellationToken cancel)
    {
        if (turn.Run.State == FeedRunState.Running)
        {
            await making.WriteAsync(turn, cancel);
        }

        var run = await store.FreshAsync(turn.Run.Id, cancel);
        if (await making.DeliverAsync(turn, run, cancel) is { } behind)
        {
            NotTidy(log, behind, run.Id);
        }

        return run;
    }

    // A long count or a slow server takes longer than a lease: it is kept beside the work, and work that lost it ends.
    private async Task<T> KeptAsync<T>(FeedTurn turn, Func<CancellationToken, Task<T>> work, CancellationToken cancel)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var keeping = KeepAsync(turn, ends);
        try
        {
            return await work(ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new FeedTurnLostException();
        }
        finally
        {
            await ends.CancelAsync();
            await keeping;
        }
    }

    private async Task KeepAsync(FeedTurn turn, CancellationTokenSource ends)
    {
        using var timer = new PeriodicTimer(FeedMaking.Lease / 3, clock);
        while (!ends.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(ends.Token);
                if (!await FeedWork.KeepAsync(data.Work, turn, FeedMaking.Lease, ends.Token))
                {
                    await ends.CancelAsync();
                }
            }
            catch (Exception error) when (DatabaseTrouble.IsOfTheWay(error))
            {
                // The work has ended, or the next tick tries again; what was lost meanwhile is noticed by the fence.
            }
        }
    }

    private async Task LaterAsync(FeedTurn turn, string why, CancellationToken cancel)
    {
        if (turn.Run.Attempt >= MostAttempts)
        {
            await FailAsync(turn, why, cancel);
            return;
        }

        await FeedWork.LaterAsync(data.Work, turn, clock.GetUtcNow() + Pauses[Math.Min(turn.Run.Attempt, Pauses.Length) - 1], why, cancel);
    }

    private async Task FailAsync(FeedTurn turn, string why, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await FeedWork.FailAsync(connection, turn, why, cancel))
        {
            await audit.AppendAsync(connection, transaction, new AuditEntry(Tower, FeedDesk.Manage, FeedDesk.Subject(turn.Feed.Id), AuditOutcome.Failed, why, Detail(turn.Run, "run")), cancel);
            await transaction.CommitAsync(cancel);
        }
    }

    private static Dictionary<string, string> Detail(FeedRun run, string act)
    {
        var detail = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["act"] = act, ["day"] = run.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), ["revision"] = run.Revision.ToString(CultureInfo.InvariantCulture),
        };
        if (run is { File: { } file, Written: { } written, Sha256: { } hash })
        {
            (detail["file"], detail["rows"], detail["sha256"]) = (file, written.Rows.ToString(CultureInfo.InvariantCulture), hash);
        }

        return detail;
    }

    [LoggerMessage(EventId = 2760, Level = LogLevel.Information, Message = "Run {Run} of a feed was taken over by another node")]
    private static partial void Lost(ILogger log, long run);

    [LoggerMessage(EventId = 2765, Level = LogLevel.Warning, Message = "Run {Run} of a feed is delivered; what was left beside its file could not be taken away")]
    private static partial void NotTidy(ILogger log, Exception error, long run);

    [LoggerMessage(EventId = 2761, Level = LogLevel.Warning, Message = "Run {Run} of a feed could not be carried out; it is tried again")]
    private static partial void NotDone(ILogger log, Exception error, long run);
}
