using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Exports;
using ControlTower.Data.Live;
using ControlTower.Sync.Exports;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Makes the files of exports, one at a time on each node. A file may take minutes and is written beside the runs of this pump, each of which only looks how far it is and keeps the lease. A node
/// that dies leaves pieces that nobody reads, and its successor begins anew. An export that was called off is noticed with the next piece or the next look.
/// </summary>
public sealed partial class ExportPump(
    TowerDataSources data, IEnumerable<IExport> exportable, AuditLog audit, NodeIdentity node, ChangeNotifier changes, Doorbell doorbell, ILogger<ExportPump> log) : IPump, IDisposable
{
    /// <summary>Exports of a dead node are begun anew after this long.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>Begun so often, it is not begun again: it may be what the nodes die of.</summary>
    public const int MostAttempts = 5;

    /// <summary>Bytes of a file that are kept in one row.</summary>
    private const int PartSize = 512 * 1024;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private CancellationTokenSource ending = new();
    private ExportTurn? hand;
    private long written;

    public string Name => "exports";

    public string Bell => Doorbell.Exports;

    public TimeSpan Idle => hand is null ? Rest : Pace;

    /// <summary>The file in the making; done if there is none.</summary>
    internal Task Making { get; private set; } = Task.CompletedTask;

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        if (hand is { } held && !Making.IsCompleted)
        {
            await KeepAsync(held, cancel);
            return PumpRun.Nothing;
        }

        (var ended, hand, Making) = (Making, null, Task.CompletedTask);
        // What the database did to the last one shows here, and leads to the pause that every pump makes then.
        await ended;
        if (await ExportWork.TakeAsync(data.Work, node.Id, Lease, cancel) is not { } turn)
        {
            return PumpRun.Nothing;
        }

        (hand, written) = (turn, 0);
        ending.Dispose();
        ending = new CancellationTokenSource();
        Making = RunAsync(turn, ending.Token);
        changes.Announce(LiveTopics.Exports);
        return new PumpRun(1, 0, Again: false);
    }

    /// <summary>Breaks off what this node has in hand and hands it back, so that another begins it at once.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        await ending.CancelAsync();
        await Making.WaitAsync(cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ExportWork.ReleaseAsync(data.Work, node.Id, cancel);
    }

    public void Dispose() => ending.Dispose();

    private async Task KeepAsync(ExportTurn turn, CancellationToken cancel)
    {
        if (!await ExportWork.KeepAsync(data.Work, turn, Lease, Interlocked.Read(ref written), cancel))
        {
            await ending.CancelAsync();
        }

        changes.Announce(LiveTopics.Exports);
    }

    private async Task RunAsync(ExportTurn turn, CancellationToken cancel)
    {
        // The run that began it must end: the first statement may take long.
        await Task.Yield();
        try
        {
            await TryAsync(turn, cancel);
        }
        catch (Exception lost) when (lost is TurnLostException || (lost is OperationCanceledException && cancel.IsCancellationRequested))
        {
            Lost(log, turn.Id);
        }

        changes.Announce(LiveTopics.Exports);
        doorbell.Ring(Doorbell.Exports);
    }

    private async Task TryAsync(ExportTurn turn, CancellationToken cancel)
    {
        if (turn.Attempt > MostAttempts)
        {
            await FailAsync(turn, $"It was begun {MostAttempts} times and never came to its end. Narrow the list, or ask an admin to look at the logs.", cancel);
            return;
        }

        try
        {
            await MakeAsync(turn, exportable.First(table => table.Kind == turn.Asked.Kind), cancel);
        }
        catch (Exception error) when (error is not (TurnLostException or OutOfMemoryException) && !DatabaseTrouble.IsOfTheWay(error))
        {
            var id = Guid.NewGuid().ToString("N")[..8];
            NotMade(log, error, turn.Id, id);
            await FailAsync(turn, $"It could not be made, and that is our fault. Quote {id}.", cancel);
        }
    }

    private async Task MakeAsync(ExportTurn turn, IExport export, CancellationToken cancel)
    {
        var (total, sheets) = await ExportFile.OpenAsync(export, turn.Asked.Filter, ExportDesk.Most, done => Task.FromResult(Interlocked.Exchange(ref written, done)), cancel);
        Must(await ExportWork.CountedAsync(data.Work, turn, total, cancel));
        await ExportFile.WriteAsync(
            turn.Asked.Format, sheets, PartSize, async (bytes, stop) => Must(await ExportWork.PutAsync(data.Work, turn, Lease, bytes, stop)), cancel);
        await EndAsync(turn, export, Interlocked.Read(ref written), cancel);
    }

    private async Task EndAsync(ExportTurn turn, IExport export, long rows, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        Must(await ExportWork.FinishAsync(connection, turn, rows, cancel));
        var detail = ExportDesk.Detail(turn.Asked, ("act", "made"), ("rows", ExportDesk.Text(rows)));
        await audit.AppendAsync(connection, transaction, new AuditEntry(turn.Actor, export.Act, ExportDesk.Subject(turn.Id), Detail: detail), cancel);
        await transaction.CommitAsync(cancel);
    }

    private async Task FailAsync(ExportTurn turn, string why, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        Must(await ExportWork.FailAsync(connection, turn, why, cancel));
        var act = exportable.FirstOrDefault(table => table.Kind == turn.Asked.Kind)?.Act ?? "exceptions:case:export";
        await audit.AppendAsync(connection, transaction, new AuditEntry(turn.Actor, act, ExportDesk.Subject(turn.Id), AuditOutcome.Failed, why, ExportDesk.Detail(turn.Asked, ("act", "made"))), cancel);
        await transaction.CommitAsync(cancel);
    }

    private static void Must(bool held)
    {
        if (!held)
        {
            throw new TurnLostException();
        }
    }

    /// <summary>The export was called off, or another node has it.</summary>
    private sealed class TurnLostException : Exception;

    [LoggerMessage(EventId = 2510, Level = LogLevel.Information, Message = "Export {Export} was called off, or another node makes it")]
    private static partial void Lost(ILogger log, long export);

    [LoggerMessage(EventId = 2511, Level = LogLevel.Error, Message = "Export {Export} could not be made ({FaultId})")]
    private static partial void NotMade(ILogger log, Exception error, long export, string faultId);
}
