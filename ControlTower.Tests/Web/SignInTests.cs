using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Web;

public sealed class SignInTests
{
    private static readonly Uri Home = new("/", UriKind.Relative);

    [Fact]
    public async Task The_right_password_opens_a_new_session_and_sign_out_ends_it()
    {
        await using var tower = await TestTower.StartAsync();
        using var client = await tower.SignInAsAsync(Roles.Operations);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Home)).StatusCode);

        var token = Form(await client.GetStringAsync(Home));
        using var form = new FormUrlEncodedContent([new("__RequestVerificationToken", token)]);
        var left = await client.PostAsync(new Uri("/account/sign-out", UriKind.Relative), form);

        Assert.Equal("/sign-in?left=1", left.Headers.Location?.ToString());
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(Home)).StatusCode);
        Assert.Equal("Operations Tester", await tower.Database.ScalarAsync<string>("select actor_name from audit where action = 'shell:session:end' and outcome = 'done'"));
    }

    [Fact]
    public async Task Sign_out_without_the_form_token_does_nothing()
    {
        await using var tower = await TestTower.StartAsync();
        using var client = await tower.SignInAsAsync(Roles.Operations);
        using var nothing = new FormUrlEncodedContent([]);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync(new Uri("/account/sign-out", UriKind.Relative), nothing)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Home)).StatusCode);
    }

    [Fact]
    public async Task Sign_out_with_a_form_that_cannot_be_read_is_refused_as_too_old()
    {
        await using var tower = await TestTower.StartAsync();
        using var client = await tower.SignInAsAsync(Roles.Operations);
        using var garbage = new StringContent("--x\r\nno form at all");
        garbage.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x");
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync(new Uri("/account/sign-out", UriKind.Relative), garbage)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Home)).StatusCode);
    }

    [Fact]
    public async Task Signing_in_again_ends_the_session_from_before()
    {
        await using var tower = await TestTower.StartAsync();
        var person = await tower.PersonAsync(Roles.Operations);
        using var client = tower.Client();
        using var entered = await TestTower.PostSignInAsync(client, person.Email, TestTower.Password);
        using var stolen = tower.Client();
        stolen.DefaultRequestHeaders.Add("Cookie", entered.Headers.GetValues("Set-Cookie").First(value => value.StartsWith("ct=", StringComparison.Ordinal)).Split(';')[0]);
        Assert.Equal(HttpStatusCode.OK, (await stolen.GetAsync(Home)).StatusCode);

        using var form = new FormUrlEncodedContent(
        [
            new("_handler", "sign-in"), new("__RequestVerificationToken", Form(await client.GetStringAsync(Home))), new("Form.Email", person.Email), new("Form.Password", TestTower.Password),
        ]);
        Assert.Equal(HttpStatusCode.Redirect, (await client.PostAsync(new Uri("/sign-in", UriKind.Relative), form)).StatusCode);

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Home)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stolen.GetAsync(Home)).StatusCode);
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from account_session where ended_at is null"));
    }

    [Fact]
    public async Task Of_many_tries_at_once_no_more_than_the_limit_reach_the_password()
    {
        await using var tower = await TestTower.StartAsync();
        var person = await tower.PersonAsync(Roles.Operations);
        var desk = tower.Services.GetRequiredService<SignInDesk>();
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(() => desk.TryAsync(person.Email, "not the password", $"10.0.1.{i}"))));
        // Only a password that was looked at is written down as refused.
        Assert.InRange(await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'shell:session:open' and outcome = 'refused'"), 0, SignInLimits.PerEmail);
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_person_get_the_same_words()
    {
        await using var tower = await TestTower.StartAsync();
        var person = await tower.PersonAsync(Roles.Operations);
        using var client = tower.Client(html: true);

        var wrong = await (await TestTower.PostSignInAsync(client, person.Email, "not the password")).Content.ReadAsStringAsync();
        var unknown = await (await TestTower.PostSignInAsync(client, "nobody@test.example", "not the password")).Content.ReadAsStringAsync();

        Assert.Contains("That e-mail and password do not match.", wrong, StringComparison.Ordinal);
        Assert.Contains("4 tries left", wrong, StringComparison.Ordinal);
        Assert.Contains("That e-mail and password do not match.", unknown, StringComparison.Ordinal);
        Assert.Contains("4 tries left", unknown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sixth_try_is_refused_even_with_the_right_password_until_the_pause_is_over()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var person = await tower.PersonAsync(Roles.Operations);
        var desk = tower.Services.GetRequiredService<SignInDesk>();
        for (var i = 0; i < SignInLimits.PerEmail; i++)
            await desk.TryAsync(person.Email, "not the password", "127.0.0.1");

        using var client = tower.Client();
        var paused = await TestTower.PostSignInAsync(client, person.Email, TestTower.Password);
        Assert.Equal(HttpStatusCode.TooManyRequests, paused.StatusCode);
        Assert.NotNull(paused.Headers.RetryAfter);

        clock.Advance(SignInLimits.Pause + TimeSpan.FromSeconds(1));
        Assert.NotNull((await desk.TryAsync(person.Email, TestTower.Password, "127.0.0.1")).Session);
    }

    [Fact]
    public async Task One_address_cannot_try_many_people()
    {
        await using var tower = await TestTower.StartAsync();
        var limits = tower.Services.GetRequiredService<SignInLimits>();
        for (var i = 0; i < SignInLimits.PerAddress; i++)
            await limits.FailedAsync($"person{i}@test.example", "10.0.0.9");
        Assert.Equal(0, (await limits.LeftAsync("somebody.else@test.example", "10.0.0.9")).Tries);
        Assert.Equal(SignInLimits.PerEmail, (await limits.LeftAsync("somebody.else@test.example", "10.0.0.10")).Tries);
    }

    [Fact]
    public async Task A_session_ends_after_30_minutes_without_activity_and_after_12_hours_with()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var (person, sessions) = (await tower.PersonAsync(Roles.Operations), tower.Services.GetRequiredService<SessionStore>());

        var idle = await tower.SessionAsync(person.Id, "127.0.0.1");
        clock.Advance(SessionStore.Idle + TimeSpan.FromSeconds(1));
        Assert.Null(await sessions.ReadAsync(idle));

        var busy = await tower.SessionAsync(person.Id, "127.0.0.1");
        for (var at = TimeSpan.Zero; at < SessionStore.Absolute - TimeSpan.FromMinutes(20); at += TimeSpan.FromMinutes(20))
        {
            clock.Advance(TimeSpan.FromMinutes(20));
            await sessions.TouchAsync(busy);
            Assert.NotNull(await sessions.ReadAsync(busy));
        }

        clock.Advance(TimeSpan.FromMinutes(21));
        Assert.Null(await sessions.ReadAsync(busy));
    }

    [Promise(21)]
    [Fact]
    public async Task A_disabled_person_and_a_changed_role_are_seen_by_the_gate_within_its_memory()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var (accounts, gate) = (tower.Services.GetRequiredService<AccountStore>(), tower.Services.GetRequiredService<SessionGate>());
        var person = await tower.PersonAsync(Roles.Operations);
        var session = await tower.SessionAsync(person.Id, "127.0.0.1");
        Assert.Equal(Roles.Operations, (await gate.WhoAsync(session))!.Role);

        await accounts.ChangeRoleAsync(person.Id, Roles.Executive, finance: false, Actor.Tower("test"));
        clock.Advance(SessionGate.Remembered);
        Assert.Equal(Roles.Executive, (await gate.WhoAsync(session))!.Role);

        await accounts.DisableAsync(person.Id, "left", Actor.Tower("test"));
        clock.Advance(SessionGate.Remembered);
        Assert.Null(await gate.WhoAsync(session));
    }

    [Promise(21)]
    [Fact]
    public async Task A_disabled_person_is_shown_the_door_at_the_next_request()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsDisabledAsync(tower, clock));
    }

    [Sabotage(21)]
    [Fact]
    public async Task P21_sabotage_with_the_rules_that_the_framework_brings_a_disabled_person_goes_on_with_the_cookie()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var tower = await TestTower.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(clock);
            builder.Services.PostConfigureAll<CookieAuthenticationOptions>(options => (options.EventsType, options.Events) = (null, new CookieAuthenticationEvents()));
        });

        Assert.Equal(HttpStatusCode.OK, await AskAsDisabledAsync(tower, clock));
    }

    private static async Task<HttpStatusCode> AskAsDisabledAsync(TestTower tower, FakeTimeProvider clock)
    {
        var person = await tower.PersonAsync(Roles.Operations);
        using var client = await tower.SignInAsync(person);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Home)).StatusCode);
        await tower.Services.GetRequiredService<AccountStore>().DisableAsync(person.Id, "left", Actor.Tower("test"));
        clock.Advance(SessionGate.Remembered);
        return (await client.GetAsync(Home)).StatusCode;
    }

    [Theory]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("https://evil.example/")]
    [InlineData("javascript:alert(1)")]
    public async Task A_return_address_never_leads_out(string returnUrl)
    {
        await using var tower = await TestTower.StartAsync();
        var person = await tower.PersonAsync(Roles.Operations);
        using var client = tower.Client();
        var answer = await TestTower.PostSignInAsync(client, person.Email, TestTower.Password, $"/sign-in?returnUrl={Uri.EscapeDataString(returnUrl)}");
        Assert.Equal($"{tower.Url}/", answer.Headers.Location?.ToString());
    }

    [Fact]
    public async Task A_page_that_needs_a_session_leads_to_the_sign_in_and_back()
    {
        await using var tower = await TestTower.StartAsync();
        var admin = await tower.PersonAsync(Roles.Admin);
        using var client = tower.Client(html: true);
        var asked = await client.GetAsync(new Uri("/admin", UriKind.Relative));
        Assert.Equal("/sign-in?returnUrl=%2Fadmin", asked.Headers.Location?.ToString());
        var entered = await TestTower.PostSignInAsync(client, admin.Email, TestTower.Password, asked.Headers.Location!.ToString());
        Assert.Equal($"{tower.Url}/admin", entered.Headers.Location?.ToString());
    }

    [Fact]
    public async Task The_cookie_is_out_of_reach_for_scripts_and_other_sites()
    {
        await using var tower = await TestTower.StartAsync();
        var person = await tower.PersonAsync(Roles.Operations);
        using var client = tower.Client();
        var answer = await TestTower.PostSignInAsync(client, person.Email, TestTower.Password);
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"), value => value.StartsWith("ct=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Through_a_believed_proxy_with_https_the_cookie_is_the_host_one()
    {
        await using var tower = await TestTower.StartAsync(null, null, "Tower:Proxies:0=127.0.0.1");
        var person = await tower.PersonAsync(Roles.Operations);
        using var client = tower.Client();
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");
        client.DefaultRequestHeaders.Host = "tower.example";
        var page = await client.GetAsync(new Uri("/sign-in", UriKind.Relative));
        // The cookie container drops Secure cookies over http, so it is carried by hand.
        client.DefaultRequestHeaders.Add("Cookie", page.Headers.GetValues("Set-Cookie").First(value => value.StartsWith("ct-form", StringComparison.Ordinal)).Split(';')[0]);
        var token = Form(await page.Content.ReadAsStringAsync());
        using var form = new FormUrlEncodedContent(
            [new("_handler", "sign-in"), new("__RequestVerificationToken", token), new("Form.Email", person.Email), new("Form.Password", TestTower.Password)]);
        var answer = await client.PostAsync(new Uri("/sign-in", UriKind.Relative), form);
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"), value => value.StartsWith("__Host-ct=", StringComparison.Ordinal));
        Assert.Contains("secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_forwarded_address_from_nobody_we_know_is_not_believed()
    {
        await using var tower = await TestTower.StartAsync();
        using var client = tower.Client(html: true);
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");
        await TestTower.PostSignInAsync(client, "nobody@test.example", "not the password");
        Assert.Equal("127.0.0.1", await tower.Database.ScalarAsync<string>("select address from sign_in_failure"));
    }

    [Fact]
    public void Equal_work_for_known_and_unknown_people_and_a_hash_that_costs()
    {
        var passwords = new Passwords();
        var hash = passwords.Hash(TestTower.Password);
        passwords.Check(null, "warm");
        // The work of this thread, not the clock on the wall: other tests run meanwhile.
        TimeSpan Least(Func<PasswordCheck> check) => Enumerable.Range(0, 5).Min(_ =>
        {
            var before = ThreadWork.Spent;
            check();
            return ThreadWork.Spent - before;
        });
        var known = Least(() => passwords.Check(hash, "not the password"));
        var unknown = Least(() => passwords.Check(null, "not the password"));
        Assert.InRange(unknown / known, 0.5, 2);
        // Format of the framework's hasher: a marker, then PRF and iterations, each four bytes, the highest first.
        var header = Convert.FromBase64String(hash);
        const uint Sha512 = 2;
        Assert.Equal(Sha512, BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1)));
        Assert.InRange(BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(5)), 210_000u, 10_000_000u);
    }

    private static string Form(string html) =>
        html.Split("name=\"__RequestVerificationToken\" value=\"")[1].Split('"')[0];
}
