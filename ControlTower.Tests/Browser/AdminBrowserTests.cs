using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using ControlTower.Simulator;
using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>What an admin sets up: from an empty tower to its first order, the configuration as a file, schedules and retention.</summary>
public sealed class AdminBrowserTests : IAsyncLifetime
{
    private static readonly LocatorAssertionsToContainTextOptions Long = new() { Timeout = 90_000 };

    private readonly BrowserWorld world = new() { Own = false };

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task From_an_empty_tower_the_first_run_setup_leads_to_the_first_order()
    {
        Assert.SkipWhen(BrowserWorld.Chromium is null, "Chromium is not installed.");
        var address = $"http://127.0.0.1:{DeskMorning.FreePort()}";
        await using var estate = await EstateApp.StartAsync(new ControlTower.Simulator.EstateOptions { Seed = 11, TrafficRunning = false, TowerUrl = address });
        await using var tower = await TestTower.StartAsync(null, null, $"urls={address}", "Tower:Roles=both", $"Tower:PublicUrl={address}");
        await using var visitor = await world.VisitAsync(tower: tower);
        var person = await tower.PersonAsync(Roles.Admin);
        await visitor.Page.GotoAsync("/sign-in");
        await visitor.FillAsync("input[type=email]", person.Email);
        await visitor.FillAsync("#password", TestTower.Password);
        await visitor.Page.ClickAsync("[data-ct=sign-in]");
        await visitor.AtAsync("/start");
        await visitor.LiveAsync();
        await Expect(visitor.Part("panel:step")).ToContainTextAsync("No place is known");
        await visitor.PicturesAsync("start-empty");

        await visitor.Page.ClickAsync("[data-ct='step:connections']");
        await Expect(visitor.Part("gap")).ToHaveCountAsync(2);
        await visitor.Page.ClickAsync("text=Connect Business Central");
        await visitor.AtAsync("/connections/new");
        await Expect(visitor.Part("connection-form")).ToContainTextAsync("Directory (tenant) id");
        await visitor.Page.ClickAsync("text=Cancel");
        await visitor.AtAsync("/start");

        // As a start with the simulated estate does it.
        using var http = new HttpClient();
        var seed = await http.GetFromJsonAsync<ConnectionSeed>(new Uri($"{estate.BaseUrl}/estate/connections"), new System.Text.Json.JsonSerializerOptions(System.Text.Json.JsonSerializerDefaults.Web), TestContext.Current.CancellationToken);
        await tower.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(seed!, TestContext.Current.CancellationToken);
        await Expect(visitor.Part("system:bc-eu")).ToContainTextAsync("Proven", Long);
        await Expect(visitor.Part("system:shopify-eu")).ToContainTextAsync("Proven", Long);
        await visitor.PicturesAsync("start-connections");
        await visitor.Page.ClickAsync("[data-ct='step:look-back']");
        await Expect(visitor.Part("panel:step")).ToContainTextAsync("read from");
        await visitor.Page.ClickAsync("[data-ct='step:live']");
        await Expect(visitor.Part("waiting")).ToContainTextAsync("Nothing is in the way", Long);

        (await http.PostAsJsonAsync($"{estate.BaseUrl}/estate/orders", new { shop = "shopify-eu", count = 1 }, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        await Expect(visitor.Part("first-order")).ToContainTextAsync("Booked in the ERP", Long);
        await Expect(visitor.Part("step:live")).ToHaveAttributeAsync("data-done", "yes");
        await visitor.PicturesAsync("start-live");

        await visitor.Page.GotoAsync("/");
        await Expect(visitor.Part("panel:stages")).ToBeVisibleAsync();
        await Expect(visitor.Part("start-banner")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_configuration_is_taken_out_edited_looked_at_and_put_into_force()
    {
        Assert.SkipWhen(BrowserWorld.Chromium is null, "Chromium is not installed.");
        await using var tower = await TestTower.StartAsync(null, null, "Tower:StoreZone=Europe/Amsterdam");
        await tower.Database.ExecuteAsync("insert into currency_rate (currency, rate, as_of, changed_by) values ('GBP', 1.1742, '2026-11-24', 'Ida Holm'), ('SEK', 0.087, '2026-11-24', 'Ida Holm')");
        await using var visitor = await world.VisitAsync(tower: tower);
        await visitor.SignInAsAsync(Roles.Admin, at: "/admin/configuration");
        var download = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.Page.ClickAsync("[data-ct=export]"));
        await using var stream = await download.CreateReadStreamAsync();
        var root = (await JsonNode.ParseAsync(stream, cancellationToken: TestContext.Current.CancellationToken))!;
        var rates = root["sections"]!["currencies"]!.AsArray();
        rates[0]!["rate"] = 1.2;
        rates.RemoveAt(1);
        rates.Add(JsonNode.Parse("""{"currency": "USD", "rate": 0.9, "asOf": "2026-11-24"}"""));

        await ChooseAsync(visitor, root.ToJsonString());
        await Expect(visitor.Part("said")).ToContainTextAsync("1 to add, 1 to change, 0 to remove. 1 that the file does not have stays.");
        await Expect(visitor.Part("change:currencies:GBP")).ToContainTextAsync("1.1742");
        await visitor.Page.CheckAsync("[data-ct=remove]");
        await Expect(visitor.Part("change:currencies:SEK")).ToContainTextAsync("Removed");
        await Expect(visitor.Part("apply")).ToBeDisabledAsync();
        await visitor.FillAsync("[data-ct=reason]", "Rates of the week");
        await visitor.PicturesAsync("configuration-differences");

        // Somebody else is faster: what is confirmed is looked at again.
        await tower.Database.ExecuteAsync("update currency_rate set rate = 1.19 where currency = 'GBP'");
        await visitor.Page.ClickAsync("[data-ct=apply]");
        await Expect(visitor.Part("said")).ToContainTextAsync("Something changed here since you looked");
        await Expect(visitor.Part("change:currencies:GBP")).ToContainTextAsync("1.19");
        await visitor.Page.ClickAsync("[data-ct=apply]");
        await Expect(visitor.Part("said")).ToContainTextAsync("Done: 1 added, 1 changed, 1 removed.");
        Assert.Equal("GBP 1.2, USD 0.9", await tower.Database.ScalarAsync<string>("select string_agg(currency || ' ' || trim_scale(rate), ', ' order by currency) from currency_rate"));

        await ChooseAsync(visitor, root.ToJsonString());
        await Expect(visitor.Part("said")).ToContainTextAsync("Nothing to do");
        rates[0]!["secret"] = "x";
        await ChooseAsync(visitor, root.ToJsonString());
        await Expect(visitor.Part("problems")).ToContainTextAsync("/sections/currencies/0/secret");
        await visitor.PicturesAsync("configuration-refused");
    }

    [Fact]
    public async Task Schedules_are_changed_in_sight_of_what_comes_paused_with_a_reason_and_data_is_kept_as_long_as_is_set()
    {
        Assert.SkipWhen(BrowserWorld.Chromium is null, "Chromium is not installed.");
        await using var tower = await TestTower.StartAsync(null, null, "Tower:StoreZone=Europe/Amsterdam");
        await using var visitor = await world.VisitAsync(tower: tower);
        await visitor.SignInAsAsync(Roles.Admin, at: "/admin/schedules");
        await visitor.Page.ClickAsync("[data-ct='change:retention']");
        await visitor.FillAsync("[data-ct=cron]", "* * * * *");
        await Expect(visitor.Part("preview")).ToContainTextAsync("every 60 minutes at most");
        await visitor.FillAsync("[data-ct=cron]", "0 0 31 2 *");
        await Expect(visitor.Part("preview")).ToContainTextAsync("never come");
        await Expect(visitor.Part("cron-save")).ToBeDisabledAsync();
        await visitor.FillAsync("[data-ct=cron]", "30 4 * * *");
        await Expect(visitor.Part("preview").Locator("li")).ToHaveCountAsync(5);
        await visitor.PicturesAsync("schedule-change");
        await visitor.Page.ClickAsync("[data-ct=cron-save]");
        await Expect(visitor.Part("schedule:retention")).ToContainTextAsync("daily at 04:30 UTC");
        await visitor.Page.ClickAsync("[data-ct='pause:retention']");
        await Expect(visitor.Part("without")).ToContainTextAsync("Nothing is erased");
        await visitor.FillAsync("[data-ct=reason]", "An audit is under way");
        await visitor.Page.ClickAsync("[data-ct=pause-now]");
        await Expect(visitor.Part("schedule:retention")).ToContainTextAsync("An audit is under way");
        await visitor.PicturesAsync("schedules");
        await visitor.Page.ClickAsync("[data-ct='resume:retention']");
        await Expect(visitor.Part("pause:retention")).ToBeVisibleAsync();

        await visitor.Page.GotoAsync("/admin/limits");
        await visitor.Page.ClickAsync("[data-ct='change:reserved']");
        await visitor.FillAsync("[data-ct=amount]", "x");
        await visitor.Page.ClickAsync("[data-ct=save]");
        await Expect(visitor.Part("wrong")).ToContainTextAsync("whole number");
        await visitor.FillAsync("[data-ct=amount]", "45");
        await visitor.Page.SelectOptionAsync("[data-ct=unit]", "1");
        await Expect(visitor.Part("would")).ToContainTextAsync("0 of 0 that stand there now would be late");
        await visitor.FillAsync("[data-ct=reason]", "Pickers are faster now");
        await visitor.PicturesAsync("stage-limit-change");
        await visitor.Page.ClickAsync("[data-ct=save]");
        await Expect(visitor.Part("stage:reserved")).ToContainTextAsync("45 min");
        await visitor.PicturesAsync("stage-limits");

        await visitor.Page.GotoAsync("/admin/retention");
        await visitor.Page.ClickAsync("[data-ct='change:bodies']");
        await visitor.FillAsync("[data-ct=days]", "14");
        await Expect(visitor.Part("shorter")).ToContainTextAsync("does not come back");
        await visitor.Page.ClickAsync("[data-ct=save]");
        await Expect(visitor.Part("wrong")).ToContainTextAsync("Give a reason");
        await visitor.FillAsync("[data-ct=reason]", "asked for");
        await visitor.PicturesAsync("retention-change");
        await visitor.Page.ClickAsync("[data-ct=save]");
        await Expect(visitor.Part("kind:bodies")).ToContainTextAsync("14 days");
        await visitor.PicturesAsync("retention");

        await visitor.Page.GotoAsync("/connections/capabilities");
        await Expect(visitor.Part("connector:shopify")).ToContainTextAsync("compare at");
        await visitor.PicturesAsync("capabilities");
    }

    private static Task ChooseAsync(Visitor visitor, string text) =>
        visitor.ChooseAsync("[data-ct=file]", new FilePayload { Name = "configuration.json", MimeType = "application/json", Buffer = Encoding.UTF8.GetBytes(text) });
}
