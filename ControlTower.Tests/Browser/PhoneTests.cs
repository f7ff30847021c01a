using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>A phone is for looking: everything fits, nothing can be done by mistake.</summary>
public sealed class PhoneTests(BrowserWorld world) : IClassFixture<BrowserWorld>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task At_390_pixels_all_is_read_without_sideways_scrolling_and_nothing_can_be_changed(bool dark)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var tower = await TestTower.StartAsync(null, database);
        var (order, problem) = await OrderWorldStory.PlayAsync(database, stuck: 8);
        await using var visitor = await world.VisitAsync(dark, 390, 844, tower);
        await visitor.SignInAsAsync(Roles.Admin);
        await visitor.Page.GotoAsync("/");
        await Expect(visitor.Part("panel:stages")).ToContainTextAsync("Posted to ERP");
        await Expect(visitor.Part("cause").First).ToContainTextAsync("VAT code VAT19-DE not set up");
        await FitsAsync(visitor, "overview", dark);

        await visitor.Page.GotoAsync("/exceptions");
        await Expect(visitor.Part($"case:{problem}")).ToBeVisibleAsync();
        await FitsAsync(visitor, "exceptions", dark);
        await visitor.Page.GotoAsync($"/exceptions?case={problem}");
        await Expect(visitor.Part("brief")).ToContainTextAsync("no set-up for a tax");
        await FitsAsync(visitor, "case", dark);
        await visitor.Page.GotoAsync($"/orders/{order}");
        await Expect(visitor.Part("order-head")).ToBeVisibleAsync();
        await FitsAsync(visitor, "order", dark);
        await visitor.Page.GotoAsync("/connections/bc-eu");
        await Expect(visitor.Part("breaker")).ToBeVisibleAsync();
        await FitsAsync(visitor, "connection", dark);
    }

    private static async Task FitsAsync(Visitor visitor, string what, bool dark)
    {
        await visitor.LiveAsync();
        await visitor.PictureAsync($"phone-{what}-{(dark ? "dark" : "light")}");
        Assert.Equal("", await visitor.Page.EvaluateAsync<string>(
            "() => [document.documentElement, document.getElementById('main')].filter(box => box.scrollWidth > box.clientWidth).map(box => `${box.tagName} ${box.scrollWidth} > ${box.clientWidth}`).join()"));
        foreach (var act in new[] { "retry", "retry-cause", "retry-ticked", "resolve", "discard", "pause", "resume", "edit", "add" })
        {
            await Expect(visitor.Part(act).Locator("visible=true")).ToHaveCountAsync(0);
        }

        await Expect(visitor.Page.Locator("main input[type=checkbox]:visible")).ToHaveCountAsync(0);
        await visitor.AccessibleAsync();
    }
}
