using ControlTower.Data.Canonical;
using ControlTower.Data.Inventory;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>What is kept from channels, what is set aside for nothing, and the programs that hold goods, as people see and change them.</summary>
public sealed class StockDeskBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_merchandiser_keeps_pieces_from_a_channel_and_operations_sees_the_rule_without_changing_it()
    {
        await PlacesAsync();
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/inventory/rules");
        await Expect(visitor.Part("empty")).ToContainTextAsync("Nothing is kept back");
        await visitor.Page.ClickAsync("[data-ct=add-rule]");
        await visitor.Page.ClickAsync("[data-ct=rule-save]");
        await Expect(visitor.Part("wrong")).ToContainTextAsync("This rule keeps nothing");
        await visitor.FillAsync("[data-ct=rule-sku]", "PARKA");
        await visitor.Page.SelectOptionAsync("[data-ct=rule-channel]", "shopify-eu");
        await visitor.FillAsync("[data-ct=rule-buffer]", "2,5");
        await visitor.Page.ClickAsync("[data-ct=rule-save]");
        await Expect(visitor.Part("wrong")).ToContainTextAsync("whole number");
        await visitor.PicturesAsync("inventory-rule-form");
        await visitor.FillAsync("[data-ct=rule-buffer]", "2");
        await visitor.FillAsync("[data-ct=rule-percent]", "12.5");
        await visitor.Page.ClickAsync("[data-ct=rule-save]");
        await Expect(visitor.Part("rules")).ToContainTextAsync("2 pieces and 12.5 % of what is on hand");
        await visitor.PicturesAsync("inventory-rules");

        await using var other = await world.VisitAsync();
        await other.SignInAsAsync(Roles.Operations, at: "/inventory/rules");
        await Expect(other.Part("rules")).ToContainTextAsync("PARKA");
        await Expect(other.Part("add-rule")).ToHaveCountAsync(0);
        // Another changes it after the person has read it: nothing of theirs is lost.
        await visitor.Page.Locator("[aria-label^='Remove the rule']").ClickAsync();
        await Expect(visitor.Part("rule-remove-now")).ToBeVisibleAsync();
        await world.Tower.Database.ExecuteAsync("update channel_rule set revision = revision + 1, buffer = 9");
        await visitor.Page.ClickAsync("[data-ct=rule-remove-now]");
        await Expect(visitor.Part("rules")).ToContainTextAsync("9 pieces");
        await visitor.Page.Locator("[aria-label^='Remove the rule']").ClickAsync();
        await visitor.Page.ClickAsync("[data-ct=rule-remove-now]");
        await Expect(visitor.Part("empty")).ToBeVisibleAsync();
        Assert.Equal(2, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'inventory:rule:write'"));
    }

    [Fact]
    public async Task What_is_set_aside_for_an_order_that_never_came_is_found_explained_and_given_back()
    {
        await PlacesAsync();
        var holds = new StockHoldStore(world.Tower.Database.Sources);
        HoldRequest Cart(string reference) => new(
            Guid.NewGuid(), HoldKind.Cart, null, FulfilmentMode.Ship, null, true, reference, "client:gone", TimeSpan.FromHours(1), [new StockLine("1", "PARKA", 2)]);
        var (orphan, wanted) = (Cart("cart-4711"), Cart("cart-4712"));
        await holds.HoldAsync([orphan, wanted], default);
        await holds.NameOrderAsync(orphan.Id, orphan.Client, new OrderKey("shopify-eu", "9001"), default);
        await world.Tower.Database.ExecuteAsync($"update stock_hold set made_at = made_at - interval '3 hours', named_at = named_at - interval '3 hours' where id = '{orphan.Id}'");
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/inventory/set-aside");
        await Expect(visitor.Part($"aside:{orphan.Id}")).ToContainTextAsync("Order did not come");
        await Expect(visitor.Part($"aside:{wanted.Id}")).ToHaveCountAsync(0);
        await visitor.PicturesAsync("inventory-set-aside");
        await visitor.Page.ClickAsync("[data-ct='view:holds']");
        await Expect(visitor.Part($"aside:{wanted.Id}")).ToContainTextAsync("Held");
        await visitor.Page.ClickAsync("[data-ct='view:orphans']");
        await visitor.Page.ClickAsync("[data-ct=give-back]");
        await visitor.Page.ClickAsync("[data-ct=give-back-now]");
        await Expect(visitor.Part("wrong")).ToContainTextAsync("Give a reason");
        await visitor.FillAsync("[data-ct=reason]", "the shop lost the order");
        await visitor.Page.ClickAsync("[data-ct=give-back-now]");
        await Expect(visitor.Part("empty")).ToContainTextAsync("Everything that is set aside is wanted");
        Assert.Equal(2, await world.Tower.Database.ScalarAsync<int>("select reserved from stock where sku = 'PARKA'"));
        Assert.Equal("the shop lost the order", await world.Tower.Database.ScalarAsync<string>("select reason from audit where action = 'inventory:hold:release'"));

        await using var merchandiser = await world.VisitAsync();
        await merchandiser.SignInAsAsync(Roles.Merchandiser, at: "/inventory/set-aside?view=holds");
        await Expect(merchandiser.Part($"aside:{wanted.Id}")).ToBeVisibleAsync();
        await Expect(merchandiser.Part("give-back")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_admin_gives_a_program_a_key_once_and_takes_it_away_again()
    {
        await PlacesAsync();
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Admin, at: "/admin/clients");
        await Expect(visitor.Part("empty")).ToContainTextAsync("No program has a key yet");
        await visitor.Page.ClickAsync("[data-ct=add-client]");
        await visitor.Page.ClickAsync("[data-ct=client-save]");
        await Expect(visitor.Part("wrong")).ToContainTextAsync("Give a name");
        await visitor.FillAsync("[data-ct=client-name]", "Web checkout");
        await visitor.Page.CheckAsync("[data-ct='scope:api:reservation:write']");
        await visitor.Page.CheckAsync("[data-ct='channel:shopify-eu']");
        await visitor.PicturesAsync("admin-client-form");
        await visitor.Page.ClickAsync("[data-ct=client-save]");
        var key = await visitor.Part("key").InputValueAsync();
        Assert.StartsWith("ctk_", key, StringComparison.Ordinal);
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await Expect(visitor.Part("client:Web checkout")).ToContainTextAsync("Good");
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Part("client:Web checkout")).ToContainTextAsync($"…{key[^4..]}");
        Assert.DoesNotContain(key, await visitor.Page.ContentAsync(), StringComparison.Ordinal);
        await visitor.PicturesAsync("admin-clients");
        using var program = world.Tower.Client();
        program.DefaultRequestHeaders.Add("Authorization", $"Bearer {key}");
        using (var answer = await program.GetAsync("/api/v1/availability?channel=shopify-eu&sku=PARKA"))
        {
            Assert.Contains("\"available\":10", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await visitor.Page.ClickAsync($"[data-ct='revoke:{key[^4..]}']");
        await visitor.Page.ClickAsync("[data-ct=client-end-now]");
        await Expect(visitor.Part("client:Web checkout")).ToContainTextAsync("Revoked");
        Assert.Equal(2, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'admin:client:manage'"));
    }

    [Fact]
    public async Task A_merchandiser_asks_to_be_told_of_a_level_and_sees_which_are_low()
    {
        await PlacesAsync();
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/inventory/low");
        await Expect(visitor.Part("empty")).ToContainTextAsync("Nothing is watched");
        await visitor.Page.ClickAsync("[data-ct=add-watch]");
        await visitor.FillAsync("[data-ct=watch-sku]", "PARKA");
        await visitor.FillAsync("[data-ct=watch-below]", "ten");
        await visitor.Page.ClickAsync("[data-ct=watch-save]");
        await Expect(visitor.Part("wrong")).ToContainTextAsync("whole numbers");
        await visitor.PicturesAsync("inventory-low-form");
        await visitor.FillAsync("[data-ct=watch-below]", "12");
        await visitor.Page.ClickAsync("[data-ct=watch-save]");
        await Expect(visitor.Part("watch:PARKA")).ToContainTextAsync("Low");
        await visitor.PicturesAsync("inventory-low");
        await StockStore.CountAsync(world.Tower.Database.Sources.Work, [new("PARKA", "east", 30)], "count/more", default);
        await LookAsync();
        await Expect(visitor.Part("watch:PARKA")).ToContainTextAsync("Enough");
        await visitor.Page.ClickAsync("[data-ct='view:low']");
        await Expect(visitor.Part("empty")).ToContainTextAsync("Nothing that is watched is low");
        await visitor.AtAsync("/inventory/low");

        await using var other = await world.VisitAsync();
        await other.SignInAsAsync(Roles.Operations, at: "/inventory/low");
        await Expect(other.Part("watch:PARKA")).ToContainTextAsync("Enough");
        await Expect(other.Part("add-watch")).ToHaveCountAsync(0);
        await visitor.Page.ClickAsync("[data-ct=clear]");
        await visitor.Page.Locator("[aria-label^='Stop watching']").ClickAsync();
        await visitor.Page.ClickAsync("[data-ct=watch-remove-now]");
        await Expect(visitor.Part("empty")).ToContainTextAsync("Nothing is watched");
    }

    // As the worker does every two seconds.
    private Task<ControlTower.Sync.Pumps.PumpRun> LookAsync() => new ControlTower.Sync.Pumps.StockWatchPump(
        world.Tower.Database.Sources, world.Tower.Services.GetRequiredService<ControlTower.Data.Live.ChangeNotifier>()).RunOnceAsync(default);

    private async Task PlacesAsync()
    {
        await new OrderWorld(world.Tower.Database).ConnectAsync();
        await world.Tower.Services.GetRequiredService<ControlTower.Sync.Connections.ConnectionDirectory>().RefreshAsync(default);
        var data = world.Tower.Database.Sources.Work;
        await StockStore.AddLocationsAsync(data, [new("east", "East", "warehouse")], default);
        await StockStore.CountAsync(data, [new("PARKA", "east", 10)], "count/test", default);
    }
}
