using ControlTower.Data.Inventory;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>Returns as people work them: found by keys, the policy's grounds in sight, agreed to, and read only for whoever may only read.</summary>
public sealed class ReturnBrowserTests : IAsyncLifetime
{
    private const string Held = """
        {"Name":"NL-1048213-R1","Version":1,"Of":{"Source":"shopify-eu","Id":"1"},"Requested":[{"OrderLineId":"1","Quantity":2,"Reason":"size"}],"RequestedAt":"2026-11-20T10:00:00+00:00",
         "Store":"shop-1","By":"Tina","Receipt":true,"Look":"Seen","OrderFlow":ORDER,"Currency":"EUR","Decision":{"Ruling":"AskPerson","Grounds":[{"Code":"window-over","Text":"45 days after delivery, the policy allows 30. A manager may agree."}]}}
        """;

    private readonly BrowserWorld world = new();

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_return_is_found_by_keys_shows_why_a_person_must_agree_and_somebody_with_the_right_agrees()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Admin, at: "/returns");
        await Expect(visitor.Part("empty")).ToContainTextAsync("No return is under way");
        var order = await (await new OrderWorld(world.Tower.Database).ConnectAsync()).OrderAsync("NL-1048213");
        await StockStore.AddLocationsAsync(world.Tower.Database.Sources.Work, [new("shop-1", "Store Haarlem", "store", "Northlane")], default);
        await world.Tower.Database.ExecuteAsync($"""
            insert into flow (kind, source, source_id, brand, name, state, version, steps, stage, status, value, currency, placed_at)
            values ('return-to-refund', '{OrderWorld.Shop}', 'tower-1', 'Northlane', 'NL-1048213-R1', '{Held.Replace("ORDER", $"{order}", StringComparison.Ordinal)}', 1, 1, 'requested', 'attention', 39.98, 'EUR', now());
            insert into event_log (flow_id, step, type, stage, detail) select max(id), 1, 'return.asked', 'requested', 'window-over' from flow
            """);
        await visitor.Page.ReloadAsync();
        await visitor.LiveAsync();
        await Expect(visitor.Part("return:NL-1048213-R1")).ToContainTextAsync("Requested");
        await visitor.PicturesAsync("returns");
        await world.Tower.Database.ExecuteAsync($"""
            insert into refund_limit (flow_id, currency, captured, claimed) values ({order}, 'EUR', 100, 39.98);
            insert into return_limit (flow_id, order_line_id, sold, worth, claimed, claimed_amount) values ({order}, '1', 2, 39.98, 2, 39.98);
            insert into return_claim (flow_id, order_flow_id, order_line_id, sku, quantity, amount) select max(id), {order}, '1', 'TEE', 2, 39.98 from flow;
            """);
        await visitor.Page.GotoAsync($"/orders/{order}");
        await visitor.LiveAsync();
        await Expect(visitor.Part("order-return:NL-1048213-R1")).ToContainTextAsync("Requested");
        await visitor.PicturesAsync("order-way-back");
        await visitor.Page.GotoAsync("/");
        await visitor.LiveAsync();
        await Expect(visitor.Part("lane:return-to-refund").Locator("[data-ct='stage:requested']")).ToContainTextAsync("1returns");
        await visitor.PicturesAsync("overview-returns");
        await visitor.Page.ClickAsync("[data-ct='lane:return-to-refund'] a[href='/returns']");
        await visitor.AtAsync("/returns");
        await visitor.LiveAsync();
        await visitor.Page.ClickAsync("[data-ct='view:inspect']");
        await Expect(visitor.Part("empty")).ToContainTextAsync("No return stands here");
        await visitor.Page.ClickAsync("[data-ct=clear]");
        await Expect(visitor.Part("return:NL-1048213-R1")).ToBeVisibleAsync();
        await visitor.Page.Keyboard.PressAsync("j");
        await visitor.Page.Keyboard.PressAsync("Enter");

        await Expect(visitor.Part("grounds")).ToContainTextAsync("45 days after delivery");
        await Expect(visitor.Part("line:1")).ToContainTextAsync("Does not fit");
        await visitor.PicturesAsync("return");
        await visitor.Page.ClickAsync("[data-ct=approve]");
        await Expect(visitor.Part("said")).ToContainTextAsync("It is written down");
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'returns:return:approve'"));

        await visitor.Page.GotoAsync("/returns/999999");
        await Expect(visitor.Part("empty")).ToContainTextAsync("There is no such return");
        await visitor.Page.GotoAsync("/returns?view=nonsense&after=x-y&q=%00");
        await Expect(visitor.Part("panel:returns")).ToBeVisibleAsync();
        await visitor.Page.GotoAsync("/returns/start");
        await visitor.LiveAsync();
        await visitor.AccessibleAsync();
    }

    [Fact]
    public async Task Whoever_may_only_read_is_told_so_and_offered_nothing()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/returns");
        await Expect(visitor.Part("start")).ToHaveCountAsync(0);
        await Expect(visitor.Part("panel:returns")).ToBeVisibleAsync();
    }
}
