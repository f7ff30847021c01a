using ControlTower.Data.Inventory;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>Drift as people see it: where, how far, why, and set right in sight of what changes.</summary>
public sealed class DriftBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Drift_is_found_on_the_map_narrowed_previewed_and_set_right()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/inventory/drift");
        await Expect(visitor.Part("empty")).ToContainTextAsync("No channel is told its stock yet");
        await PublishAsync();
        await visitor.Page.ReloadAsync();
        await visitor.LiveAsync();
        await Expect(visitor.Part("map:shopify-eu:shop-1")).ToContainTextAsync("Shopify EU");
        await Expect(visitor.Part("map:shopify-eu:shop-1")).ToContainTextAsync("50.0%");
        await Expect(visitor.Part("cell:PARKA:shop-1")).ToContainTextAsync("Shows too much");
        await Expect(visitor.Part("cell:PARKA:shop-1")).ToContainTextAsync("the tower left 2 there");
        await Expect(visitor.Part("days")).ToContainTextAsync("50.0%");
        await visitor.PicturesAsync("drift");

        await visitor.Page.ClickAsync("[data-ct='view:failed']");
        await visitor.AtAsync("/inventory/drift?view=failed");
        await Expect(visitor.Part("cell:SCARF:east")).ToContainTextAsync("does not list this SKU");
        await visitor.Page.ClickAsync("[data-ct='map:shopify-eu:shop-1'] a");
        await visitor.AtAsync("/inventory/drift?view=failed&channel=shopify-eu&place=shop-1");
        await Expect(visitor.Part("empty")).ToContainTextAsync("Nothing of these waits");
        await visitor.Page.ClickAsync("[data-ct='view:adrift']");
        await Expect(visitor.Part("check")).ToBeVisibleAsync();
        await visitor.Page.Keyboard.PressAsync("j");
        await Expect(visitor.Page.Locator("[data-ct='cell:PARKA:shop-1'][aria-current=true]")).ToHaveCountAsync(1);
        await visitor.Page.Keyboard.PressAsync("r");
        await Expect(visitor.Part("frozen-count")).ToHaveTextAsync("1 cell");
        await visitor.PicturesAsync("drift-repair");
        await visitor.Page.ClickAsync("[data-ct=repair-now]");
        await Expect(visitor.Part("cell:PARKA:shop-1")).ToContainTextAsync("Being set right");
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'inventory:drift:repair'"));
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from stock_publication where repair"));

        await visitor.Page.ClickAsync("[data-ct=check]");
        await Expect(visitor.Page.GetByText("being compared")).ToBeVisibleAsync();
        await visitor.Page.GotoAsync("/inventory/sku/PARKA");
        await Expect(visitor.Part("published:shopify-eu:shop-1")).ToContainTextAsync("Being set right");
        await visitor.PicturesAsync("inventory-published");
        await visitor.Page.GotoAsync("/inventory/drift?view=nonsense&place=%00");
        await Expect(visitor.Part("map")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Who_may_only_look_sees_what_to_ask_for()
    {
        await using var visitor = await world.VisitAsync();
        await PublishAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/inventory/drift");
        await Expect(visitor.Part("cell:PARKA:shop-1")).ToBeVisibleAsync();
        await Expect(visitor.Part("repair")).ToHaveCountAsync(0);
        await Expect(visitor.Part("panel:cells")).ToContainTextAsync("inventory:drift:repair");
        await visitor.Page.Keyboard.PressAsync("r");
        await Expect(visitor.Part("frozen")).ToHaveCountAsync(0);
    }

    private async Task PublishAsync()
    {
        await new OrderWorld(world.Tower.Database).ConnectAsync();
        var data = world.Tower.Database.Sources.Work;
        await StockStore.AddLocationsAsync(data, [new("east", "East", "warehouse", "Northlane"), new("shop-1", "Store Haarlem", "store", "Northlane")], default);
        await StockStore.CountAsync(data, [new("PARKA", "east", 12), new("PARKA", "shop-1", 2), new("SCARF", "east", 4), new("SCARF", "shop-1", 1)], "count/test", default);
        await world.Tower.Database.ExecuteAsync(
            """
            update connection set settings = '{"publishStock":"changes","location:1":"east","location:2":"shop-1"}' where id = 'shopify-eu';
            select publication_mark(1000);
            update stock_publication set published = expected, seen = expected, published_at = now(), seen_at = now(), checked_at = now(), due_at = null;
            update stock_publication set seen = 5, drift = 3, drift_since = now() - interval '2 hours', drift_found = 2, moved_at = now() - interval '2 hours' where sku = 'PARKA' and location = 'shop-1';
            update stock_publication set seen = null, failure = 'missing', failure_message = 'The channel does not list this SKU at this place, or lists it twice.', failed_at = now() where sku = 'SCARF' and location = 'east';
            insert into drift_day values ('shopify-eu', 'shop-1', (now() at time zone 'UTC')::date, 2, 1, 3, 0);
            """);
    }
}
