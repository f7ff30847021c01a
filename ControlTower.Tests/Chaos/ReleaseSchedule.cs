using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connectors;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Chaos;

/// <summary>
/// One seeded release over an ERP, a web shop, one of its price lists and tills, as real processes: systems are down, slow, answer nonsense, lose answers and commit late, the estate and the tower are
/// killed, and at a moment of the seed the release is brought home. When all is healed each system shows what it showed before. What is done is a function of the seed; when the processes come to it is not.
/// </summary>
internal sealed class ReleaseSchedule(ReleaseWorld world, int seed, Action<string> say)
{
    private const string Erp = "bc-eu", Shop = "shopify-eu", Tills = "square-eu";

    private static readonly string[] Words = ["while the ERP was told", "while channels were told", "when live"];

    private readonly Random random = new(seed);
    private readonly Merchandisers merchandisers = new(world.Database.Sources.Work);

    public async Task PlayAsync(CancellationToken cancel)
    {
        var ids = new List<long> { await CheckedAsync(Plan(await SkusAsync(), random.Next(10, 60), lists: random.Next(2) == 0, tills: random.Next(2) == 0), cancel) };
        var before = await SnapshotAsync(ids, cancel);
        // Drawn now: how many numbers later steps draw must not depend on how fast the processes are.
        var ends = random.Next(2) == 0;
        Assert.True(await merchandisers.ApproveAsync(ids[0], cancel) > 0);
        // Something is written, the channels have begun, or everything stands: what the faults of the seed keep from coming to be is not waited for longer.
        string[] moments =
        [
            $"select exists (select from promotion_cell where promotion_id = {ids[0]} and touched)", $"select exists (select from promotion_stage where promotion_id = {ids[0]} and stage = 2 and started_at is not null)",
            $"select state = 'live' from promotion where id = {ids[0]}",
        ];
        var moment = random.Next(moments.Length);
        await StrikesAsync(random.Next(1, 4), cancel);
        var reached = await world.IsSoonAsync(moments[moment], 30, cancel);
        await StrikesAsync(random.Next(0, 2), cancel);
        await merchandisers.BackAsync(ids[0], ends, cancel);
        await StrikesAsync(random.Next(1, 3), cancel);

        await world.Estate.HealAsync();
        await world.Tower.UntilUpAsync(cancel);
        await HomeAsync(ids, ends, cancel);
        foreach (var (connection, spots) in before)
        {
            var now = await world.Shelves.ShownAsync(connection, [.. spots.Keys], cancel);
            Assert.All(spots, s => Assert.Equal((connection, s.Key, s.Value), (connection, s.Key, now[s.Key])));
        }

        Assert.Equal(0, await world.Database.ScalarAsync<long>($"select count(*) from promotion_cell where promotion_id = {ids[0]} and (held or touched and phase <> 'reverted')"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state in ('open', 'retrying')"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>(
            $"select count(*) from promotion_stage s join promotion_stage b on b.promotion_id = s.promotion_id and b.stage = s.stage - 1 where s.promotion_id = {ids[0]} and s.started_at is not null and (b.proven_at is null or b.proven_at > s.started_at)"));
        var set = await world.Database.ScalarAsync<long>($"select count(*) from promotion_cell where promotion_id = {ids[0]} and touched");
        // A release that reached its moment has written something, and so what is as before was brought back.
        Assert.True(set > 0 || !reached, $"Seed {seed} set no price.");
        Touched += set;
        say(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {before.Sum(b => b.Value.Count)} prices, {set} were set, brought home {(reached ? Words[moment] : "before its moment came")}; all as before. Tower started {world.Tower.Starts}x"));
    }

    private PromotionPlan Plan(IReadOnlyList<string> skus, int percent, bool lists, bool tills)
    {
        IReadOnlyList<string> connections = tills ? [Erp, Shop, Tills] : [Erp, Shop];
        // The wall of every zone of the estate has passed it, and none will see its end.
        var start = TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(-1);
        return new PromotionPlan(
            $"Seed {seed}", new PromotionOffer(OfferKind.Percent, percent), new PromotionProducts(skus), connections, [], start, start.AddDays(30),
            [new PromotionStage("ERP", [Erp], []), new PromotionStage("Channels", [], [])], new PromotionRules(OnBreach: OnBreach.Ask, StartWithin: 7 * 24 * 60), PriceLists: lists ? [new PlanPriceList(Shop, list)] : null);
    }

    private string list = "";

    private async Task<IReadOnlyList<string>> SkusAsync()
    {
        list = (await world.Database.ScalarAsync<string>($"select list from price_list where connection_id = '{Shop}' order by list offset {random.Next(2)} limit 1"))!;
        return (await world.Database.ScalarAsync<string>(
            $"""
            select string_agg(sku, ',') from (select s.sku from catalog_item s join catalog_item e on e.connection_id = '{Erp}' and e.sku = s.sku and e.price > 0 join catalog_item t on t.connection_id = '{Tills}' and t.sku = s.sku
                where s.connection_id = '{Shop}' and s.gone_at is null order by s.sku offset {random.Next(60)} limit {random.Next(1, 8)}) x
            """))!.Split(',');
    }

    /// <summary>Prices that the release had set.</summary>
    public long Touched { get; private set; }

    /// <summary>Written, and checked by the tower.</summary>
    private async Task<long> CheckedAsync(PromotionPlan plan, CancellationToken cancel)
    {
        var id = await merchandisers.PlanAsync(Guid.CreateVersion7(), plan, cancel);
        await merchandisers.AskCheckAsync(id, cancel);
        await world.UntilAsync($"select checked_at >= check_asked_at from promotion_revision where promotion_id = {id}", cancel);
        Assert.Equal("", await world.Database.ScalarAsync<string>($"select coalesce(string_agg(check_name || ': ' || words, '; '), '') from promotion_finding where promotion_id = {id} and tone in ('error', 'unknown')"));
        return id;
    }

    /// <summary>Until it is over. A person tries again what waits for one.</summary>
    private async Task HomeAsync(List<long> ids, bool ends, CancellationToken cancel)
    {
        await merchandisers.BackAsync(ids[0], ends, cancel);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await world.UntilAsync(
                    $"select not exists (select from promotion where id = {ids[0]} and state not in ('ended', 'rolled-back', 'cancelled')) and not exists (select from promotion_batch where settled_at is null)", cancel, seconds: 20);
                return;
            }
            catch (TimeoutException) when (attempt < 8)
            {
                await merchandisers.AgainAsync(ids[0], cancel);
            }
        }
    }

    private async Task<Dictionary<string, IReadOnlyDictionary<PriceSpot, PriceTag?>>> SnapshotAsync(List<long> ids, CancellationToken cancel)
    {
        var cells = await world.Database.Sources.Work.Command($"select connection_id, item, place, currency from promotion_plan_cell where promotion_id = {ids[0]} and item <> '' and kind = 'price'")
            .ListAsync(r => (Connection: r.GetString(0), Spot: new PriceSpot(r.GetString(1), r.GetString(2), r.GetString(3))), cancel);
        var all = new Dictionary<string, IReadOnlyDictionary<PriceSpot, PriceTag?>>(StringComparer.Ordinal);
        foreach (var one in cells.GroupBy(c => c.Connection))
        {
            all[one.Key] = await world.Shelves.ShownAsync(one.Key, [.. one.Select(c => c.Spot)], cancel);
        }

        return all;
    }

    private async Task StrikesAsync(int count, CancellationToken cancel)
    {
        for (var strike = 0; strike < count; strike++)
        {
            await StrikeAsync(cancel);
            await Task.Delay(TimeSpan.FromSeconds(random.NextDouble()), TimeProvider.System, cancel);
        }
    }

    private async Task StrikeAsync(CancellationToken cancel)
    {
        string[] systems = [Erp, Shop, Tills];
        var system = systems[random.Next(systems.Length)];
        switch (random.Next(10))
        {
            case 0: await world.Estate.FaultAsync(system, new { kind = "down", lasts = 3 + random.Next(4) }); break;
            case 1: await world.Estate.FaultAsync(system, new { kind = "slow", seconds = 1.5, lasts = 6 }); break;
            case 2: await world.Estate.FaultAsync(system, new { kind = "lost-answer", count = 2 }); break;
            case 3: await world.Estate.FaultAsync(system, new { kind = "late-commit", seconds = 4, count = 1 }); break;
            case 4: await world.Estate.FaultAsync(system, new { kind = "error-before-commit", share = 0.5, lasts = 6 }); break;
            // It lies: the answer is another than what was done.
            case 5: await world.Estate.FaultAsync(system, new { kind = random.Next(2) == 0 ? "wrong-json" : "cut-json", count = 3, commits = random.Next(2) == 0 }); break;
            case 6: await world.Estate.FaultAsync(system, new { kind = "html", count = 3 }); break;
            case 7: await world.Estate.RestartAsync(); break;
            default: await world.Tower.KillAsync(TimeSpan.FromSeconds(random.NextDouble())); break;
        }

        cancel.ThrowIfCancellationRequested();
    }
}
