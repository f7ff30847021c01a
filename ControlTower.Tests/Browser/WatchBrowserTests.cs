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
    [InlineData(false)]
    [InlineData(true)]
    public async Task Integrity_is_told_by_icon_and_word_and_asked_for_by_who_may(bool dark)
    {
        var database = world.Tower.Database;
        await using var visitor = await world.VisitAsync(dark);
        await visitor.SignInAsAsync(Roles.Operations, at: "/operations");
        var tile = visitor.Part("integrity");
        await Expect(tile).ToContainTextAsync("Never checked");
        await Expect(visitor.Part("check-now")).ToBeEnabledAsync();
        await visitor.AccessibleAsync();

        await visitor.Part("check-now").ClickAsync();
        await Expect(tile).ToContainTextAsync("Checking");
        await Expect(visitor.Part("check-now")).ToBeDisabledAsync();
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from audit where action = 'operations:integrity:check' and outcome = 'done'"));

        await EndAsync("'done', 56, 2, '[]'", null);
        await Expect(tile).ToContainTextAsync("All hold");
        await Expect(tile).ToContainTextAsync("56 checked");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"integrity-holds-{(dark ? "dark" : "light")}");

        var order = await database.ScalarAsync<long>("select min(id) from flow");
        await EndAsync($$"""'done', 56, 2, '[{"name":"flow-steps-without-gap","promise":"The steps of a flow are numbered without gap.","count":3,"what":"order","sample":["{{order}}"]}]'""", null);
        await Expect(tile).ToContainTextAsync("1 promise is broken");
        await Expect(visitor.Part("violation:flow-steps-without-gap")).ToContainTextAsync("The steps of a flow are numbered without gap.");
        await Expect(visitor.Part("violation:flow-steps-without-gap").Locator("a")).ToHaveAttributeAsync("href", $"/orders/{order}");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"integrity-broken-{(dark ? "dark" : "light")}");

        await EndAsync("'failed', 0, 0, '[]'", "It did not end in time");
        await Expect(tile).ToContainTextAsync("Could not be checked");
        await database.ExecuteAsync("update integrity_run set requested_at = now() - interval '3 hours', started_at = now() - interval '3 hours', finished_at = now() - interval '3 hours', state = 'done', failure = null");
        await AnnounceAsync();
        await Expect(tile).ToContainTextAsync("Overdue");
        await visitor.AccessibleAsync();

        async Task EndAsync(string values, string? failure)
        {
            await database.ExecuteAsync("delete from integrity_run; insert into integrity_run (requested_by, started_at, finished_at, state, checked, skipped, violations, failure) "
                + $"values ('tower', now() - interval '2 seconds', now(), {values}, {(failure is null ? "null" : $"'{failure}'")})");
            await AnnounceAsync();
        }

        Task AnnounceAsync() => database.ExecuteAsync("select pg_notify('tower_changes', '8')");
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
