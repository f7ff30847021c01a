using ControlTower.Data.Inventory;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>The stock as people look at it: found by keys, one SKU down to the movements of its ledger.</summary>
public sealed class InventoryBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_sku_is_found_by_keys_and_tells_its_places_who_holds_it_and_what_moved_it()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/inventory");
        await Expect(visitor.Part("empty")).ToContainTextAsync("No stock is known yet");
        await StockAsync(await (await new OrderWorld(world.Tower.Database).ConnectAsync()).OrderAsync("NL-1048213"));
        await visitor.Page.ReloadAsync();
        await visitor.LiveAsync();
        await Expect(visitor.Part("sku:PARKA 1/L")).ToContainTextAsync("Available");
        await Expect(visitor.Part("sku:SCARF")).ToContainTextAsync("Sold out");
        await Expect(visitor.Part("sku:BOOT-43")).ToContainTextAsync("Oversold by 1");
        await visitor.PicturesAsync("inventory");

        await visitor.Page.ClickAsync("[data-ct='view:sold-out']");
        await Expect(visitor.Part("sku:SCARF")).ToBeVisibleAsync();
        await Expect(visitor.Part("sku:PARKA 1/L")).ToHaveCountAsync(0);
        await visitor.Page.GotoAsync("/inventory?q=%22x%22&view=nonsense");
        await Expect(visitor.Part("empty")).ToContainTextAsync("No SKU begins with");
        await visitor.Page.ClickAsync("[data-ct=clear]");
        await Expect(visitor.Part("sku:SCARF")).ToBeVisibleAsync();
        await visitor.Page.Keyboard.PressAsync("/");
        await Expect(visitor.Page.Locator("#filter")).ToBeFocusedAsync();
        await visitor.Page.Keyboard.TypeAsync("parka");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await visitor.AtAsync("/inventory?q=parka");
        await Expect(visitor.Part("sku:SCARF")).ToHaveCountAsync(0);
        await visitor.Page.Locator("#filter").BlurAsync();
        await visitor.Page.Keyboard.PressAsync("j");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await visitor.AtAsync("/inventory/sku/PARKA%201%2FL");

        await Expect(visitor.Part("place:east")).ToContainTextAsync("Warehouse");
        await Expect(visitor.Part("holds")).ToContainTextAsync("NL-1048213");
        await Expect(visitor.Part("ledger")).ToContainTextAsync("Reserved");
        await visitor.Page.ClickAsync("[data-ct='place:shop-1'] a");
        await Expect(visitor.Part("ledger").Locator("tbody tr")).ToHaveCountAsync(1);
        await visitor.PicturesAsync("inventory-sku");
        await world.Tower.Database.ExecuteAsync("update stock set on_hand = on_hand + 1 where sku = 'PARKA 1/L' and location = 'shop-1'");
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Part("ledger-differs")).ToContainTextAsync("does not add up");
        await visitor.Page.GotoAsync("/inventory/sku/nothing");
        await Expect(visitor.Part("empty")).ToContainTextAsync("No stock of nothing is known");
    }

    [Fact]
    public async Task Operations_keep_a_safety_stock_back_and_see_a_count_that_waits()
    {
        await StockAsync(await (await new OrderWorld(world.Tower.Database).ConnectAsync()).OrderAsync("NL-1048213"));
        await using (var connection = await world.Tower.Database.Sources.Work.OpenConnectionAsync())
        {
            await StockStore.SnapshotAsync(connection, [new("PARKA 1/L", "east", 1)], TimeProvider.System.GetUtcNow(), "count/erp", default);
        }

        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/inventory?view=counted-short");
        await Expect(visitor.Part("sku:PARKA 1/L")).ToBeVisibleAsync();
        await visitor.Page.GotoAsync("/inventory/sku/PARKA%201%2FL");
        await Expect(visitor.Part("count-waits:east")).ToContainTextAsync("East: 1 were counted");
        await Expect(visitor.Part("count-waits:east")).ToContainTextAsync("2 are promised");

        await visitor.Page.ClickAsync("[data-ct='safety:shop-1']");
        await visitor.FillAsync("[data-ct=safety-pieces]", "3");
        await visitor.FillAsync("[data-ct=safety-reason]", "Shelf counts are often wrong");
        await visitor.Page.ClickAsync("[data-ct=safety-save]");
        await Expect(visitor.Part("safety:shop-1")).ToBeVisibleAsync();
        await Expect(visitor.Part("place:shop-1")).ToContainTextAsync("Sold out");
        Assert.Equal(3, await world.Tower.Database.ScalarAsync<int>("select safety from stock where sku = 'PARKA 1/L' and location = 'shop-1'"));
        await visitor.PicturesAsync("inventory-safety");
    }

    private async Task StockAsync(long order)
    {
        var data = world.Tower.Database.Sources.Work;
        await StockStore.AddLocationsAsync(data, [new("east", "East", "warehouse", "Northlane"), new("shop-1", "Store Haarlem", "store", "Northlane")], default);
        await StockStore.CountAsync(data, [new("PARKA 1/L", "east", 12), new("PARKA 1/L", "shop-1", 2), new("SCARF", "east", 0), new("BOOT-43", "shop-1", 1)], "count/test", default);
        await using var connection = await data.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await StockStore.ApplyAsync(connection, transaction, [new StockRequest.Reserve(order, [new StockLine("1", "PARKA 1/L", 2)], Candidates: ["east"])], default);
        await transaction.CommitAsync();
        await world.Tower.Database.ExecuteAsync("update stock set oversold = 1 where sku = 'BOOT-43'");
    }
}
