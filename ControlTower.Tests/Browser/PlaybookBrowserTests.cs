using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>What one person knows about a failure stands before the next; two who look at the same case see each other; a buyer is forgotten.</summary>
public sealed class PlaybookBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    private long order, problem;

    public async ValueTask InitializeAsync()
    {
        await world.InitializeAsync();
        if (BrowserWorld.Chromium is not null)
        {
            (order, problem) = await OrderWorldStory.PlayAsync(world.Tower.Database, stuck: 3);
        }
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task What_is_written_down_stands_with_the_case_and_those_who_look_at_it_see_each_other()
    {
        await using var ida = await world.VisitAsync();
        await using var mads = await world.VisitAsync(dark: true);
        var first = await ida.SignInAsAsync(Roles.Operations, at: $"/exceptions?case={problem}");
        var second = await mads.SignInAsAsync(Roles.Admin, at: $"/exceptions?case={problem}");
        await Expect(ida.Part("watchers")).ToContainTextAsync($"{second.Name} looks at it too");
        await Expect(mads.Part("watchers")).ToContainTextAsync($"{first.Name} looks at it too");

        await ida.Part("more").Locator("summary").ClickAsync();
        await ida.Page.ClickAsync("[data-ct=remedy]");
        await Expect(mads.Part("watchers")).ToHaveCountAsync(0);
        await ida.FillAsync("[data-ct=remedy-runbook]", "javascript:alert(1)");
        await ida.Page.ClickAsync("[data-ct=confirm-remedy]");
        await Expect(ida.Part("wrong")).ToContainTextAsync("https://");
        await ida.AccessibleAsync();
        await ida.PictureAsync("exceptions-playbook-remedy");
        await ida.FillAsync("[data-ct=advice-text]", "Ask finance for the posting group.");
        await ida.FillAsync("[data-ct=remedy-runbook]", "https://wiki.example.test/tax");
        await ida.Page.ClickAsync("[data-ct=confirm-remedy]");
        await Expect(ida.Part("remedies")).ToContainTextAsync("Ask finance for the posting group.");
        await Expect(ida.Part("classes-read-only").Or(ida.Page.Locator("#classes-read-only"))).ToBeVisibleAsync();
        await ida.AccessibleAsync();
        await ida.PictureAsync("exceptions-playbook");
        await Expect(mads.Part("advice")).ToContainTextAsync($"Ask finance for the posting group. Written down by {first.Name}.");
        await Expect(mads.Part("runbook")).ToHaveAttributeAsync("href", "https://wiki.example.test/tax");

        await mads.Page.GotoAsync("/exceptions/playbook");
        await mads.Part("class:missing").Locator("[data-ct=change]").ClickAsync();
        await mads.FillAsync("[data-ct=loss]", "40");
        await mads.AccessibleAsync();
        await mads.PictureAsync("exceptions-playbook-class");
        await mads.Page.ClickAsync("[data-ct=confirm-class]");
        await Expect(mads.Part("class:missing")).ToContainTextAsync("40 %");
        Assert.Equal(0.4m * 784.90m, await world.Tower.Database.ScalarAsync<decimal>($"select at_risk from exception_case where id = {problem}"));
    }

    [Fact]
    public async Task Columns_stand_as_their_person_put_them_also_after_the_page_was_opened_anew()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions");
        await visitor.Part("columns-menu").Locator("summary").ClickAsync();
        await visitor.Page.ClickAsync("[data-ct='column:code']");
        await visitor.Page.ClickAsync("[data-ct='column:sla']");
        await visitor.Page.ClickAsync("[data-ct='left:code']");
        await Expect(visitor.Page.Locator("[data-ct=cases] th[data-ct]")).ToHaveTextAsync(["At risk", "Code", "State"]);
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("exceptions-columns");
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Page.Locator("[data-ct=cases] th[data-ct]")).ToHaveTextAsync(["At risk", "Code", "State"]);
        await Expect(visitor.Part("cases")).ToContainTextAsync("tax-code");
    }

    [Fact]
    public async Task An_admin_erases_a_buyer_with_a_reason_and_writes_down_a_rate()
    {
        await world.Tower.Database.ExecuteAsync($"update exception_case set state = 'discarded', closed_at = now(), closed_by = 'x', resolution = 'x' where flow_id = {order}; update flow set status = 'cancelled' where id = {order}");
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Admin, at: $"/orders/{order}");
        await visitor.Page.ClickAsync("[data-ct=erase]");
        await visitor.Page.ClickAsync("[data-ct=confirm-erase]");
        await Expect(visitor.Page.GetByText("Say why in a few words")).ToBeVisibleAsync();
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("order-erase");
        await visitor.FillAsync("[data-ct=erase-reason]", "request 17");
        await visitor.FillAsync("[data-ct=erase-name]", "NL-1");
        await visitor.Page.ClickAsync("[data-ct=confirm-erase]");
        await Expect(visitor.Page.GetByText("what is erased does not come back")).ToBeVisibleAsync();
        await visitor.FillAsync("[data-ct=erase-name]", OrderWorldStory.First);
        await visitor.Page.ClickAsync("[data-ct=confirm-erase]");
        await Expect(visitor.Part("erased")).ToContainTextAsync("Buyer erased");
        await Expect(visitor.Part("did")).ToContainTextAsync("request 17");

        await visitor.Page.GotoAsync("/admin/currencies");
        await visitor.FillAsync("[data-ct=rate-currency]", "GBP");
        await visitor.FillAsync("[data-ct=rate-worth]", "much");
        await visitor.Page.ClickAsync("[data-ct=rate-save]");
        await Expect(visitor.Part("wrong")).ToContainTextAsync("1.1742");
        await visitor.FillAsync("[data-ct=rate-worth]", "1.18");
        await visitor.Page.ClickAsync("[data-ct=rate-save]");
        await Expect(visitor.Part("rate:GBP")).ToContainTextAsync("1.18");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("admin-currencies");
    }
}
