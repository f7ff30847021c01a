using ControlTower.Data.Audit;
using ControlTower.Data.Wall;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>A screen on a wall: it turns its boards, fits its frame, and comes back from whatever happens without a hand.</summary>
public sealed class WallboardBrowserTests(BrowserWorld world) : IClassFixture<BrowserWorld>
{
    private static readonly Actor Ada = new(Guid.NewGuid(), "Ada Lind", "Admin");

    [Promise(30)]
    [Fact]
    public async Task A_screen_turns_its_boards_by_the_clock_shows_what_the_overview_shows_and_fits_every_frame()
    {
        await FillAsync(world.Tower.Database);
        await using var visitor = await world.VisitAsync();
        await visitor.Page.GotoAsync($"/wall?boards=flow,connections,exceptions&every=5&token={await TokenAsync(world.Tower, "Ops room Hamburg")}");
        await visitor.AtAsync("/wall");
        Assert.DoesNotContain("token", visitor.Page.Url, StringComparison.Ordinal);
        await Expect(visitor.Part("wall-age")).ToContainTextAsync(" s ago");
        await Expect(visitor.Part("wall-who")).ToHaveTextAsync("wallboard token “Ops room Hamburg”, read only");
        await Expect(visitor.Part("wall-turn")).ToContainTextAsync(" of 3, next in ");
        foreach (var board in new[] { "flow", "connections", "exceptions", "flow" })
            await visitor.Page.WaitForSelectorAsync($"[data-board={board}]");

        // Nothing on it can be pressed, reached or pointed at.
        await visitor.Page.Keyboard.PressAsync("Tab");
        Assert.Equal(0, await visitor.Page.EvaluateAsync<int>("() => document.querySelectorAll('.wall :is(a, button, input, select, summary, [tabindex])').length"));
        Assert.Equal("BODY", await visitor.Page.EvaluateAsync<string>("() => document.activeElement.tagName"));
        Assert.Equal("none", await visitor.Page.EvaluateAsync<string>("() => getComputedStyle(document.querySelector('.wb')).cursor"));
    }

    [Theory]
    [InlineData("flow")]
    [InlineData("connections")]
    [InlineData("exceptions")]
    public async Task Each_board_is_accessible_and_has_no_scroll_bar_from_1280_to_4k_in_light_and_dark(string board)
    {
        await FillAsync(world.Tower.Database);
        await using var visitor = await world.VisitAsync();
        await visitor.Page.GotoAsync($"/wall?token={await TokenAsync(world.Tower, $"Ops room {board}")}");
        foreach (var theme in new[] { "dark", "light" })
        {
            await visitor.Page.GotoAsync($"/wall?boards={board}&theme={theme}");
            await Expect(visitor.Part("wall-age")).ToContainTextAsync("Live");
            Assert.Equal(theme, await visitor.Page.EvaluateAsync<string>("() => document.documentElement.dataset.theme"));
            foreach (var (width, height) in new[] { (1280, 720), (1440, 900), (1920, 1080), (3840, 2160) })
            {
                await visitor.Page.SetViewportSizeAsync(width, height);
                var beyond = await visitor.Page.EvaluateAsync<string[]>(
                    """
                    () => [...document.querySelectorAll('.wb, .wb > *, .wb-rest > ul > li')].map(box => [box, box.getBoundingClientRect()])
                        .filter(([, at]) => at.right > innerWidth + 1 || at.bottom > innerHeight + 1).map(([box, at]) => `${box.className} ends at ${at.right} x ${at.bottom}`)
                    """);
                Assert.True(beyond.Length == 0, string.Join('\n', beyond));
                Assert.True(await visitor.Page.EvaluateAsync<bool>("() => document.scrollingElement.scrollHeight <= innerHeight && document.scrollingElement.scrollWidth <= innerWidth"));
                await visitor.PictureAsync($"wall-{board}-{theme}-{width}");
            }

            await visitor.Page.SetViewportSizeAsync(1440, 900);
            await visitor.AccessibleAsync();
        }
    }

    [Promise(30)]
    [Fact]
    public async Task A_screen_that_loses_its_tower_says_since_when_and_is_back_at_the_same_board_by_itself()
    {
        var keys = TestFolders.Create("keys");
        await using var database = await TestDatabase.CreateAsync();
        await FillAsync(database);
        TestTower? tower = await TestTower.StartAsync(null, database, $"Tower:KeyFolder={keys}");
        try
        {
            await using var visitor = await world.VisitAsync(tower: tower);
            visitor.ExpectLoss();
            await visitor.Page.GotoAsync($"/wall?boards=exceptions&theme=light&token={await TokenAsync(tower, "Store room")}");
            await Expect(visitor.Part("wall-age")).ToContainTextAsync("Live");

            var (gone, url) = (tower, tower.Url);
            tower = null;
            await gone.DisposeAsync();
            await Expect(visitor.Page.Locator("#lost-bar")).ToContainTextAsync("No data since ");
            await Expect(visitor.Page.Locator("#lost-bar")).ToContainTextAsync("The connection was lost. Trying again");
            await visitor.PictureAsync("wall-lost");

            tower = await TestTower.StartAsync(null, database, $"Tower:KeyFolder={keys}", $"urls={url}");
            await Expect(visitor.Page.Locator("#lost-bar")).ToBeHiddenAsync(new() { Timeout = 60_000 });
            await Expect(visitor.Part("wall-age")).ToContainTextAsync("Live");
            Assert.EndsWith("/wall?boards=exceptions&theme=light", visitor.Page.Url, StringComparison.Ordinal);
            await Expect(visitor.Part("wall")).ToHaveAttributeAsync("data-board", "exceptions");
        }
        finally
        {
            if (tower is not null)
                await tower.DisposeAsync();
            TestFolders.Remove(keys);
        }
    }

    [Promise(21)]
    [Fact]
    public async Task A_withdrawn_token_is_told_within_ten_seconds_and_a_new_one_brings_the_board_back_without_a_hand()
    {
        await FillAsync(world.Tower.Database);
        await using var visitor = await world.VisitAsync();
        await visitor.Page.GotoAsync($"/wall?boards=connections&token={await TokenAsync(world.Tower, "Lobby")}");
        await Expect(visitor.Part("wall-age")).ToContainTextAsync("Live");

        var tokens = world.Tower.Services.GetRequiredService<WallTokenStore>();
        await tokens.WithdrawAsync((await tokens.ListAsync(default)).First(token => token.Name == "Lobby").Id, Ada, default);
        await Expect(visitor.Part("wall-withdrawn")).ToContainTextAsync("This wallboard's token was withdrawn", new() { Timeout = 10_000 });
        await visitor.PictureAsync("wall-withdrawn");
        await visitor.AccessibleAsync();

        // As a fleet's management opens it in the screen's browser.
        var other = await visitor.Page.Context.NewPageAsync();
        await other.GotoAsync($"/wall?token={await TokenAsync(world.Tower, "Lobby")}");
        await other.CloseAsync();
        await visitor.Page.WaitForSelectorAsync("[data-board=connections]");
        await Expect(visitor.Part("wall-age")).ToContainTextAsync("Live");
        Assert.EndsWith("/wall?boards=connections", visitor.Page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_died_silently_is_opened_again_and_what_cannot_be_is_said_in_words()
    {
        await FillAsync(world.Tower.Database);
        await using var visitor = await world.VisitAsync();
        visitor.ExpectLoss();
        await visitor.Page.Clock.InstallAsync();
        await visitor.Page.GotoAsync($"/wall?every=0&board=stores&token={await TokenAsync(world.Tower, "Canteen")}");
        await Expect(visitor.Part("wall-wrong")).ToContainTextAsync("every: a whole number of seconds from 5 to 3600.");
        await Expect(visitor.Part("wall-wrong")).ToContainTextAsync("board: the wallboard has no such parameter.");

        // The words are there before the page is alive.
        await visitor.Page.WaitForSelectorAsync("[data-tick]", new() { State = WaitForSelectorState.Attached });
        await visitor.Page.EvaluateAsync("() => { document.querySelector('[data-tick]').remove(); document.body.id = 'dead'; }");
        await visitor.Page.Clock.RunForAsync(36_000);
        await visitor.Page.WaitForSelectorAsync("body:not(#dead) [data-tick]");
    }

    [Fact]
    public async Task An_admin_makes_a_token_sees_it_once_and_withdraws_it()
    {
        await FillAsync(world.Tower.Database);
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Admin, at: "/admin/wallboards");
        await visitor.Page.ClickAsync("[data-ct=add-wallboard]");
        await visitor.FillAsync("[data-ct=wallboard-name]", "Board room");
        await visitor.Page.SelectOptionAsync("[data-ct=wallboard-brand]", "Northlane");
        await visitor.Page.ClickAsync("[data-ct=wallboard-save]");
        var link = await visitor.Part("wallboard-link").InputValueAsync();
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await Expect(visitor.Part("wallboard:Board room")).ToContainTextAsync("not used yet");
        await visitor.PicturesAsync("wallboards");

        await using var screen = await world.VisitAsync();
        await screen.Page.GotoAsync(link);
        await Expect(screen.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Order flow, Northlane");
        await visitor.Page.ClickAsync("[data-ct='withdraw:Board room']");
        await visitor.Page.ClickAsync("[data-ct=wallboard-end-now]");
        await Expect(screen.Part("wall-withdrawn")).ToBeVisibleAsync(new() { Timeout = 10_000 });
        await Expect(visitor.Part("wallboard:Board room")).ToContainTextAsync("Withdrawn");
    }

    private static async Task<string> TokenAsync(TestTower tower, string name) => (await tower.Services.GetRequiredService<WallTokenStore>().MakeAsync(Guid.NewGuid(), name, null, Ada, default)).Token!;

    private static async Task FillAsync(TestDatabase database)
    {
        if (await database.ScalarAsync<long>("select count(*) from connection") > 0)
            return;
        var orders = await new OrderWorld(database).ConnectAsync();
        foreach (var (stage, count, minutes) in new[] { ("captured", 3, 0), ("checked", 6, 1), ("reserved", 2, 1), ("posted", 9, 51), ("acknowledged", 2, 1), ("shipped", 12, 600), ("invoiced", 5, 190) })
        {
            for (var i = 0; i < count; i++)
            {
                var order = await orders.OrderAsync($"#{stage}-{i}", value: 100 + (17 * i), stage: stage, status: stage == "posted" ? "attention" : "open", age: TimeSpan.FromMinutes(minutes + 2), inStage: TimeSpan.FromMinutes(minutes));
                if (stage == "posted")
                    await orders.CaseAsync(order, value: 100 + (17 * i));
            }
        }

        for (var i = 0; i < 7; i++)
        {
            var waiting = await orders.OrderAsync($"#wait-{i}", stage: "reserved");
            await orders.PostingAsync(waiting, $"WAIT-000{i}");
            await orders.DeliveryAsync(waiting, $"WAIT-000{i}", lane: 1);
            await orders.CaseAsync(null, fingerprint: $"other:{i}", failure: "value", code: "dimension", title: $"Dimension STORE missing, store {i}", value: 40 * (i + 1));
        }

        await database.ExecuteAsync("update connection_gate set breaker = 'half-open', breaker_since = now() - interval '4 minutes' where connection_id = 'bc-eu'");
    }
}
