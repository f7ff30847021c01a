using ControlTower.Data.Accounts;
using ControlTower.Tests.Support;
using ControlTower.Tests.Web.Identity;
using ControlTower.Web.Auth;
using ControlTower.Web.Auth.Factors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>Signing in at an authority, with a second factor, out from elsewhere, and showing anew that it is you.</summary>
public sealed class IdentityBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new() { Own = false };
    private TestAuthority authority = default!;
    private TestTower tower = default!;

    public async ValueTask InitializeAsync()
    {
        await world.InitializeAsync();
        if (BrowserWorld.Chromium is null)
            return;
        authority = await TestAuthority.StartAsync(asks: true);
        tower = await IdentityTower.StartAsync(authority, "Tower:StoreZone=Europe/Amsterdam", "Tower:Company=Northlane Group", "Auth:SecondFactor=all");
    }

    public async ValueTask DisposeAsync()
    {
        await world.DisposeAsync();
        if (tower is not null)
            await tower.DisposeAsync();
        if (authority is not null)
            await authority.DisposeAsync();
    }

    [Fact]
    public async Task By_the_authority_in_and_out_and_without_a_role_with_words()
    {
        await using var visitor = await world.VisitAsync(tower: tower);
        await visitor.Page.GotoAsync("/sign-in?returnUrl=%2Forders");
        await visitor.PicturesAsync("signin");
        authority.Person = TestAuthority.Who("olga", "Olga Orlova", "olga@work.example", "Tower.Operations");
        await visitor.Page.ClickAsync("[data-ct=continue]");
        await visitor.Page.ClickAsync("#yes");
        await visitor.LiveAsync();
        await visitor.AtAsync("/orders");
        await visitor.Page.GotoAsync("/preferences");
        await visitor.LiveAsync();
        await Expect(visitor.Part("panel:identities")).ToContainTextAsync(authority.Issuer);
        await visitor.Page.ClickAsync("[data-ct=unlink]");
        await Expect(visitor.Part("panel:identities")).ToContainTextAsync("This is the only way in that you have.");
        await visitor.PicturesAsync("preferences-work-account");
        await visitor.Page.ClickAsync(".who summary");
        await visitor.Page.ClickAsync("[data-ct=sign-out]");
        await visitor.AtAsync("/sign-in");
        Assert.Single(authority.Ended);

        authority.Person = TestAuthority.Who("nils", "Nils Nobody", "nils@work.example");
        await visitor.Page.ClickAsync("[data-ct=continue]");
        await visitor.Page.ClickAsync("#yes");
        await Expect(visitor.Part("trouble")).ToContainTextAsync("You have no role in this tower.");
        await visitor.PicturesAsync("signin-no-role");
    }

    [Fact]
    public async Task The_door_is_dark_where_the_system_is_and_follows_it()
    {
        await using var visitor = await world.VisitAsync(dark: true, tower: tower);
        await visitor.Page.GotoAsync("/sign-in");
        var page = visitor.Page.Locator("html");
        await Expect(page).ToHaveAttributeAsync("data-theme", "dark");
        await visitor.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Light });
        await Expect(page).ToHaveAttributeAsync("data-theme", "light");
        await visitor.Page.EvaluateAsync("document.cookie = 'ct-theme=dark;path=/'");
        await visitor.Page.ReloadAsync();
        await Expect(page).ToHaveAttributeAsync("data-theme", "dark");
    }

    [Fact]
    public async Task With_a_second_factor_set_up_at_the_door_and_a_session_that_ends_while_the_page_is_open()
    {
        var admin = await tower.PersonAsync(Roles.Admin, name: "Tess Visser");
        await using var visitor = await world.VisitAsync(tower: tower);
        var key = await EnterAsync(visitor, admin, pictures: true);
        await visitor.Page.GotoAsync("/preferences");
        await visitor.LiveAsync();
        await Expect(visitor.Part("panel:factor")).ToContainTextAsync("10 recovery codes");
        await Expect(visitor.Part("own-sessions").Locator("tbody tr")).ToHaveCountAsync(1);
        await visitor.PicturesAsync("preferences-identity");
        await tower.Services.GetRequiredService<IdentityStore>().MakeAsync(new(authority.Issuer, "ola"), new NewAccount("ola@work.example", "Ola Orlova", Roles.Operations, false), null);
        await visitor.Page.GotoAsync("/admin");
        await visitor.LiveAsync();
        await visitor.Page.ClickAsync("[aria-label='Change Ola Orlova']");
        await visitor.Page.ClickAsync("[data-ct=identities]");
        await visitor.Page.ClickAsync("[data-ct=unlink]");
        await Expect(visitor.Part("person-more")).ToContainTextAsync("They could not sign in any more");
        await visitor.PicturesAsync("person-work-account");

        await using var other = await world.VisitAsync(tower: tower);
        await other.Page.GotoAsync("/sign-in");
        await other.FillAsync("input[type=email]", admin.Email);
        await other.FillAsync("#password", TestTower.Password);
        await other.Page.ClickAsync("[data-ct=sign-in]");
        await other.PicturesAsync("signin-code");
        await other.FillAsync("[data-ct=code]", Totp.At(key, TimeProvider.System.GetUtcNow().AddSeconds(30)));
        await other.Page.ClickAsync("[data-ct=give-code]");
        await other.LiveAsync();
        await visitor.Page.GotoAsync("/admin/sessions?person=" + admin.Id);
        await visitor.LiveAsync();
        await Expect(visitor.Part("sessions").Locator("tbody tr")).ToHaveCountAsync(2);
        await visitor.PicturesAsync("sessions");
        await visitor.Page.GotoAsync("/preferences");
        await visitor.LiveAsync();
        await visitor.Page.ClickAsync("[data-ct=end-others]");
        await Expect(visitor.Part("own-sessions").Locator("tbody tr")).ToHaveCountAsync(1);
        await other.AtAsync("/sign-in");
    }

    [Fact]
    public async Task What_was_filled_in_stays_while_the_person_shows_that_it_is_them()
    {
        var admin = await tower.PersonAsync(Roles.Admin, name: "Tess Visser");
        await using var visitor = await world.VisitAsync(tower: tower);
        var key = await EnterAsync(visitor, admin, pictures: false);
        await visitor.Page.GotoAsync("/admin");
        await visitor.LiveAsync();
        await tower.Database.ExecuteAsync("update account_session set proven_at = now() - interval '16 minutes'");
        await visitor.Page.ClickAsync("[data-ct=add-person]");
        await visitor.FillAsync("[data-ct=name]", "Noor Visser");
        await visitor.FillAsync("[data-ct=email]", "noor@work.example");
        await visitor.Page.ClickAsync("[data-ct=save]");
        await visitor.FillAsync("[data-ct=proof-password]", TestTower.Password);
        await visitor.Page.ClickAsync("[data-ct=proof-give]");
        await Expect(visitor.Part("proof")).ToContainTextAsync("Give the code as well");
        await visitor.FillAsync("[data-ct=proof-password]", "not the password");
        await visitor.FillAsync("[data-ct=proof-code]", "000000");
        await visitor.Page.ClickAsync("[data-ct=proof-give]");
        await Expect(visitor.Part("proof")).ToContainTextAsync("That is not your password. 4 tries left.");
        await visitor.PicturesAsync("proof");
        await visitor.FillAsync("[data-ct=proof-password]", TestTower.Password);
        await visitor.FillAsync("[data-ct=proof-code]", Totp.At(key, TimeProvider.System.GetUtcNow().AddSeconds(30)));
        await visitor.Page.ClickAsync("[data-ct=proof-give]");
        await Expect(visitor.Part("link").First).ToBeVisibleAsync();
        Assert.Equal("Noor Visser", await tower.Database.ScalarAsync<string>("select name from account where email = 'noor@work.example'"));
    }

    private static async Task<byte[]> EnterAsync(Visitor visitor, Account person, bool pictures)
    {
        visitor.Expect(401);
        await visitor.Page.GotoAsync("/sign-in");
        await visitor.FillAsync("input[type=email]", person.Email);
        await visitor.FillAsync("#password", TestTower.Password);
        await visitor.Page.ClickAsync("[data-ct=sign-in]");
        await Expect(visitor.Part("factor-key")).ToBeVisibleAsync();
        if (pictures)
            await visitor.PicturesAsync("factor-set-up");
        var services = visitor.Tower.Services;
        var stored = await services.GetRequiredService<FactorStore>().FindAsync(person.Id);
        var key = services.GetRequiredService<FactorSeal>().Open(person.Id, stored!.Sealed)!;
        await visitor.FillAsync("[data-ct=code]", Totp.At(key, TimeProvider.System.GetUtcNow()));
        await visitor.Page.ClickAsync("[data-ct=give-code]");
        await Expect(visitor.Part("recovery-codes").Locator("li")).ToHaveCountAsync(10);
        if (pictures)
            await visitor.PicturesAsync("factor-codes");
        await visitor.Page.ClickAsync("[data-ct=go-on]");
        await visitor.LiveAsync();
        return key;
    }
}
