using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.PosImports;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors.PosLog;
using ControlTower.Sync.PosImports;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Reads the files of tills, a step in each run. A step is one transaction of the database: receipts in the inbox, findings and the place to go on from are there together or not at all, so a node
/// may die at any byte and another goes on behind the last step.
/// </summary>
public sealed partial class PosImportPump(
    TowerDataSources data, ConnectionDirectory connections, NodeIdentity node, ChangeNotifier changes, Doorbell doorbell, ILogger<PosImportPump> log) : IPump
{
    /// <summary>Files of a dead node are read on after this long.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>Begun so often without coming to its end, a step is not begun again: it may be what the nodes die of.</summary>
    public const int MostAttempts = 5;

    /// <summary>Findings of one file; with more of them something else is wrong.</summary>
    public const int MostFindings = 10_000;

    public string Name => "pos-imports";

    public string Bell => Doorbell.Imports;

    public TimeSpan Idle => TimeSpan.FromSeconds(5);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        if (await PosFileWork.TakeAsync(data.Work, node.Id, Lease, cancel) is not { } turn)
        {
            return PumpRun.Nothing;
        }

        var taken = Unreadable(turn) is { } why
            ? await EndAsync(turn, new PosStep([], [], 0, turn.Head, turn.AtByte, turn.AtLine, turn.AtColumn), why, isLast: true, cancel)
            : await ReadAsync(turn, cancel);
        changes.Announce(LiveTopics.Imports);
        return new PumpRun(taken, 0, Again: true);
    }

    public Task StopAsync(CancellationToken cancel) => PosFileWork.ReleaseAsync(data.Work, node.Id, cancel);

    private static PosFinding? Unreadable(PosTurn turn) =>
        turn.Attempt > MostAttempts ? new PosFinding(turn.AtLine, turn.AtColumn, "stuck", null, $"It was read on from here {MostAttempts} times and never came further, and that is our fault. Ask an admin to look at the logs.")
        : turn.Findings >= MostFindings ? new PosFinding(turn.AtLine, turn.AtColumn, "too-many", null, $"There are more than {MostFindings} findings. The file is not read any further. Have it written again by the till server.")
        : null;

    private async Task<int> ReadAsync(PosTurn turn, CancellationToken cancel)
    {
        var zone = await connections.GetFreshAsync(turn.Connection, cancel) is { } connection ? PosLogConnector.Zone(connection.Profile) : TimeZoneInfo.Utc;
        await using var bytes = new PosFileStream(data.Work, turn.Id, turn.Parts, turn.AtByte);
        var cutter = new PosLogCutter(bytes, turn.Head is { } head ? new PosLogHead(head) : null, new PosLogPlace(turn.AtByte, turn.AtLine, turn.AtColumn));
        var step = new PosImportStep(cutter, zone);
        await step.ReadAsync(cancel);
        var why = step.Refusal is { } refusal ? new PosFinding(refusal.At.Line, refusal.At.Column, refusal.Code, null, refusal.Message) : null;
        return await EndAsync(turn, step.Result, why, step.IsLast, cancel);
    }

    private async Task<int> EndAsync(PosTurn turn, PosStep step, PosFinding? refusal, bool isLast, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var held = await PosFileWork.AdvanceAsync(connection, turn, step, cancel)
            && (refusal is not null ? await PosFileWork.RefuseAsync(connection, turn, refusal, cancel) : !isLast || await PosFileWork.FinishAsync(connection, turn, cancel));
        if (!held)
        {
            Lost(log, turn.Id);
            return 0;
        }

        await transaction.CommitAsync(cancel);
        if (step.Transactions.Count > 0)
        {
            doorbell.Ring(Doorbell.Inbox);
            changes.Announce(LiveTopics.Arrivals);
        }

        return step.Transactions.Count;
    }

    [LoggerMessage(EventId = 2540, Level = LogLevel.Information, Message = "File {File} of a till is read by another node")]
    private static partial void Lost(ILogger log, long file);
}
