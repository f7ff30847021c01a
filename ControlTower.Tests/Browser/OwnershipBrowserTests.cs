using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Ownership;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>Who owns what, as people see and change it: two admins in two browsers, the queue of what waits, and whoever may only look.</summary>
public sealed class OwnershipBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new() { Settings = ["Tower:Roles=web"] };

    private TestDatabase Database => world.Tower.Database;

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task One_admin_drafts_tries_and_asks_another_approves_the_matrix_changes_live_and_one_returns()
    {
        await using var tess = await world.VisitAsync();
        await using var rik = await world.VisitAsync();
        await PlantAsync();
        var (author, other) = (await world.Tower.PersonAsync(Roles.Admin, name: "Tess Visser"), await world.Tower.PersonAsync(Roles.Admin, name: "Rik Bakker"));
        await tess.SignInAsync(author, "/ownership");
        await Expect(tess.Part("cell:price:shopify-eu")).ToContainTextAsync("Reads");
        await Expect(tess.Part("cell:price:bc-eu")).ToContainTextAsync("Owns");
        await Expect(tess.Part("newest")).ToContainTextAsync("NL-PARKA-XL");

        await tess.PicturesAsync("ownership-in-force");

        await tess.Page.ClickAsync("[data-ct=draft-change]");
        await tess.AtAsync("/ownership/new");
        await tess.Page.ClickAsync("[data-ct=save]");
        await Expect(tess.Part("wrong:title")).ToBeVisibleAsync();
        await tess.FillAsync("[data-ct=title]", "Shopify EU sets no prices");
        await tess.FillAsync("[data-ct=why]", "Members week: prices come from the ERP alone.");
        var rule = tess.Part("rule:0");
        await rule.Locator("[data-ct=domain]").SelectOptionAsync("price");
        await Expect(rule.Locator("[data-ct='sources:owners']")).ToContainTextAsync("every ERP");
        await rule.Locator("[data-ct='sources:blocked'] [data-ct=add]").SelectOptionAsync("shopify-eu");
        await Expect(rule.Locator("[data-ct='sources:blocked'] [data-ct=add]")).ToHaveValueAsync("");
        await rule.Locator("[data-ct=mode]").SelectOptionAsync("Enforce");
        await Expect(tess.Part("difference")).ToContainTextAsync("Shopify EU: Reads → Blocked");
        await Expect(tess.Part("difference")).ToContainTextAsync("Writes by others: let through → blocked");
        await tess.PicturesAsync("ownership-draft");
        await tess.Page.ClickAsync("[data-ct=save]");
        await tess.AtAsync("/ownership");

        await Expect(tess.Part("panel:change")).ToContainTextAsync("Draft 2");
        await Expect(tess.Part("ask")).ToBeDisabledAsync();
        await tess.Page.ClickAsync("[data-ct=try]");
        await Expect(tess.Part("harder")).ToHaveTextAsync("2");
        await Expect(tess.Part("trial")).ToContainTextAsync("1 was corrected");
        await Expect(tess.Part("trial")).ToContainTextAsync("1 looks wanted");
        await Expect(tess.Part("cell:price:shopify-eu")).ToContainTextAsync("changes in draft 2");
        await tess.Page.ClickAsync("[data-ct=ask]");
        await Expect(tess.Part("panel:change")).ToContainTextAsync("Waits for approval");
        await Expect(tess.Part("approve")).ToHaveCountAsync(0);
        await tess.PicturesAsync("ownership");
        var forced = await DeskOf().ApproveAsync(2, (await ReadAsync(2)).Version, "", Of(author), CancellationToken.None);
        Assert.Equal("own", Assert.IsType<OwnershipAnswer.Refused>(forced).Rule);

        await tess.Page.ClickAsync("[data-ct=only-left]");
        await Expect(tess.Part("writes").Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(tess.Part("writes")).ToContainTextAsync("FJ-GLOVE");
        await tess.Page.GotoAsync("/ownership");
        await tess.LiveAsync();
        await Expect(tess.Part("cell:price:shopify-eu")).ToContainTextAsync("Reads");

        await rik.SignInAsync(other, "/ownership?change=2");
        await rik.Page.ClickAsync("[data-ct=approve]");
        await rik.FillAsync("[data-ct=words]", "Agreed for the week.");
        await rik.Page.ClickAsync("[data-ct=confirm]");
        await Expect(rik.Part("decided")).ToContainTextAsync("Rik Bakker");
        await Expect(rik.Part("panel:change")).ToContainTextAsync("In force");
        await Expect(tess.Part("cell:price:shopify-eu")).ToContainTextAsync("Blocked");

        await rik.Page.GotoAsync("/ownership/history?open=1");
        await Expect(rik.Part("history")).ToContainTextAsync("Shopify EU sets no prices");
        await rik.PicturesAsync("ownership-history");
        await rik.Page.ClickAsync("[data-ct='version:1'] [data-ct=return]");
        await rik.Page.ClickAsync("[data-ct=confirm]");
        await Expect(rik.Part("ownership-box").GetByRole(AriaRole.Alert)).ToContainTextAsync("Say why");
        await rik.FillAsync("[data-ct=words]", "The week is over.");
        await rik.Page.ClickAsync("[data-ct=confirm]");
        await Expect(rik.Part("change:2")).ToContainTextAsync("Ended");
        await Expect(tess.Part("cell:price:shopify-eu")).ToContainTextAsync("Reads");
        Assert.Equal(1, await Database.ScalarAsync<long>("select count(*) from audit where action = 'ownership:rule:approve' and subject = 'ownership:1' and reason = 'The week is over.'"));
    }

    [Fact]
    public async Task What_waits_is_chosen_by_keys_and_accepted_or_refused_with_a_reason()
    {
        await using var visitor = await world.VisitAsync();
        await PlantAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/ownership/writes?waiting=1");
        await Expect(visitor.Part("writes").Locator("tbody tr")).ToHaveCountAsync(2);
        await visitor.PicturesAsync("ownership-waiting");
        await visitor.Page.Keyboard.PressAsync("j");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Part("write-facts")).ToContainTextAsync("Vendure UK");
        await visitor.AccessibleAsync();
        await visitor.Page.ClickAsync("[data-ct=refuse-one]");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("settle").GetByRole(AriaRole.Alert)).ToContainTextAsync("Say why");
        await visitor.FillAsync("[data-ct=why]", "A typing error.");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("writes").Locator("tbody tr")).ToHaveCountAsync(1);
        // The list may know before the box is closed.
        await Expect(visitor.Part("settle")).ToHaveCountAsync(0);
        await Expect(visitor.Part("write-facts")).ToHaveCountAsync(0);

        await visitor.Page.Keyboard.PressAsync("j");
        await visitor.Page.Keyboard.PressAsync("x");
        await Expect(visitor.Part("selection")).ToContainTextAsync("1 selected");
        await visitor.Page.ClickAsync("[data-ct=accept]");
        await visitor.FillAsync("[data-ct=why]", "The shop is right.");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("empty")).ToContainTextAsync("Nothing waits.");
        Assert.Equal("accepted,refused", await Database.ScalarAsync<string>("select string_agg(settled_as, ',' order by settled_as) from ownership_write where verdict = 'quarantined'"));
        Assert.Equal(2, await Database.ScalarAsync<long>("select count(*) from audit where action = 'ownership:write:settle'"));
    }

    [Fact]
    public async Task Whoever_may_only_look_sees_every_page_and_no_action()
    {
        await using var visitor = await world.VisitAsync();
        await PlantAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/ownership");
        await Expect(visitor.Part("matrix")).ToBeVisibleAsync();
        await Expect(visitor.Part("draft-change")).ToHaveCountAsync(0);
        await Expect(visitor.Part("acts")).ToHaveCountAsync(0);
        await visitor.Page.ClickAsync("[data-ct='tab:Field overrides']");
        await Expect(visitor.Part("override:product:title")).ToContainTextAsync("every shop");
        await visitor.PicturesAsync("ownership-overrides");
        await visitor.Page.ClickAsync("[data-ct='tab:Blocked writes']");
        await Expect(visitor.Part("writes")).ToContainTextAsync("NL-BOOT-42");
        await visitor.PicturesAsync("ownership-writes");
        await visitor.Page.ClickAsync("[data-ct='tab:Waiting']");
        await Expect(visitor.Part("read-only")).ToBeVisibleAsync();
        await Expect(visitor.Part("tick-all")).ToHaveCountAsync(0);
        await visitor.Page.ClickAsync("[data-ct='tab:Conflicts']");
        await Expect(visitor.Part("cell:price:shopify-eu")).ToContainTextAsync("3");
        await visitor.PicturesAsync("ownership-conflicts");
        await visitor.Page.ClickAsync("[data-ct='cell:price:shopify-eu']");
        await Expect(visitor.Part("writes").Locator("tbody tr")).ToHaveCountAsync(3);
        await visitor.Page.ClickAsync("[data-ct='tab:History']");
        await Expect(visitor.Part("change:1")).ToContainTextAsync("In force");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task On_a_phone_the_room_is_read_without_sideways_scrolling(bool dark)
    {
        await using var visitor = await world.VisitAsync(dark, 390, 844);
        await PlantAsync();
        await visitor.SignInAsAsync(Roles.Admin, at: "/ownership");
        foreach (var (path, part) in new[] { ("/ownership", "matrix"), ("/ownership/writes", "writes"), ("/ownership/conflicts", "heat"), ("/ownership/history", "history") })
        {
            await visitor.Page.GotoAsync(path);
            await Expect(visitor.Part(part)).ToBeVisibleAsync();
            await visitor.LiveAsync();
            await visitor.PictureAsync($"phone-ownership-{part}-{(dark ? "dark" : "light")}");
            Assert.Equal("", await visitor.Page.EvaluateAsync<string>(
                "() => [document.documentElement, document.getElementById('main')].filter(box => box.scrollWidth > box.clientWidth).map(box => `${box.tagName} ${box.scrollWidth} > ${box.clientWidth}`).join()"));
            await Expect(visitor.Part("draft-change").Locator("visible=true")).ToHaveCountAsync(0);
            await visitor.AccessibleAsync();
        }
    }

    private static Actor Of(Account person) => new(person.Id, person.Name, person.Role, null);

    private OwnershipDesk DeskOf() => world.Tower.Services.GetRequiredService<OwnershipDesk>();

    private async Task<OwnershipChange> ReadAsync(int number) => (await world.Tower.Services.GetRequiredService<OwnershipReads>().FindAsync(number, CancellationToken.None))!;

    private async Task PlantAsync()
    {
        await new OrderWorld(Database).ConnectAsync();
        await world.Tower.Services.GetRequiredService<ConnectionDirectory>().RefreshAsync(CancellationToken.None);
        await Database.ExecuteAsync(
            """
            insert into ownership_write (at, source, domain, field, subject, brand, region, channel, old, new, owner_value, verdict, set_number) values
                (now() - interval '3 hours', 'shopify-eu', 'price', 'price', 'NL-PARKA-XL', 'Northlane', 'EU', 'shopify-eu', '209.97 EUR', '199.95 EUR', '209.97 EUR', 'let-through', 1),
                (now() - interval '2 hours', 'bc-eu', 'price', 'price', 'NL-PARKA-XL', 'Northlane', 'EU', 'bc-eu', '209.97 EUR', '205.00 EUR', null, 'owned', 1),
                (now() - interval '1 hour', 'shopify-eu', 'price', 'price', 'FJ-GLOVE', 'Northlane', 'EU', 'shopify-eu', '64.95 EUR', '59.95 EUR', '64.95 EUR', 'let-through', 1),
                (now() - interval '50 minutes', 'shopify-eu', 'price', 'price', 'NL-BOOT-42', 'Northlane', 'EU', 'shopify-eu', '219.00 EUR', '0.00 EUR', '219.00 EUR', 'blocked', 1),
                (now() - interval '40 minutes', 'shopify-eu', 'product', 'barcode', 'NL-BOOT-42', 'Northlane', 'EU', 'shopify-eu', '4006381333931', '4006381333900', '4006381333931', 'quarantined', 1),
                (now() - interval '30 minutes', 'vendure-uk', 'product', 'barcode', 'FJ-GLOVE', 'Fjord', 'UK', 'vendure-uk', '5901234123457', '5901234123400', '5901234123457', 'quarantined', 1)
            """);
    }
}
