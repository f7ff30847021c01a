using System.Globalization;
using System.Net.Http.Json;
using ControlTower.Simulator;
using ControlTower.Tests.Support;
using ControlTower.Verify;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>A promotion from the first click to the last price that is back, by two people in two browsers, over the estate's ERP, web shop and tills, one of which is away just when it is rolled back.</summary>
public sealed class PromotionJourneyBrowserTests : IAsyncLifetime
{
    private const string FeedsNow = "update feed_cursor set due_at = now() where feed = 'products-all' and due_at > now() + interval '3 seconds' and heard_at is null";
    private static readonly LocatorAssertionsToContainTextOptions Long = new() { Timeout = 90_000 };

    private readonly BrowserWorld world = new() { Own = false };
    private readonly HttpClient http = new();
    private EstateApp? estate;
    private TestTower? tower;

    public async ValueTask InitializeAsync()
    {
        if (BrowserWorld.Chromium is not null)
        {
            var address = $"http://127.0.0.1:{DeskMorning.FreePort()}";
            estate = await EstateApp.StartAsync(new EstateOptions { Seed = 11, TrafficRunning = false, Tills = 2, TowerUrl = address });
            tower = await TestTower.StartAsync(null, null, $"urls={address}", "Tower:Roles=both", $"Estate:Url={estate.BaseUrl}", $"Tower:PublicUrl={address}");
            await world.InitializeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await world.DisposeAsync();
        await (tower?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (estate?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    [Promise(16)]
    [Promise(17)]
    public async Task A_promotion_is_planned_agreed_to_released_and_brought_home_while_a_channel_is_away()
    {
        await using var author = await world.VisitAsync(tower: tower);
        await UntilAsync("select count(*) from catalog_state where connection_id in ('shopify-eu', 'square-eu') and compared_at is not null and dirty_at is null", 2, FeedsNow);
        var skus = (await tower!.Database.ScalarAsync<string>(
            "select string_agg(sku, ',') from (select sku from catalog_item where connection_id in ('bc-eu', 'shopify-eu', 'square-eu') and active and gone_at is null and price > 20 group by sku having count(distinct connection_id) = 3 order by sku limit 3) x"))!.Split(',');
        Assert.Equal(3, skus.Length);
        var before = Prices(skus);

        await author.SignInAsAsync(Roles.Merchandiser, at: "/promotions/new");
        var page = author.Page;
        await page.FillAsync("[data-ct=name]", "Black Friday outerwear");
        await page.FillAsync("[data-ct=paste]", string.Join('\n', skus));
        await page.ClickAsync("[data-ct=add-pasted]");
        foreach (var target in new[] { "bc-eu", "shopify-eu", "square-eu" })
        {
            await page.CheckAsync($"[data-ct='target:{target}']");
        }

        await page.ClickAsync("[data-ct='step:prices']");
        await page.FillAsync("[data-ct=percent]", "30");
        await page.Locator("[data-ct=percent]").BlurAsync();
        await page.ClickAsync("[data-ct='step:schedule']");
        var today = await tower.Database.ScalarAsync<DateTime>("select (now() at time zone 'Europe/Berlin')::date::timestamp");
        await page.FillAsync("[data-ct=start-day]", today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        await page.FillAsync("[data-ct=end-day]", today.AddDays(3).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        await page.Locator("[data-ct=end-day]").BlurAsync();
        await page.ClickAsync("[data-ct=save]");
        await UntilAsync("select count(*) from promotion", 1);
        var id = await tower.Database.ScalarAsync<long>("select id from promotion");
        await author.AtAsync($"/promotions/{id}");

        await page.GotoAsync($"/promotions/{id}?step=preflight");
        await author.LiveAsync();
        await page.ClickAsync("[data-ct=check]");
        await Expect(author.Part("finding:room")).ToContainTextAsync("writes", Long);
        await AcknowledgeAsync(author);
        await author.PicturesAsync("journey-preflight");
        await page.ClickAsync("[data-ct=dry-run]");
        await Expect(author.Part("finding:dry-run")).ToContainTextAsync("Done", Long);
        await page.ClickAsync("[data-ct='finding:dry-run']");
        await Expect(author.Part("outcome").First).ToContainTextAsync("becomes");
        await page.GotoAsync($"/promotions/{id}?step=approval");
        await author.LiveAsync();
        await page.ClickAsync("[data-ct=send]");
        await Expect(author.Part("four-eyes")).ToBeVisibleAsync();

        await using var other = await world.VisitAsync(tower: tower);
        await other.SignInAsAsync(Roles.Merchandiser, at: $"/promotions/{id}?step=approval");
        await other.Page.ClickAsync("[data-ct=approve]");
        await UntilAsync("select count(*) from promotion where released is not null", 1);
        await other.Page.GotoAsync($"/promotions/{id}/release");
        await Expect(other.Part("release-head")).ToContainTextAsync("Live", Long);
        var during = Prices(skus);
        Assert.All(before.Keys, key => Assert.Equal(decimal.Round(before[key] * 0.7m, 2, MidpointRounding.AwayFromZero), during[key]));
        await other.PicturesAsync("journey-live");

        await FaultAsync("shopify-eu", new { kind = "down" });
        await other.Page.ClickAsync("[data-ct=roll-back]");
        await other.FillAsync("[data-ct=reason]", "The margin is wrong.");
        await other.Page.ClickAsync("[data-ct=confirm]");
        await UntilAsync("select count(distinct connection_id) from promotion_cell where phase = 'reverted'", 2);
        await Expect(other.Part("going-back")).ToContainTextAsync("The margin is wrong.");
        Assert.Equal("rolling-back", await tower.Database.ScalarAsync<string>("select state from promotion"));
        Assert.NotEqual(before[("shopify-eu", skus[0])], Prices(skus)[("shopify-eu", skus[0])]);
        await other.PicturesAsync("journey-rolling-back");

        (await http.DeleteAsync(new Uri($"{estate!.BaseUrl}/estate/faults/all"), TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        await Expect(other.Part("release-head")).ToContainTextAsync("Rolled back", new() { Timeout = 180_000 });
        Assert.Equal(before.OrderBy(p => p.Key), Prices(skus).OrderBy(p => p.Key));
        await Expect(other.Part("back-took")).ToContainTextAsync("it took");
        await other.PicturesAsync("journey-rolled-back");
        await SoundAsync();
    }

    private static async Task AcknowledgeAsync(Visitor visitor)
    {
        foreach (var finding in await visitor.Tower.Database.ScalarAsync<string[]>("select array(select check_name from promotion_finding where tone = 'warning' order by 1)") ?? [])
        {
            await visitor.Page.ClickAsync($"[data-ct='finding:{finding}']");
            await visitor.Page.ClickAsync("[data-ct=acknowledge]");
            await visitor.FillAsync("[data-ct=reason]", "Known.");
            await visitor.Page.ClickAsync("[data-ct=confirm]");
            await Expect(visitor.Part($"finding:{finding}")).ToContainTextAsync("Known.");
        }
    }

    /// <summary>What each system of the estate really shows.</summary>
    private Dictionary<(string System, string Sku), decimal> Prices(IEnumerable<string> skus)
    {
        var (shop, pos, company) = (estate!.Estate.Shop("eu")!, estate.Estate.Pos!, estate.Estate.Erp("eu")!.Company);
        var prices = new Dictionary<(string, string), decimal>();
        foreach (var sku in skus)
        {
            var article = pos.Account.Articles.Single(a => a.Sku == sku);
            prices[("shopify-eu", sku)] = shop.Read(() => shop.Listings.Of(article)).Price;
            prices[("square-eu", sku)] = pos.PriceOf(article) / 100m;
            prices[("bc-eu", sku)] = company.PriceOf(sku);
        }

        return prices;
    }

    private async Task FaultAsync(string system, object fault) =>
        (await http.PostAsJsonAsync($"{estate!.BaseUrl}/estate/faults/{system}", fault, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();

    private async Task SoundAsync()
    {
        await using var said = new StringWriter(CultureInfo.InvariantCulture);
        await VerifyProgram.RunAsync([tower!.Database.ConnectionString], said, said, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(said.ToString().Split('\n'), line => line.StartsWith("FAIL", StringComparison.Ordinal) && line.Contains("promotion-", StringComparison.Ordinal));
    }

    private async Task UntilAsync(string sql, long expected, string? meanwhile = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        for (var last = -1L; last != expected; last = await tower!.Database.ScalarAsync<long>(sql))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(3), $"{sql} is {last}, not {expected}.\n{string.Join('\n', tower!.Log.Errors)}");
            if (meanwhile is not null)
            {
                await tower.Database.ExecuteAsync(meanwhile);
            }

            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
