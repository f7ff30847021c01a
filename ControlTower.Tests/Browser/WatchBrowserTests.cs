using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>What operations watch: the overview with an ERP that is away, and the workers.</summary>
public sealed class WatchBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    public async ValueTask InitializeAsync()
    {
        await world.InitializeAsync();
        if (BrowserWorld.Chromium is null)
        {
            return;
        }

        await OrderWorldStory.PlayAsync(world.Tower.Database, stuck: 8);
        await world.Tower.Database.ExecuteAsync(
            """
            update connection_gate set breaker = 'open', breaker_since = now() - interval '4 minutes', breaker_reason = 'Ten of the last twenty calls failed: connection refused',
                next_probe_at = now() + interval '10 seconds' where connection_id = 'bc-eu';
            update delivery set lane = 1, due_at = now() - interval '5 minutes', created_at = now() - interval '5 minutes' where connection_id = 'bc-eu' and state = 0;
            insert into node (id, roles, host, version, started_at, beat_at, pumps) values
              (gen_random_uuid(), 'both', 'till-1', '1.0.0', now() - interval '2 hours', now() + interval '1 hour',
                '{"inbox":{"name":"inbox","state":"running","depth":12,"oldestSeconds":3,"lastTaken":50,"lastMs":21,"done":48211,"failed":0,"lastRunAt":"2999-01-01T00:00:00Z"},
                  "outbox":{"name":"outbox","state":"stumbled","depth":6,"oldestSeconds":300,"lastTaken":0,"lastMs":4,"done":40102,"failed":3,"lastRunAt":"2999-01-01T00:00:00Z","lastError":"NpgsqlException 57P03"}}'),
              (gen_random_uuid(), 'worker', 'till-2', '1.0.0', now() - interval '2 hours', now() - interval '9 minutes', '{}');
            """);
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Theory]
    [InlineData(false, 1440)]
    [InlineData(true, 1440)]
    [InlineData(false, 1024)]
    [InlineData(true, 1024)]
    public async Task An_ERP_that_is_away_is_told_on_the_overview_with_what_waits_for_it(bool dark, int width)
    {
        await using var visitor = await world.VisitAsync(dark, width);
        await visitor.SignInAsAsync(Roles.Operations);
        await Expect(visitor.Part($"outage:{OrderWorld.Erp}")).ToContainTextAsync("Business Central EU does not answer. Stores and web keep selling.");
        await Expect(visitor.Part($"outage:{OrderWorld.Erp}")).ToContainTextAsync("wait in order");
        await Expect(visitor.Part("panel:stages")).ToContainTextAsync("Posted to ERP");
        await Expect(visitor.Part("cause").First).ToContainTextAsync("VAT code VAT19-DE not set up");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"overview-{(dark ? "dark" : "light")}-{width}");
        await visitor.Page.ClickAsync("[data-ct=chart-switch]");
        await visitor.AccessibleAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_shop_from_which_too_little_came_is_told_above_all_figures(bool dark)
    {
        await world.Tower.Database.ExecuteAsync(
            $"""
             update connection set created_at = now() - interval '30 days';
             insert into flow (kind, source, source_id, brand, name, erp, state, version, steps, stage, status, value, currency, placed_at, stage_since)
             select 'order-to-cash', '{OrderWorld.OtherShop}', 'quiet/' || n, 'Fjord', 'QUIET-' || n, '{OrderWorld.Erp}', '{"{}"}', 1, 1, 'paid', 'done', 10, 'GBP', at, at
             from generate_series(1, 160) n, lateral (select now() - (1 + n % 4) * interval '7 days' - interval '20 minutes' as at) t;
             """);
        await using var visitor = await world.VisitAsync(dark);
        await visitor.SignInAsAsync(Roles.Operations);
        await Expect(visitor.Part($"quiet:{OrderWorld.OtherShop}")).ToContainTextAsync("Vendure UK is quiet. 1 order came in the last hour; this hour brought 40 the last 4");
        await Expect(visitor.Part("metric:orders-today")).ToContainTextAsync("Vendure UK is quiet");
        await Expect(visitor.Part($"quiet:{OrderWorld.Shop}")).ToHaveCountAsync(0);
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"overview-quiet-{(dark ? "dark" : "light")}");
    }

    [Theory]
    [InlineData(false, 1440)]
    [InlineData(true, 1440)]
    [InlineData(false, 1024)]
    [InlineData(true, 1024)]
    public async Task Operations_tells_a_stumbling_pump_and_a_silent_worker(bool dark, int width)
    {
        await using var visitor = await world.VisitAsync(dark, width);
        await visitor.SignInAsAsync(Roles.Operations, at: "/operations");
        await Expect(visitor.Part("pump:outbox")).ToContainTextAsync("Stumbled, trying again");
        await Expect(visitor.Part("pump:inbox")).ToContainTextAsync("Working");
        await Expect(visitor.Page.Locator("[data-state=stale]")).ToContainTextAsync("till-2");
        // The dashboard of the job server is for admins.
        await Expect(visitor.Part("dashboard")).ToHaveCountAsync(0);
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"operations-{(dark ? "dark" : "light")}-{width}");
    }
}
