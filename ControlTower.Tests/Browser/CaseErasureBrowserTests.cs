using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>An admin erases what a message says that never became an order, and may not while its case is open.</summary>
public sealed class CaseErasureBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    public async ValueTask InitializeAsync()
    {
        await world.InitializeAsync();
        if (BrowserWorld.Chromium is not null)
        {
            await OrderWorldStory.PlayAsync(world.Tower.Database, stuck: 2);
        }
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_is_erased_once_its_case_is_closed(bool dark)
    {
        var id = await world.Tower.Database.ScalarAsync<long>("select id from exception_case where message_id is not null and flow_id is null and state = 'open'");
        await using var visitor = await world.VisitAsync(dark);
        await visitor.SignInAsAsync(Roles.Admin, at: $"/exceptions?case={id}");
        await visitor.Part("more").Locator("summary").ClickAsync();
        await Expect(visitor.Part("erase-message")).ToBeDisabledAsync();
        await visitor.Page.ClickAsync("[data-ct=discard]");
        await visitor.FillAsync("[data-ct=reason]", "a test of the shop");
        await visitor.Page.ClickAsync("[data-ct=confirm-end]");
        await Expect(visitor.Part("resolution")).ToContainTextAsync("a test of the shop");

        // The menu is open still.
        await visitor.Page.ClickAsync("[data-ct=erase-message]");
        await visitor.FillAsync("[data-ct=erase-message-reason]", "request 17");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"exceptions-erase-{(dark ? "dark" : "light")}");
        await visitor.Page.ClickAsync("[data-ct=confirm-erase-message]");
        await Expect(visitor.Part("case-erased")).ToBeVisibleAsync();
        await Expect(visitor.Part("case-pane")).Not.ToContainTextAsync("12,00");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"exceptions-erased-{(dark ? "dark" : "light")}");
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>("select count(*) from inbox_message m join exception_case c on c.message_id = m.id where m.body is not null"));
    }
}
