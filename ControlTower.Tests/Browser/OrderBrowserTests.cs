using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>Finding an order and reading its story, as people do it.</summary>
public sealed class OrderBrowserTests(BrowserWorld world) : IClassFixture<BrowserWorld>, IAsyncLifetime
{
    private static readonly SemaphoreSlim Once = new(1, 1);

    private long order;

    public async ValueTask InitializeAsync()
    {
        if (BrowserWorld.Chromium is null)
        {
            return;
        }

        await Once.WaitAsync();
        try
        {
            order = await world.Tower.Database.ScalarAsync<long>($"select coalesce(max(id), 0) from flow where name = '{OrderWorldStory.First}'");
            if (order == 0)
            {
                (order, _) = await OrderWorldStory.PlayAsync(world.Tower.Database);
            }
        }
        finally
        {
            Once.Release();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(false, 1440)]
    [InlineData(true, 1440)]
    [InlineData(false, 1024)]
    [InlineData(true, 1024)]
    public async Task Orders_and_the_story_of_one_are_accessible(bool dark, int width)
    {
        await using var visitor = await world.VisitAsync(dark, width);
        await visitor.SignInAsAsync(Roles.Operations, at: "/orders");
        await Expect(visitor.Part("orders").Locator("tbody tr.pick").First).ToBeVisibleAsync();
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"orders-{Name(dark, width)}");
        await visitor.Page.ClickAsync("[data-ct=filter-menu] summary");
        await visitor.AccessibleAsync();
        foreach (var view in new[] { "", "?view=list", "?view=raw" })
        {
            await visitor.Page.GotoAsync($"/orders/{order}{view}");
            await Expect(visitor.Part("order-head")).ToBeVisibleAsync();
            await Expect(visitor.Part("sent")).ToContainTextAsync("Attempt 2");
            await visitor.AccessibleAsync();
            await visitor.PictureAsync($"order{view.Replace("?view=", "-", StringComparison.Ordinal)}-{Name(dark, width)}");
        }
    }

    [Fact]
    public async Task An_order_is_found_by_a_pasted_address_in_the_palette_and_opens_with_its_case()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations);
        await visitor.Page.Keyboard.PressAsync("Control+k");
        await Expect(visitor.Page.GetByRole(AriaRole.Combobox, new() { Name = "Find" })).ToBeFocusedAsync();
        await visitor.Page.Keyboard.TypeAsync("gid://shopify/Order/6104482130 ");
        await Expect(visitor.Part("hit").Filter(new LocatorFilterOptions { HasText = OrderWorldStory.First })).ToHaveCountAsync(2);
        await visitor.Part("hit").Filter(new LocatorFilterOptions { HasText = "Posted" }).Or(visitor.Part("hit").Filter(new LocatorFilterOptions { HasText = "Shopify EU" })).First.ClickAsync();
        await visitor.AtAsync($"/orders/{order}");
        await Expect(visitor.Part("standing")).ToContainTextAsync("waits until somebody mends it");
        await visitor.Page.ClickAsync("[data-ct=open-case]");
        await Expect(visitor.Part("case-pane")).ToContainTextAsync(OrderWorldStory.First);
    }

    [Fact]
    public async Task The_filter_is_in_the_address_and_comes_back_with_it()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/orders");
        await visitor.FillAsync("#filter", "  \"nl-1048213\" ");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Part("orders-total")).ToContainTextAsync("1 order");
        Assert.Contains("q=", visitor.Page.Url, StringComparison.Ordinal);
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Part("orders-total")).ToContainTextAsync("1 order");
        await visitor.Page.GotoAsync("/orders?q=nobody-has-this-id");
        await Expect(visitor.Part("empty")).ToContainTextAsync("outside this filter");
        await visitor.AccessibleAsync();
        await visitor.Page.ClickAsync("[data-ct=clear]");
        await Expect(visitor.Part("orders")).ToBeVisibleAsync();
        await visitor.Page.GotoAsync("/orders?stage=lost&age=x%3Cscript%3E");
        await Expect(visitor.Part("filter-wrong")).ToContainTextAsync("There is no stage");
    }

    [Fact]
    public async Task The_list_is_walked_and_opened_by_keys_alone_and_the_list_comes_back()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/orders?sort=value");
        await Expect(visitor.Page.Locator("tr.cur")).ToHaveCountAsync(1);
        var first = await visitor.Page.Locator("tr.cur").GetAttributeAsync("data-ct");
        await visitor.Page.Keyboard.PressAsync("j");
        await Expect(visitor.Page.Locator("tr.cur")).Not.ToHaveAttributeAsync("data-ct", first!);
        await visitor.Page.Keyboard.PressAsync("k");
        await Expect(visitor.Page.Locator("tr.cur")).ToHaveAttributeAsync("data-ct", first!);
        await visitor.Page.Keyboard.PressAsync("Enter");
        await visitor.AtAsync($"/orders/{first!.Split(':')[1]}");
        await Expect(visitor.Part("order-head")).ToBeVisibleAsync();
        await visitor.Page.GoBackAsync();
        await Expect(visitor.Part("orders")).ToBeVisibleAsync();
        Assert.EndsWith("?sort=value", visitor.Page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_order_waits_behind_its_bar_and_a_changed_one_changes_in_place()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/orders?q=BAR-");
        await Expect(visitor.Part("empty")).ToBeVisibleAsync();
        var shop = new OrderWorld(world.Tower.Database);
        var first = await shop.OrderAsync("BAR-1", stage: "posted");
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Part($"order:{first}")).ToContainTextAsync("Posted to ERP");

        var second = await shop.OrderAsync("BAR-2", age: TimeSpan.Zero);
        await world.Tower.Database.ExecuteAsync($"update flow set stage = 'shipped' where id = {first}; select pg_notify('tower_changes', '1');");

        await Expect(visitor.Part("new-rows")).ToContainTextAsync("1 new order");
        await Expect(visitor.Part($"order:{first}")).ToContainTextAsync("Shipped");
        await Expect(visitor.Part($"order:{second}")).ToHaveCountAsync(0);
        await visitor.Part("new-rows").ClickAsync();
        await Expect(visitor.Part($"order:{second}")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_merchandiser_reads_the_story_but_no_payload_and_no_case()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: $"/orders/{order}");
        await Expect(visitor.Part("sent")).ToContainTextAsync("You may see that something was sent, not what");
        await Expect(visitor.Part("open-case")).ToHaveCountAsync(0);
        Assert.DoesNotContain("VAT19", await visitor.Page.ContentAsync(), StringComparison.Ordinal);
        await visitor.Page.GotoAsync($"/orders/{order}?view=list");
        await Expect(visitor.Part("story-list")).ToBeVisibleAsync();
        await Expect(visitor.Page.GetByText("Request and answer")).ToHaveCountAsync(0);
    }

    private static string Name(bool dark, int width) => $"{(dark ? "dark" : "light")}-{width}";
}
