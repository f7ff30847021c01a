using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>The connections room: an outage looked at, a call opened, a connection paused, added, changed and disabled.</summary>
public sealed class ConnectionBrowserTests(BrowserWorld world, ConnectionTower connected) : IClassFixture<BrowserWorld>, IClassFixture<ConnectionTower>
{
    [Theory]
    [InlineData(false, 1440)]
    [InlineData(true, 1440)]
    [InlineData(false, 1024)]
    [InlineData(true, 1024)]
    public async Task The_outage_is_told_by_circuit_queue_forecast_and_calls_and_is_accessible(bool dark, int width)
    {
        await using var visitor = await world.VisitAsync(dark, width, tower: connected.Tower);
        await connected.JustNowAsync();
        await visitor.SignInAsAsync(Roles.Admin, at: "/connections");
        await Expect(visitor.Part("connection:bc-eu")).ToContainTextAsync("Half-open");
        await Expect(visitor.Part("connection:vendure-uk")).ToContainTextAsync("Open");
        await LookAsync(visitor, "connections", dark, width);

        await visitor.Page.GotoAsync("/connections/bc-eu");
        await Expect(visitor.Part("breaker")).ToContainTextAsync("2 of 3 probes");
        await Expect(visitor.Part("trips")).ToHaveTextAsync("trips at 50% failed of 20 calls, 5 at least");
        await Expect(visitor.Part("forecast")).ToContainTextAsync("postings a second");
        await LookAsync(visitor, "connection", dark, width);
        await visitor.Part("call").First.ClickAsync();
        await Expect(visitor.Part("call-pane")).ToContainTextAsync("Request");
        await Expect(visitor.Part("call-pane").GetByText("SO-10024")).ToBeInViewportAsync();
        await LookAsync(visitor, "connection-call", dark, width);
        await visitor.Page.ClickAsync("[data-ct=pause]");
        await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("postings wait now");
        await visitor.Page.ClickAsync("[data-ct=pause-now]");
        await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Say why");
        await LookAsync(visitor, "connection-pause", dark, width);

        await visitor.Page.GotoAsync("/connections/vendure-uk");
        await Expect(visitor.Part("breaker")).ToHaveAttributeAsync("data-state", "open");
        await LookAsync(visitor, "connection-open", dark, width);
        await visitor.Page.GotoAsync("/connections/shopify-eu");
        await Expect(visitor.Part("test-result")).ToContainTextAsync("The connection works");
        await LookAsync(visitor, "connection-tested", dark, width);
    }

    [Theory]
    [InlineData(false, 1440)]
    [InlineData(true, 1440)]
    [InlineData(false, 1024)]
    [InlineData(true, 1024)]
    public async Task A_connection_is_added_tested_changed_and_disabled_on_screen(bool dark, int width)
    {
        var key = $"vendure-{Name(dark, width)}";
        await using var visitor = await world.VisitAsync(dark, width, tower: connected.Tower);
        await visitor.SignInAsAsync(Roles.Admin, at: "/connections");
        await visitor.Page.ClickAsync("[data-ct=add]");
        await visitor.AtAsync("/connections/new");
        await LookAsync(visitor, "connection-new", dark, width);
        await visitor.Page.ClickAsync("[data-ct='kind:vendure']");
        await visitor.FillAsync("#f-baseUrl", "http://shop.example.com");
        await visitor.Page.ClickAsync("[data-ct=save]");
        await Expect(visitor.Part("errors")).ToContainTextAsync("Use https");
        await Expect(visitor.Part("errors")).ToBeFocusedAsync();
        await Expect(visitor.Part("wrong:name")).ToBeVisibleAsync();
        await LookAsync(visitor, "connection-wrong", dark, width);

        await visitor.FillAsync("#f-name", $"Vendure {Name(dark, width)}");
        await visitor.Page.SelectOptionAsync("#f-postsTo", "bc-eu");
        await visitor.FillAsync("#f-baseUrl", "https://refuse.example.com");
        await visitor.FillAsync("#f-apiKey", "17:a-long-secret-that-ends-in-x4f2");
        await visitor.Page.ClickAsync("[data-ct=try]");
        await Expect(visitor.Part("trial")).ToHaveAttributeAsync("data-state", "refused");
        await visitor.FillAsync("#f-baseUrl", "https://shop.example.com");
        await visitor.Page.ClickAsync("[data-ct=try]");
        await Expect(visitor.Part("trial")).ToContainTextAsync("The system let us in");
        await LookAsync(visitor, "connection-trial", dark, width);
        await visitor.Page.ClickAsync("[data-ct=save]");
        await visitor.AtAsync($"/connections/{key}");
        await Expect(visitor.Page.Locator("h1")).ToContainTextAsync("Vendure");

        await visitor.Page.ClickAsync("[data-ct=edit]");
        await Expect(visitor.Part("field:apiKey")).ToContainTextAsync("stored, ends in …x4f2");
        Assert.DoesNotContain("a-long-secret", await visitor.Page.ContentAsync(), StringComparison.Ordinal);
        await LookAsync(visitor, "connection-edit", dark, width);
        await visitor.Page.ClickAsync("[data-ct=disable]");
        await visitor.FillAsync("[data-ct=disable-reason]", "shop moves to another server");
        await LookAsync(visitor, "connection-disable", dark, width);
        await visitor.Page.ClickAsync("[data-ct=disable-now]");
        await Expect(visitor.Part("disabled")).ToContainTextAsync("shop moves to another server");
        await LookAsync(visitor, "connection-disabled", dark, width);
    }

    [Fact]
    public async Task The_form_is_filled_by_keys_alone_and_an_error_leads_to_its_field()
    {
        await using var visitor = await world.VisitAsync(tower: connected.Tower);
        await visitor.SignInAsAsync(Roles.Admin, at: "/connections/new");
        await visitor.Page.Locator("[data-ct='kind:shopify'] input").FocusAsync();
        await visitor.Page.Keyboard.PressAsync("Space");
        await Expect(visitor.Page.Locator("#f-shopDomain")).ToBeVisibleAsync();
        await visitor.Page.Keyboard.PressAsync("ArrowDown");
        // The next in the list by name; its form is there once the choice has gone to the server and come back.
        await Expect(visitor.Page.Locator("[data-ct='kind:square'] input")).ToBeCheckedAsync();
        await Expect(visitor.Page.Locator("#f-shopDomain")).ToHaveCountAsync(0);
        await Expect(visitor.Page.Locator("#f-accessToken")).ToBeVisibleAsync();
        await visitor.Page.Locator("#f-name").FocusAsync();
        await visitor.Page.Keyboard.TypeAsync("g n ?");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Part("errors")).ToBeFocusedAsync();
        Assert.EndsWith("/connections/new", visitor.Page.Url, StringComparison.Ordinal);
        await visitor.Page.Keyboard.PressAsync("Tab");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Page.Locator("input:focus, select:focus")).ToHaveAttributeAsync("aria-invalid", "true");
    }

    [Fact]
    public async Task The_second_of_two_admins_sees_who_was_faster_and_loses_nothing()
    {
        await using var first = await world.VisitAsync(tower: connected.Tower);
        await using var second = await world.VisitAsync(tower: connected.Tower);
        await first.SignInAsAsync(Roles.Admin, at: "/connections/new");
        await first.Page.ClickAsync("[data-ct='kind:tryton']");
        await first.FillAsync("#f-name", "Tryton both");
        await first.FillAsync("#f-baseUrl", "https://erp.example.com");
        await first.FillAsync("#f-database", "tryton");
        await first.FillAsync("#f-user", "tower");
        await first.FillAsync("#f-password", "a quiet brown harbour");
        await first.Page.ClickAsync("[data-ct=save]");
        await first.AtAsync("/connections/tryton-both");
        await first.Page.GotoAsync("/connections/tryton-both/edit");
        await second.SignInAsAsync(Roles.Admin, at: "/connections/tryton-both/edit");
        await first.FillAsync("#f-region", "NL");
        await second.FillAsync("#f-region", "BE");
        await first.Page.ClickAsync("[data-ct=save]");
        await first.AtAsync("/connections/tryton-both");
        await second.Page.ClickAsync("[data-ct=save]");
        await Expect(second.Part("changed")).ToContainTextAsync("Admin Tester changed this connection");
        await Expect(second.Page.Locator("#f-region")).ToHaveValueAsync("BE");
        await second.AccessibleAsync();
        await second.PictureAsync("connection-changed");
        await second.Page.ClickAsync("[data-ct=load-theirs]");
        await Expect(second.Page.Locator("#f-region")).ToHaveValueAsync("NL");
    }

    [Fact]
    public async Task Others_look_but_neither_add_nor_change()
    {
        await using var visitor = await world.VisitAsync(tower: connected.Tower);
        await visitor.SignInAsAsync(Roles.Operations, at: "/connections/bc-eu");
        await Expect(visitor.Part("read-only")).ToBeVisibleAsync();
        await Expect(visitor.Part("edit")).ToHaveCountAsync(0);
        await Expect(visitor.Part("pause")).ToBeDisabledAsync();
        await visitor.AccessibleAsync();
        await visitor.Page.GotoAsync("/connections");
        await Expect(visitor.Part("connection:bc-eu")).ToBeVisibleAsync();
        await Expect(visitor.Part("add")).ToHaveCountAsync(0);
        visitor.Expect(403);
        await visitor.Page.GotoAsync("/connections/new");
        await Expect(visitor.Part("connection-form")).ToHaveCountAsync(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_admin_whose_tower_has_no_connection_is_led_to_the_first(bool dark)
    {
        await using var visitor = await world.VisitAsync(dark);
        await visitor.SignInAsAsync(Roles.Admin, at: "/connections");
        await Expect(visitor.Part("empty")).ToContainTextAsync("Connect the ERP first");
        await LookAsync(visitor, "connections-empty", dark, 1440);
        await visitor.Page.ClickAsync("[data-ct=empty] [data-ct=add]");
        await visitor.AtAsync("/connections/new");
    }

    private static async Task LookAsync(Visitor visitor, string what, bool dark, int width)
    {
        // A message on its way in or out is half seen, and covers what is looked at.
        await visitor.Page.EvaluateAsync("() => document.querySelectorAll('.mud-snackbar button').forEach(button => button.click())");
        await Expect(visitor.Page.Locator(".mud-snackbar")).ToHaveCountAsync(0);
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"{what}-{Name(dark, width)}");
    }

    private static string Name(bool dark, int width) => $"{(dark ? "dark" : "light")}-{width}";
}
