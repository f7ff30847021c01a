using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>A page whose tower goes away under it: it says so, does nothing, and comes back by itself where it was.</summary>
public sealed class LostTowerTests(BrowserWorld world) : IClassFixture<BrowserWorld>
{
    private const string Filtered = "/orders?stage=posted&sort=value";

    [Promise(30)]
    [Fact]
    public async Task A_page_that_loses_its_tower_says_so_takes_no_act_and_is_back_by_itself_where_it_was()
    {
        var keys = TestFolders.Create("keys");
        await using var database = await TestDatabase.CreateAsync();
        await FillAsync(database, orders: 300);
        TestTower? tower = await TestTower.StartAsync(null, database, $"Tower:KeyFolder={keys}");
        try
        {
            await using var visitor = await world.VisitAsync(tower: tower);
            visitor.ExpectLoss();
            await visitor.SignInAsAsync(Roles.Operations, at: Filtered);
            await Expect(visitor.Part("orders-total")).ToContainTextAsync("300 orders");
            // Further down than the first page of the list reaches.
            var seen = await RowAtAsync(visitor, 9000);

            var (gone, url) = (tower, tower.Url);
            tower = null;
            await gone.DisposeAsync();
            await Expect(visitor.Page.Locator("#lost-bar")).ToContainTextAsync("Connection lost");
            await Expect(visitor.Page.Locator("#lost-bar")).ToContainTextAsync("Showing what we had. Trying again");
            await Expect(visitor.Page.Locator($"[data-ct='{seen}']")).ToBeVisibleAsync();
            await visitor.PictureAsync("lost");
            Assert.False(await visitor.Page.EvaluateAsync<bool>("() => [...document.querySelectorAll('a, button, input, summary, [tabindex]')].some(node => { node.focus(); return document.activeElement === node; })"));
            await visitor.Page.Keyboard.PressAsync("Enter");

            tower = await TestTower.StartAsync(null, database, $"Tower:KeyFolder={keys}", $"urls={url}");
            await Expect(visitor.Page.Locator("#lost-bar")).ToBeHiddenAsync(new() { Timeout = 60_000 });
            await visitor.LiveAsync();
            Assert.EndsWith(Filtered, visitor.Page.Url, StringComparison.Ordinal);
            await Expect(visitor.Part("orders-total")).ToContainTextAsync("300 orders");
            await visitor.Page.WaitForFunctionAsync("() => document.getElementById('orders-scroll')?.scrollTop === 9000");
            await Expect(visitor.Page.Locator($"[data-ct='{seen}']")).ToBeInViewportAsync();
            // And it is in use again.
            await visitor.Page.Locator($"[data-ct='{seen}']").ClickAsync();
            await visitor.AtAsync($"/orders/{seen.Split(':')[1]}");
        }
        finally
        {
            if (tower is not null)
                await tower.DisposeAsync();
            TestFolders.Remove(keys);
        }
    }

    [Promise(30)]
    [Fact]
    public async Task A_page_that_was_cut_off_for_a_moment_goes_on_with_the_same_circuit_and_focus()
    {
        await using var visitor = await world.VisitAsync();
        visitor.ExpectLoss();
        await KeepSocketsAsync(visitor);
        await visitor.SignInAsAsync(Roles.Admin, at: "/admin");
        await visitor.Page.ClickAsync("[data-ct=add-person]");
        // A dialog that opens takes the focus, a moment after it is seen; only then does somebody type.
        await Expect(visitor.Part("person-form").Locator(":focus")).ToHaveCountAsync(1);
        await visitor.FillAsync("[data-ct=name]", "Mika Koski");
        // Left and entered again: what a field tells while its circuit is away may meet a handler that is gone, which Blazor calls an error.
        await visitor.Page.Keyboard.PressAsync("Tab");
        await visitor.Page.Keyboard.PressAsync("Shift+Tab");
        await Expect(visitor.Part("name")).ToBeFocusedAsync();
        await visitor.Page.EvaluateAsync("() => window.ctSockets.forEach(socket => socket.close())");
        await Expect(visitor.Page.Locator("#lost-bar")).ToContainTextAsync("Connection lost");
        await Expect(visitor.Page.Locator("#lost-bar")).ToBeHiddenAsync();
        // What was typed is there, the cursor stands where it stood, and the page listens.
        await Expect(visitor.Part("name")).ToHaveValueAsync("Mika Koski");
        await Expect(visitor.Part("name")).ToBeFocusedAsync();
        await visitor.Page.Keyboard.PressAsync("Escape");
        await Expect(visitor.Part("person-form")).ToHaveCountAsync(0);
    }

    [Sabotage(30)]
    [Fact]
    public async Task P30_sabotage_a_page_that_does_not_watch_its_circuit_shows_what_was_and_can_be_clicked_in_vain()
    {
        await using var visitor = await world.VisitAsync();
        visitor.ExpectLoss();
        await KeepSocketsAsync(visitor);
        await visitor.Page.RouteAsync("**/boot*.js", async route =>
        {
            var script = await (await route.FetchAsync()).TextAsync();
            Assert.Contains("      if (lost) return;\n      lost =", script, StringComparison.Ordinal);
            await route.FulfillAsync(new() { ContentType = "text/javascript", Body = script.Replace("      if (lost) return;\n", "      document.body.id = 'cut'; return;\n", StringComparison.Ordinal) });
        });
        await visitor.SignInAsAsync(Roles.Admin, at: "/admin");
        await visitor.Page.EvaluateAsync("() => window.ctSockets.forEach(socket => socket.close())");
        await visitor.Page.WaitForSelectorAsync("body#cut");

        await visitor.Page.ClickAsync("[data-ct=add-person]");
        Assert.Equal("", await visitor.Page.InnerTextAsync("#lost-bar"));
        await Expect(visitor.Part("person-form")).ToHaveCountAsync(0);
    }

    private static Task<IAsyncDisposable> KeepSocketsAsync(Visitor visitor) => visitor.Page.AddInitScriptAsync("""
        const sockets = window.ctSockets = [];
        window.WebSocket = class extends WebSocket { constructor(...all) { super(...all); sockets.push(this); } };
        """);

    private static async Task FillAsync(TestDatabase database, int orders)
    {
        await new OrderWorld(database).ConnectAsync();
        await database.ExecuteAsync(
            $"""
             insert into flow (kind, source, source_id, brand, name, erp, state, version, steps, stage, status, value, currency, placed_at, stage_since)
             select 'order-to-cash', '{OrderWorld.Shop}', 'gid://shopify/Order/' || n, 'Northlane', '#' || n, '{OrderWorld.Erp}', '{"{}"}', 1, 1, 'posted', 'open', 1000 - n, 'EUR',
                    now() - interval '1 hour', now() - interval '20 minutes' from generate_series(1, {orders}) n
             """);
    }

    // A list that grows is scrolled again until it has grown enough and the row in its middle has come.
    private static async Task<string> RowAtAsync(Visitor visitor, int top)
    {
        var row = await visitor.Page.WaitForFunctionAsync(
            """
            top => {
              const box = document.getElementById('orders-scroll');
              if (!box) return null;
              if (box.scrollTop !== top) { box.scrollTop = top; return null; }
              const at = box.getBoundingClientRect();
              return document.elementFromPoint(at.x + 80, at.y + at.height / 2)?.closest('tr[data-ct^="order:"]')?.dataset.ct ?? null;
            }
            """,
            top, new PageWaitForFunctionOptions { PollingInterval = 250 });
        return await row.JsonValueAsync<string>();
    }
}
