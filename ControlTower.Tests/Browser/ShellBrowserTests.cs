using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

public sealed class ShellBrowserTests(BrowserWorld world) : IClassFixture<BrowserWorld>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sign_in_is_accessible_and_says_what_was_wrong(bool dark)
    {
        await using var visitor = await world.VisitAsync(dark);
        await visitor.Page.GotoAsync("/sign-in");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync(dark ? "signin-dark" : "signin");
        visitor.Expect(401);
        await visitor.FillAsync("input[type=email]", "nobody@test.example");
        await visitor.FillAsync("#password", "not the password");
        await visitor.Page.ClickAsync("[data-ct=sign-in]");
        await Expect(visitor.Part("wrong")).ToContainTextAsync("do not match");
        await visitor.AccessibleAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task First_run_makes_the_first_admin_once(bool dark)
    {
        await using var tower = await TestTower.StartAsync();
        var secret = await tower.Services.GetRequiredService<LinkStore>().IssueAsync(null, TimeSpan.FromMinutes(5), Actor.Tower("test"));
        await using var visitor = await world.VisitAsync(dark, tower: tower);
        await visitor.Page.GotoAsync($"/setup?code={secret}");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync(dark ? "setup-dark" : "setup");
        visitor.Expect(422);
        visitor.Expect(410);
        await visitor.FillAsync("#name", "Rik Bakker");
        await visitor.FillAsync("#email", "rik@test.example");
        await visitor.FillAsync("#password", "password1234");
        await visitor.Page.ClickAsync("[data-ct=make]");
        await Expect(visitor.Part("errors")).ToContainTextAsync("most used");
        await visitor.AccessibleAsync();
        await visitor.FillAsync("#password", TestTower.Password);
        await visitor.Page.ClickAsync("[data-ct=make]");
        await visitor.LiveAsync();
        await Expect(visitor.Page.Locator(".who")).ToContainTextAsync("Rik Bakker");

        await visitor.Page.GotoAsync($"/setup?code={secret}");
        await Expect(visitor.Part("void")).ToContainTextAsync("does not work any more");
    }

    [Theory]
    [InlineData(false, 1440)]
    [InlineData(true, 1440)]
    [InlineData(false, 1024)]
    [InlineData(true, 1024)]
    public async Task The_shell_is_accessible_in_both_themes_and_widths(bool dark, int width)
    {
        await using var visitor = await world.VisitAsync(dark, width);
        await visitor.SignInAsAsync(Roles.Admin, at: "/admin");
        await Expect(visitor.Page.Locator("main table tbody tr").First).ToBeVisibleAsync();
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"admin-{(dark ? "dark" : "light")}-{width}");
        await visitor.Page.Keyboard.PressAsync("?");
        await Expect(visitor.Part("key-help")).ToBeVisibleAsync();
        await visitor.AccessibleAsync();
        await visitor.Page.Keyboard.PressAsync("Escape");
        await Expect(visitor.Part("key-help")).ToHaveCountAsync(0);
        await visitor.Page.Keyboard.PressAsync("Control+k");
        await Expect(visitor.Part("palette").Locator("input")).ToBeFocusedAsync();
        await visitor.AccessibleAsync();
    }

    [Fact]
    public async Task Keys_lead_to_screens_but_not_while_typing()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Admin, at: "/admin");
        await visitor.Page.ClickAsync("[data-ct=add-person]");
        // A dialog that opens takes the focus, a moment after it is seen; only then does somebody type.
        await Expect(visitor.Part("person-form").Locator(":focus")).ToHaveCountAsync(1);
        await visitor.Page.FocusAsync("[data-ct=name]");
        await visitor.Page.Keyboard.TypeAsync("g h?");
        await Expect(visitor.Part("key-help")).ToHaveCountAsync(0);
        Assert.EndsWith("/admin", visitor.Page.Url, StringComparison.Ordinal);
        await visitor.Page.Keyboard.PressAsync("Escape");
        await Expect(visitor.Part("person-form")).ToHaveCountAsync(0);
        await visitor.Page.Locator("h1").FocusAsync();
        await visitor.Page.Keyboard.PressAsync("g");
        await visitor.Page.Keyboard.PressAsync("h");
        await visitor.AtAsync("/");
    }

    [Fact]
    public async Task The_palette_finds_a_page_by_its_name()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Admin);
        await visitor.Page.Keyboard.PressAsync("Control+k");
        await Expect(visitor.Page.GetByRole(AriaRole.Combobox, new() { Name = "Find" })).ToBeFocusedAsync();
        await visitor.Page.Keyboard.TypeAsync("adm");
        await Expect(visitor.Part("hit")).ToHaveCountAsync(1);
        await visitor.Page.Keyboard.PressAsync("Enter");
        await visitor.AtAsync("/admin");
    }

    [Fact]
    public async Task The_chosen_theme_is_remembered()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations);
        await visitor.Part("theme").ClickAsync();
        await Expect(visitor.Page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
    }

    [Fact]
    public async Task A_person_who_is_disabled_loses_an_open_page_within_ten_seconds()
    {
        await using var visitor = await world.VisitAsync();
        var person = await visitor.SignInAsAsync(Roles.Operations);
        await world.Tower.Services.GetRequiredService<AccountStore>().DisableAsync(person.Id, "left", Actor.Tower("test"));
        await visitor.AtAsync("/sign-in", 12_000);
    }

    [Fact]
    public async Task A_role_sees_only_its_screens_and_a_foreign_address_says_so()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Executive);
        await Expect(visitor.Part("nav:admin")).ToHaveCountAsync(0);
        visitor.Expect(403);
        await visitor.Page.GotoAsync("/admin");
        await Expect(visitor.Page.Locator("h1")).ToContainTextAsync("Not allowed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_not_there_or_not_allowed_is_said_accessibly(bool dark)
    {
        await using var visitor = await world.VisitAsync(dark);
        await visitor.SignInAsAsync(Roles.Executive);
        visitor.Expect(403);
        await visitor.Page.GotoAsync("/admin");
        await Expect(visitor.Page.Locator("h1")).ToContainTextAsync("Not allowed");
        await visitor.AccessibleAsync();
        visitor.Expect(404);
        await visitor.Page.GotoAsync("/nowhere");
        await Expect(visitor.Page.Locator("h1")).ToBeVisibleAsync();
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"nowhere-{(dark ? "dark" : "light")}");
    }

    [Fact]
    public async Task An_admin_adds_a_person_who_then_signs_in_with_their_link()
    {
        await using var admin = await world.VisitAsync();
        await admin.SignInAsAsync(Roles.Admin, at: "/admin");
        await admin.Page.ClickAsync("[data-ct=add-person]");
        await admin.FillAsync("[data-ct=name]", "Mika Koski");
        var email = $"mika-{Guid.NewGuid().ToString("N")[..8]}@test.example";
        await admin.FillAsync("[data-ct=email]", email);
        await admin.AccessibleAsync();
        await admin.Page.ClickAsync("[data-ct=save]");
        var link = await admin.Part("link").Locator("input").InputValueAsync();

        await using var mika = await world.VisitAsync();
        await mika.Page.GotoAsync(link);
        await mika.FillAsync("#password", TestTower.Password);
        await mika.Page.ClickAsync("[data-ct=make]");
        await mika.LiveAsync();
        await Expect(mika.Page.Locator(".who")).ToContainTextAsync("Mika Koski");
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>($"select count(*) from audit where action = 'admin:account:set-password' and actor_name = 'Mika Koski'"));
    }
}
