using System.Collections.Concurrent;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Ownership;
using Microsoft.Extensions.Logging;
using Npgsql;
using static ControlTower.Sync.Publishing.Telling;

namespace ControlTower.Sync.Publishing;

/// <summary>
/// Tells a channel what it may sell, an errand of who holds its gate. Each look reads the level first, so what is sent is always the newest figure against what the channel shows. A batch is
/// stored before it is sent and the only one that is open: after a death or a lost answer the same is sent again under the same key, which the channel takes once, before anything newer. Where the channel
/// does not, it is asked for, and else its cells are looked at anew.
/// Own echoes open nothing: what a channel repeats of ours is what was seen last.
/// </summary>
public sealed partial class StockPublisher(TowerDataSources data, Gateway.Gateway gateway, OwnershipBook ownership, ChangeNotifier changes, TimeProvider clock, ILogger<StockPublisher> log) : IToldBatches<PublicationBatch>
{
    /// <summary>Of so many rounds, one belongs to a cell that is told alone.</summary>
    private const uint AloneEvery = 4;

    /// <summary>Between two looks at a cell whose channel may have sold what is not heard yet.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    /// <summary>What a feed read last may be younger than what its vendor's search knew.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, uint> rounds = new(StringComparer.Ordinal);
    private readonly BatchSender sender = new(gateway, clock);

    string IToldBatches<PublicationBatch>.Purpose => "stock";

    /// <summary>One batch: between batches orders have their turn.</summary>
    /// <returns>False if there is more to do at once.</returns>
    public async Task<bool> RunAsync(ConnectionGate gate, CancellationToken cancel)
    {
        if (gate.Connection.Connector!.StockBatch is not (> 0 and var most) || !StockPublishing.IsOn(gate.Connection.Profile)
            || OwnershipGuard.Owns(await ownership.CurrentAsync(cancel), gate.Connection.Profile, OwnershipDomains.Inventory, "level"))
        {
            return true;
        }

        var moved = await PublicationStore.MarkAsync(data.Work, cancel);
        if (gate.FreeSlots == 0 || !await sender.SendOpenAsync(gate, this, cancel))
        {
            return true;
        }

        var round = rounds.AddOrUpdate(gate.Id, 1, (_, before) => before + 1);
        var claim = await PublicationStore.ClaimAsync(data.Work, gate.Id, gate.Connection.Version, most, alone: round % AloneEvery == 0, cancel);
        if (claim.Cells.Count == 0)
        {
            return moved == 0;
        }

        await LookAsync(gate, claim, cancel);
        changes.Announce(LiveTopics.Stock);
        return false;
    }

    private async Task LookAsync(ConnectionGate gate, PublicationClaim claim, CancellationToken cancel)
    {
        var answer = (await gateway.LevelsAsync(gate, [.. claim.Cells.Select(c => new StockCell(c.Sku, c.Location))], cancel)).What;
        if (answer is LevelsAnswer.Failed { Why: var why })
        {
            var (kind, message, after) = Words(why);
            var (theirs, several) = (kind is FailureKind.Connection or FailureKind.RateLimit, claim.Cells.Count > 1);
            await PublicationStore.PutOffAsync(
                data.Work, gate.Id, claim.Cells, after ?? (IsShut(why) ? LongestPause : Pause(1)), counts: !theirs && !several, alone: !theirs && several && kind is not FailureKind.Intermittent,
                Triage.Fingerprint.Word(kind), message, cancel);
            return;
        }

        var levels = ((LevelsAnswer.Levels)answer).List.ToDictionary(l => (l.Sku, l.Location));
        var heals = StockPublishing.Heals(gate.Connection.Profile);
        var key = $"STOCK-{Guid.CreateVersion7():N}"[..35];
        try
        {
            await PublicationStore.SawAsync(
                data.Work, gate.Id, key, [.. claim.Cells.Select(c => Looked(c, levels.GetValueOrDefault((c.Sku, c.Location)), claim, heals))], Wait, cancel);
        }
        catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return; // The node that holds the gate now has a batch open; it looks at these cells again.
        }

        await sender.SendOpenAsync(gate, this, cancel);
    }

    internal static PublicationLook Looked(PublicationCell cell, StockLevel? told, PublicationClaim claim, bool heals)
    {
        var level = told?.Level;
        var ours = level == cell.Published;
        var movedAt = cell.MovedAt is { } since && level == cell.Seen ? since : claim.Now;
        var facts = new PublishingFacts(cell.Expected, cell.Published, level, cell.Repair, heals, ours || movedAt + Margin <= claim.Heard);
        var step = PublishingRule.Decide(facts);
        var drift = PublishingRule.IsDrift(facts) ? level!.Value - cell.Expected : 0;
        var counted = cell.Checking && (step is PublishingStep.Agree or PublishingStep.Adrift or PublishingStep.Unlisted or PublishingStep.Gone || drift != 0);
        var exact = DriftRule.IsExact(drift, cell.Expected);
        var (found, clean) = !counted ? (cell.DriftFound, cell.DriftClean) : exact ? (0, cell.DriftClean + 1) : (cell.DriftFound + 1, 0);
        return new PublicationLook(
            cell.Sku, cell.Location, cell.Fence, cell.Expected, Word(step), level, told?.Item,
            Moved: step is PublishingStep.Agree || ours ? "clear" : movedAt == claim.Now ? "now" : "keep", To: step is PublishingStep.Write ? cell.Expected : null, counted, exact, drift, found, clean,
            Buffer: counted && DriftRule.Buffer(cell.Buffer, drift, found, clean) is var kept && kept != cell.Buffer ? kept : null,
            Failure: step is PublishingStep.Gone ? Triage.Fingerprint.Word(FailureKind.Missing) : null,
            Message: step is PublishingStep.Gone ? "The channel does not list this SKU at this place, or lists it twice." : null);
    }

    private static string Word(PublishingStep step) => step switch
    {
        PublishingStep.Write => "write",
        PublishingStep.Wait => "wait",
        PublishingStep.Agree => "agree",
        PublishingStep.Gone => "fail",
        _ => "adrift",
    };

    Task<PublicationBatch?> IToldBatches<PublicationBatch>.OpenAsync(string connection, CancellationToken cancel) => PublicationStore.OpenAsync(data.Work, connection, cancel);

    Task<bool> IToldBatches<PublicationBatch>.IsWaitingAsync(string connection, CancellationToken cancel) => PublicationStore.IsWaitingAsync(data.Work, connection, cancel);

    ToldBatch IToldBatches<PublicationBatch>.Tell(ConnectionGate gate, PublicationBatch batch)
    {
        var command = new ChangeStock(new PostingKey(batch.Key), [.. batch.Changes.Select(c => new StockChange(c.Sku, c.Location, c.To - c.From, From: c.From))], batch.OpenedAt);
        return new ToldBatch(batch.Key, batch.OpenedAt, batch.Sent, batch.Changes.Count, command, gate.IsRepeatable(command));
    }

    bool IToldBatches<PublicationBatch>.IsStale(string code) => code is ChangeStock.Stale or ChangeStock.KeySpent;

    Task IToldBatches<PublicationBatch>.SendAgainAsync(PublicationBatch batch, TimeSpan pause, CancellationToken cancel) => PublicationStore.SendAgainAsync(data.Work, batch.Key, pause, cancel);

    // Cells of a batch that was refused or given up, and of which none is named, are looked at each alone: one of them may be why.
    Task IToldBatches<PublicationBatch>.SettleAsync(PublicationBatch batch, ToldEnd end, CancellationToken cancel) => PublicationStore.SettleAsync(
        data.Work, batch.Key, new PublicationEnd(end.How, end.Message, end.Culprit is { } at ? batch.Changes[at] : null, end.Failure, end.Pause, end.Counts), cancel);

    void IToldBatches<PublicationBatch>.Refused(string connection, int changes, Outcome.Refused refused) => Refused(log, connection, changes, refused.Code, refused.Message);

    [LoggerMessage(EventId = 2550, Level = LogLevel.Warning, Message = "{Connection} refused the stock of {Cells} cells: {Code} {Reason}")]
    private static partial void Refused(ILogger log, string connection, int cells, string code, string reason);
}
