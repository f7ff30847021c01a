using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Ownership;
using ControlTower.Sync.PosImports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlTower.Sync.Promotions;

/// <summary>
/// Checks a plan against what channels hold: writes its prices, set by set in the database, and says what it found. One transaction; whoever dies leaves the check to the next.
/// </summary>
public sealed partial class Preflight(TowerDataSources data, ConnectionDirectory connections, IOptions<PosImportOptions> tills, OwnershipBook ownership, ChangeNotifier changes, ILogger<Preflight> log)
{
    private const int Steps = 5;

    /// <summary>Lists are read many times a day; one that is older is that of a channel that does not answer.</summary>
    private static readonly TimeSpan StaleAfter = TimeSpan.FromDays(1);

    /// <returns>How many plans were checked.</returns>
    public async Task<int> RunDueAsync(CancellationToken cancel)
    {
        DueCheck? check = null;
        try
        {
            await using var connection = await data.Work.OpenConnectionAsync(cancel);
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            check = await PreflightStore.TakeAsync(connection, cancel);
            if (check is null)
            {
                return 0;
            }

            if (await CheckAsync(connection, check, cancel))
            {
                await transaction.CommitAsync(cancel);
                changes.Announce(LiveTopics.Promotions);
            }

            return 1;
        }
        catch (NpgsqlException broken) when (check is not null
            && (broken.InnerException is TimeoutException || broken is PostgresException { SqlState: not (PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.AdminShutdown) }))
        {
            // Asked again it would break again, and keep others waiting.
            Broke(log, check.Id, check.Revision, broken);
            await PreflightStore.FailAsync(data.Work, check, $"The check broke off ({broken.SqlState ?? "it took too long"}). Check again; if it stays so, tell an administrator.", cancel);
            return 1;
        }
    }

    /// <returns>False if the plan is another by now.</returns>
    private async Task<bool> CheckAsync(NpgsqlConnection connection, DueCheck check, CancellationToken cancel)
    {
        await StepAsync(check, 1, cancel);
        var zones = await PreflightStore.ZonesAsync(connection, check.Plan, cancel);
        var targets = Targets(check.Plan);
        await StepAsync(check, 2, cancel);
        if (await PreflightStore.CellsAsync(connection, check, Windows(check.Plan, zones), Abilities(targets, check.Plan.Offer), cancel) is null)
        {
            return false;
        }

        await StepAsync(check, 3, cancel);
        var flags = (await PreflightStore.FlagsAsync(connection, check, cancel)).ToDictionary(f => f.Flag, StringComparer.Ordinal);
        var figures = await PreflightStore.FiguresAsync(connection, check, tills.Value.SilentAfter, check.Plan.Rules.BudgetCurrency, cancel);
        await StepAsync(check, 4, cancel);
        var load = await PreflightStore.LoadAsync(connection, check, cancel);
        var since = await PreflightStore.SinceAsync(connection, check, cancel);
        var stale = await PreflightStore.StaleAsync(connection, check.Plan, CatalogFeeds.PriceLists, StaleAfter, cancel);
        var unknown = await PreflightStore.UnknownListsAsync(connection, check.Plan, [.. targets.Where(t => t.Can.HasFlag(PriceAbilities.PriceLists)).Select(t => t.Id)], cancel);
        var rules = await SequenceStore.ListAsync(data.Work, cancel);
        var (odd, ratesOf, cover) = (await PreflightStore.OddListPricesAsync(connection, check, cancel), await PreflightStore.RatesOfAsync(connection, check, cancel), await PreflightStore.CoverAsync(connection, check, cancel));
        var owned = await OwnedAsync(check, load, cancel);
        await StepAsync(check, 5, cancel);
        return await PreflightStore.FinishAsync(connection, check, PreflightFindings.Of(new PreflightLook(check, flags, figures, load, since, zones, targets)
        {
            Stale = stale, Rules = rules, UnknownLists = unknown, OddListPrices = odd, RatesOf = ratesOf, Cover = cover, Owned = owned,
        }), cancel);
    }

    /// <summary>What the rules of ownership that hold when each channel's first price takes effect say of what the release writes there.</summary>
    private async Task<List<PromotionOwnership>> OwnedAsync(DueCheck check, IReadOnlyList<PlanLoad> load, CancellationToken cancel)
    {
        var (owned, atCheckout) = (new List<PromotionOwnership>(), check.Plan.Offer.IsAtCheckout);
        foreach (var start in load.Where(l => connections.Get(l.Connection) is not null).GroupBy(l => l.Starts ?? check.Now))
        {
            var book = await ownership.AtAsync(start.Key, null, cancel);
            owned.AddRange(start.SelectMany(l => PromotionOwnership.Of(book, connections.Get(l.Connection)!.Profile, atCheckout, l.WithCompare, NameOf)));
        }

        return owned;
    }

    private string NameOf(string source) => OwnershipSources.RoleName(source) ?? connections.Get(source)?.Profile.Name ?? source;

    private async Task StepAsync(DueCheck check, int step, CancellationToken cancel)
    {
        await PreflightStore.StepAsync(data.Work, check, step, Steps, cancel);
        changes.Announce(LiveTopics.Promotions);
    }

    private List<PromotionTarget> Targets(PromotionPlan plan) =>
    [
        .. plan.Connections.Select(id => connections.Get(id)).OfType<LiveConnection>().Where(c => c.Connector is not null)
            .Select(c => new PromotionTarget(c.Profile.Id, c.Profile.Name, c.Profile.Kind, c.Connector!.Role, c.Profile.Brand, c.Profile.Currency, c.Profile.TimeZone, c.Connector.Prices(c.Profile)) { Batch = Math.Max(1, c.Connector.PriceBatch), DiscountItems = c.Connector.DiscountItems, Limits = c.Connector.Limits(c.Profile) }),
    ];

    private static string Windows(PromotionPlan plan, IEnumerable<string> zones)
    {
        var windows = new JsonObject();
        foreach (var name in zones)
        {
            if (TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
            {
                windows[name] = new JsonArray(PromotionWindow.Start(plan.Starts, zone).ToString("O", CultureInfo.InvariantCulture), PromotionWindow.End(plan.Ends, zone).ToString("O", CultureInfo.InvariantCulture));
            }
        }

        return windows.ToJsonString();
    }

    private static string Abilities(IEnumerable<PromotionTarget> targets, PromotionOffer offer)
    {
        var all = new JsonObject();
        foreach (var target in targets)
        {
            var takes = target.Takes(offer.Kind, offer.Percent, offer.Code);
            all[target.Id] = new JsonObject
            {
                ["price"] = takes, ["places"] = target.Can.HasFlag(PriceAbilities.Places), ["compareAt"] = target.Can.HasFlag(PriceAbilities.CompareAt), ["checkout"] = takes, ["items"] = target.DiscountItems, ["lists"] = target.Can.HasFlag(PriceAbilities.PriceLists),
            };
        }

        return all.ToJsonString();
    }

    [LoggerMessage(EventId = 2631, Level = LogLevel.Error, Message = "The check of R-{Promotion} revision {Revision} broke off")]
    private static partial void Broke(ILogger log, long promotion, int revision, Exception error);
}
