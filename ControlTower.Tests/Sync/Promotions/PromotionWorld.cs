using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Catalog;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Promotions;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>
/// An ERP, two web shops and a till system with three stores in two zones, all showing prices. Nothing runs by itself: the test turns pump and gates, and owns the clock by which releases are judged.
/// </summary>
internal sealed class PromotionWorld : IAsyncDisposable
{
    public const string Ledger = "ledger", Site = "web", Outlet = "outlet", Tills = "tills";

    public static readonly Actor Sofie = new(Guid.CreateVersion7(), "Sofie Lund", "Merchandiser");
    public static readonly Actor Ida = new(Guid.CreateVersion7(), "Ida Holm", "Merchandiser");

    /// <summary>Friday, noon UTC, of a week without a clock change.</summary>
    public static readonly DateTimeOffset Noon = new(2031, 11, 28, 12, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, ConnectionGate> gates = new(StringComparer.Ordinal);

    private PromotionWorld(EngineWorld engine, TestPriceSystems systems) => (Engine, Systems) = (engine, systems);

    public EngineWorld Engine { get; }

    public TestPriceSystems Systems { get; }

    public TestDatabase Database => Engine.Database;

    public PlanDesk Plans => Engine.Get<PlanDesk>();

    public ReleaseDesk Releases => Engine.Get<ReleaseDesk>();

    public static IReadOnlyList<string> All { get; } = [Ledger, Site, Outlet, Tills];

    public static IReadOnlyList<string> Stores { get; } = ["BER", "HAM", "LON"];

    public DateTimeOffset Now { get; set; } = Noon;

    /// <param name="clock">Of the processes: releases are then judged by the database's clock, as in production; null: by <see cref="Now"/>.</param>
    public static async Task<PromotionWorld> CreateAsync(bool durable = false, TimeProvider? clock = null)
    {
        var systems = new TestPriceSystems();
        PromotionWorld? world = null;
        var shop = new TestShop();
        var engine = await EngineWorld.CreateAsync(
            shop: shop, durable: durable, configure: services =>
            {
                services.AddSingleton(new ConnectorCatalog([shop, new TestErp(), systems]));
                if (clock is null)
                {
                    services.AddSingleton(new ReleaseClock(() => world!.Now));
                }
                else
                {
                    services.AddSingleton(clock);
                }

                services.AddSingleton(GatewayOptions.Standard with { Breaker = new BreakerRule(FirstPause: TimeSpan.Zero, LongestPause: TimeSpan.Zero) });
            });
        world = new PromotionWorld(engine, systems);
        await engine.Database.ExecuteAsync(
            """
            insert into connection (id, kind, role, name, brand, currency, time_zone, settings) values
                ('ledger', 'test-price', 'shop', 'Ledger', '', 'EUR', 'Europe/Berlin', '{"can": "Everywhere"}'),
                ('web', 'test-price', 'shop', 'Site shop', 'northlane', 'EUR', 'Europe/Berlin', '{"can": "Everywhere, CompareAt, AutomaticDiscount, DiscountCode, BuyXGetY"}'),
                ('outlet', 'test-price', 'shop', 'Outlet', 'northlane', 'EUR', 'Europe/Berlin', '{"can": "Everywhere"}'),
                ('tills', 'test-price', 'shop', 'Tills', 'northlane', 'EUR', 'Europe/Berlin', '{"can": "Everywhere, Places", "location:L1": "BER", "location:L2": "HAM", "location:L3": "LON"}');
            insert into location (id, name, kind, time_zone) values ('BER', 'Berlin', 'store', 'Europe/Berlin'), ('HAM', 'Hamburg', 'store', null), ('LON', 'London', 'store', 'Europe/London');
            """);
        await engine.Get<ConnectionDirectory>().RefreshAsync(default);
        return world;
    }

    /// <summary>Every system lists these at this price.</summary>
    public async Task ListAsync(decimal price, params IEnumerable<string> skus)
    {
        foreach (var id in All)
        {
            await ListAsync(id, [.. skus.Select(s => new CatalogVariant(s, null, $"Title of {s}", s, null, true, [new CatalogPrice("EUR", price)], Noon, Cost: price * 0.4m))]);
        }
    }

    public async Task ListAsync(string connection, params CatalogVariant[] items)
    {
        foreach (var item in items)
        {
            Systems.Of(connection).Book[(item.Id, "")] = new PriceTag(item.Prices[0].Amount, item.Prices[0].CompareAt);
        }

        await using var open = await Database.Sources.Work.OpenConnectionAsync();
        await CatalogStore.StoreAsync(open, connection, items, [], default);
    }

    /// <summary>30 percent off, everywhere, one stage for the ERP, one for the tills of Berlin, one for the rest; from noon for a day.</summary>
    public static PromotionPlan Plan(params string[] skus) => new(
        "Black Friday outerwear", new PromotionOffer(OfferKind.Percent, 30), new PromotionProducts(skus), All, Stores, new DateTime(2031, 11, 28, 13, 0, 0), new DateTime(2031, 11, 29, 13, 0, 0),
        [new PromotionStage("ERP", [Ledger], []), new PromotionStage("Pilot", [Tills], ["BER"]), new PromotionStage("All", [], [])], new PromotionRules());

    /// <summary>Writes, checks, sends and has it approved by somebody else; warnings are taken.</summary>
    public async Task<long> ApprovedAsync(PromotionPlan plan)
    {
        var id = await CheckedAsync(plan);
        await AgreedAsync(id);
        return id;
    }

    /// <summary>Puts another plan in force beside the one that is.</summary>
    public async Task ReviseAsync(long id, PromotionPlan plan)
    {
        Done(await Plans.SaveAsync(id, await VersionAsync(id), plan, Sofie, default));
        Done(await Plans.CheckAsync(id, await VersionAsync(id), Sofie, default));
        await Engine.Get<Preflight>().RunDueAsync(default);
        await AgreedAsync(id);
    }

    private async Task AgreedAsync(long id)
    {
        var revision = await Database.ScalarAsync<int>($"select revision from promotion where id = {id}");
        foreach (var finding in (await Engine.Get<PromotionQueries>().FindingsAsync(id, revision, default)).Where(f => f is { Tone: FindingTone.Warning, AcknowledgedBy: null }))
        {
            Done(await Plans.AcknowledgeAsync(id, finding.Check, "We know.", Sofie, default));
        }

        Done(await Plans.SendAsync(id, await VersionAsync(id), null, Sofie, default));
        Done(await Plans.ApproveAsync(id, await VersionAsync(id), null, Ida, default));
    }

    public async Task<long> CheckedAsync(PromotionPlan plan)
    {
        var id = Done(await Plans.CreateAsync(Guid.CreateVersion7(), plan, Sofie, default)).Id;
        Done(await Plans.CheckAsync(id, await VersionAsync(id), Sofie, default));
        await Engine.Get<Preflight>().RunDueAsync(default);
        return id;
    }

    public static PromotionAnswer.Done Done(PromotionAnswer answer) => Assert.IsType<PromotionAnswer.Done>(answer);

    public async Task<int> VersionAsync(long id) => await Database.ScalarAsync<int>($"select version from promotion where id = {id}");

    public async Task<string> StateAsync(long id) => (await Database.ScalarAsync<string>($"select state from promotion where id = {id}"))!;

    /// <summary>How many prices of a release are in each phase, as <c>proven 3, waiting 2</c>.</summary>
    public async Task<string> PhasesAsync(long id) =>
        (await Database.ScalarAsync<string>($"select coalesce(string_agg(phase || ' ' || n, ', ' order by phase), '') from (select phase, count(*) as n from promotion_cell where promotion_id = {id} group by phase) x"))!;

    /// <summary>One turn of everybody: what waits for a pause is due.</summary>
    public async Task TurnAsync(params string[] only)
    {
        await Engine.Get<PromotionPump>().RunOnceAsync(default);
        await Database.ExecuteAsync("update promotion_cell set due_at = now() - interval '1 second' where due_at is not null and batch_key is null; update promotion_batch set due_at = now() where settled_at is null");
        foreach (var id in only.Length > 0 ? only : [.. All])
        {
            await Engine.Get<PromotionPublisher>().RunAsync(Gate(id), default);
        }
    }

    /// <summary>Turns until it is so.</summary>
    public async Task TurnUntilAsync(Func<Task<bool>> reached, int most = 120)
    {
        for (var turn = 0; turn < most; turn++)
        {
            if (await reached())
            {
                return;
            }

            await TurnAsync();
        }

        Assert.Fail($"It never came to be so. {await Database.ScalarAsync<string>("select string_agg(promotion_id || ' ' || connection_id || ' ' || item || '@' || place || ' ' || phase || ' ' || coalesce(failure, ''), '; ') from promotion_cell")}");
    }

    public Task TurnUntilAsync(long id, string state) => TurnUntilAsync(async () => await StateAsync(id) == state);

    /// <summary>The node that held the gates died; another opens them anew.</summary>
    public void Restart()
    {
        foreach (var gate in gates.Values)
        {
            gate.Dispose();
        }

        gates.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        Restart();
        await Engine.DisposeAsync();
    }

    private ConnectionGate Gate(string id) => gates.TryGetValue(id, out var gate) ? gate : gates[id] = Engine.OpenGate(id);
}
