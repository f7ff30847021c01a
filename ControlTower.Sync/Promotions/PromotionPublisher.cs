using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.PosImports;
using ControlTower.Sync.Publishing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using static ControlTower.Sync.Publishing.Telling;

namespace ControlTower.Sync.Promotions;

/// <summary>
/// Puts the prices of releases at a system and brings them back, an errand of who holds its gate: what stands there is read first, a batch is stored before it is sent and is the only one that is open,
/// and after a death or a lost answer the same is sent again before anything newer. What was accepted is read back; only that counts.
/// </summary>
public sealed partial class PromotionPublisher(TowerDataSources data, Gateway.Gateway gateway, IOptions<PosImportOptions> tills, ChangeNotifier changes, TimeProvider clock, ILogger<PromotionPublisher> log) : IToldBatches<PriceBatch>
{
    private static readonly TimeSpan ReadBackAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(3);

    private readonly BatchSender sender = new(gateway, clock);

    string IToldBatches<PriceBatch>.Purpose => "promotion";

    /// <summary>Batch after batch for a while: deliveries go on beside it, other errands have their turn behind it.</summary>
    /// <returns>False if there is more to do at once.</returns>
    public async Task<bool> RunAsync(ConnectionGate gate, CancellationToken cancel)
    {
        if (gate.Connection.Connector!.PriceBatch is not (> 0 and var most))
        {
            return true;
        }

        var started = clock.GetTimestamp();
        while (gate.FreeSlots > 0 && await sender.SendOpenAsync(gate, this, cancel))
        {
            var whole = await LookAtAsync(gate, "price", most, cancel) & await LookAtAsync(gate, "checkout", 1, cancel) & await DryRunAsync(gate, most, cancel);
            if (whole || clock.GetElapsedTime(started) > Turn)
            {
                return whole;
            }
        }

        return true;
    }

    /// <returns>False if there may be more.</returns>
    private async Task<bool> LookAtAsync(ConnectionGate gate, string kind, int most, CancellationToken cancel)
    {
        var cells = await PriceCells.ClaimAsync(data.Work, gate.Id, gate.Connection.Version, kind, most, tills.Value.SilentAfter, cancel);
        if (cells.Count == 0)
        {
            return true;
        }

        var (looks, why) = kind == "price" ? await PricesAsync(gate, cells, cancel) : await DiscountsAsync(gate, cells, cancel);
        if (why is not null)
        {
            var (failure, message, after) = Words(why);
            var theirs = failure is FailureKind.Connection or FailureKind.RateLimit or FailureKind.Intermittent;
            await PriceCells.PutOffAsync(data.Work, cells, after ?? (IsShut(why) ? LongestPause : Pause(1)), counts: !theirs, Triage.Fingerprint.Word(failure), message, cancel);
            changes.Announce(LiveTopics.Promotions);
            return true;
        }

        try
        {
            await PriceCells.SawAsync(data.Work, gate.Id, $"PROMO-{Guid.CreateVersion7():N}"[..35], looks, cells[0].ClaimedAt, cancel);
        }
        catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return true; // The node that holds the gate now has a batch open; it looks at these prices again.
        }

        await sender.SendOpenAsync(gate, this, cancel);
        changes.Announce(LiveTopics.Promotions);
        return false;
    }

    private async Task<(IReadOnlyList<PriceLook> Looks, Outcome? Why)> PricesAsync(ConnectionGate gate, IReadOnlyList<ClaimedPrice> cells, CancellationToken cancel)
    {
        var answer = (await gateway.PricesAsync(gate, [.. cells.Select(Spot)], cancel)).What;
        if (answer is PricesAnswer.Failed failed)
        {
            return ([], failed.Why);
        }

        var shown = ((PricesAnswer.Prices)answer).List.ToDictionary(p => p.Spot);
        return ([.. cells.Select(c => PriceCellRule.Decide(c, shown.GetValueOrDefault(Spot(c)) ?? new PriceShown(Spot(c), IsListed: false, null, null)))], null);
    }

    private async Task<(IReadOnlyList<PriceLook> Looks, Outcome? Why)> DiscountsAsync(ConnectionGate gate, IReadOnlyList<ClaimedPrice> cells, CancellationToken cancel)
    {
        var looks = new List<PriceLook>();
        foreach (var cell in cells)
        {
            var answer = (await gateway.DiscountAsync(gate, CheckoutTerms.Of(cell.PromotionId, cell.Currency, cell.Terms!, cell.Starts, cell.Ends), cancel)).What;
            if (answer is DiscountAnswer.Failed failed)
            {
                return ([], failed.Why);
            }

            var full = JsonSerializer.Serialize(CheckoutTerms.Of(cell.PromotionId, cell.Currency, cell.Terms!, cell.Starts, cell.Ends), CheckoutJson.Default.DiscountTerms);
            looks.Add(PriceCellRule.Decide(cell with { Terms = full }, ((DiscountAnswer.Shown)answer).What));
        }

        return (looks, null);
    }

    private static PriceSpot Spot(ClaimedPrice cell) => new(cell.Item, cell.Place, cell.Currency);

    /// <summary>Reads prices and looks up reductions of plans that somebody wants tried; writes nothing there.</summary>
    private async Task<bool> DryRunAsync(ConnectionGate gate, int most, CancellationToken cancel)
    {
        var cells = await PriceCells.DryAsync(data.Work, gate.Id, most, cancel);
        if (cells.Count == 0)
        {
            return true;
        }

        var (looks, why) = await DryPricesAsync(gate, [.. cells.Where(c => c.Terms is null)], cancel);
        foreach (var cell in why is null ? cells.Where(c => c.Terms is not null) : [])
        {
            var answer = (await gateway.DiscountAsync(gate, CheckoutTerms.Of(cell.PromotionId, cell.Currency, cell.Terms!, cell.Starts!.Value, cell.Ends!.Value), cancel)).What;
            if (answer is DiscountAnswer.Failed failed)
            {
                why = failed.Why;
                break;
            }

            var what = ((DiscountAnswer.Shown)answer).What;
            looks.Add(new DryLook(cell, null, null, what.Id is null ? "none" : what is { On: true, Agrees: true } ? "meant" : "other", what.Id is null ? null : what.Differs ?? (what.On ? null : "it is off")));
        }

        if (looks.Count > 0)
        {
            await PriceCells.DryLookedAsync(data.Work, looks, cancel);
        }

        if (why is not null)
        {
            await PriceCells.DryFailedAsync(data.Work, gate.Id, [.. cells.Except(looks.Select(l => l.Cell))], $"{gate.Connection.Profile.Name}: {Words(why).Message}", cancel);
        }

        changes.Announce(LiveTopics.Promotions);
        return why is not null; // Those that could not be read are due again in a minute.
    }

    private async Task<(List<DryLook> Looks, Outcome? Why)> DryPricesAsync(ConnectionGate gate, IReadOnlyList<DryPrice> cells, CancellationToken cancel)
    {
        if (cells.Count == 0)
        {
            return ([], null);
        }

        var answer = (await gateway.PricesAsync(gate, [.. cells.Select(c => new PriceSpot(c.Item, c.Place, c.Currency)).Distinct()], cancel)).What;
        if (answer is PricesAnswer.Failed failed)
        {
            return ([], failed.Why);
        }

        var shown = ((PricesAnswer.Prices)answer).List.ToDictionary(p => p.Spot);
        return ([.. cells.Select(c => shown.GetValueOrDefault(new PriceSpot(c.Item, c.Place, c.Currency)) is { } s ? new DryLook(c, s.Own?.Amount, s.Effective?.Amount) : new DryLook(c, null, null))], null);
    }

    Task<PriceBatch?> IToldBatches<PriceBatch>.OpenAsync(string connection, CancellationToken cancel) => PriceCells.OpenAsync(data.Work, connection, cancel);

    Task<bool> IToldBatches<PriceBatch>.IsWaitingAsync(string connection, CancellationToken cancel) => PriceCells.IsWaitingAsync(data.Work, connection, cancel);

    ToldBatch IToldBatches<PriceBatch>.Tell(ConnectionGate gate, PriceBatch batch) => new(batch.Key, batch.OpenedAt, batch.Sent, batch.Moves.Count, Command(batch));

    bool IToldBatches<PriceBatch>.IsStale(string code) => code == SetPrices.Stale;

    Task IToldBatches<PriceBatch>.SendAgainAsync(PriceBatch batch, TimeSpan pause, CancellationToken cancel) => PriceCells.SendAgainAsync(data.Work, batch.Key, pause, cancel);

    // What a system refuses of one price alone is about that price, named or not; the others of its batch wait a little.
    Task IToldBatches<PriceBatch>.SettleAsync(PriceBatch batch, ToldEnd end, CancellationToken cancel)
    {
        var refused = end.How == "refused";
        var culprit = !refused ? (long?)null : end.Culprit is { } at ? batch.Moves[at].Id : batch.Moves is [var only] ? only.Id : null;
        return PriceCells.SettleAsync(data.Work, batch.Key, new PriceEnd(end.How, end.Message, culprit, end.Failure, refused ? Pause(1) : end.Pause, end.Counts), ReadBackAfter, cancel);
    }

    void IToldBatches<PriceBatch>.Refused(string connection, int changes, Outcome.Refused refused) => Refused(log, connection, changes, refused.Code, refused.Message);

    private static VendorCommand Command(PriceBatch batch) => batch.Moves is [{ Terms: { } terms } reduction]
        ? new SetDiscount(new PostingKey(batch.Key), JsonSerializer.Deserialize(terms, CheckoutJson.Default.DiscountTerms)!, reduction.On)
        : new SetPrices(new PostingKey(batch.Key), [.. batch.Moves.Select(m => new PriceMove(
            new PriceSpot(m.Item, m.Place, m.Currency), m.From is { } from ? new PriceTag(from, m.FromCompare) : null, m.To is { } to ? new PriceTag(to, m.ToCompare) : null, m.WithCompare))]);

    [LoggerMessage(EventId = 2632, Level = LogLevel.Warning, Message = "{Connection} refused {Prices} promotional prices: {Code} {Reason}")]
    private static partial void Refused(ILogger log, string connection, int prices, string code, string reason);
}
