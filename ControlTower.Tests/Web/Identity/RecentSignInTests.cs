using System.Globalization;
using ControlTower.Data.Accounts;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Web.Identity;

/// <summary>What an open page alone does not allow.</summary>
public sealed class RecentSignInTests
{
    [Fact]
    public async Task Fifteen_minutes_after_the_proof_secrets_roles_and_keys_ask_for_it_again_and_nothing_else_does()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var admin = await tower.PersonAsync(Roles.Admin);
        var session = await tower.SessionAsync(admin.Id, "127.0.0.1");
        await using var page = await OpenScope.OfAsync(tower, session);
        string[] asking = [Permissions.AccountsWrite, Permissions.ApiClientsManage, Permissions.WallboardsManage, Permissions.ConnectionsConfigure, Permissions.FactorWrite, Permissions.IdentityWrite, Permissions.WebhooksManage, Permissions.NotificationsManage, Permissions.FinanceFeeds];
        foreach (var permission in Permissions.All)
            await page.Actor.MustAsync(permission);

        clock.Advance(RecentSignIn.Lasts);
        foreach (var permission in Permissions.All)
        {
            if (asking.Contains(permission, StringComparer.Ordinal))
                await Assert.ThrowsAsync<ProofNeededException>(() => page.Actor.MustAsync(permission));
            else
                await page.Actor.MustAsync(permission);
            await page.Actor.MustSeeAsync(permission);
        }

        var desk = tower.Services.GetRequiredService<SignInDesk>();
        Assert.Equal(ProofFault.Password, (await desk.ProveAsync(session, "not the password", "", "10.0.0.1")).Fault);
        await Assert.ThrowsAsync<ProofNeededException>(() => page.Actor.MustAsync(Permissions.AccountsWrite));
        Assert.Equal(ProofFault.None, (await desk.ProveAsync(session, TestTower.Password, "", "10.0.0.1")).Fault);
        await page.Actor.MustAsync(Permissions.AccountsWrite);
        Assert.Equal("refused done", await tower.Database.ScalarAsync<string>("select string_agg(outcome, ' ' order by seq) from audit where action = 'shell:session:prove'"));
    }

    [Fact]
    public async Task A_session_that_ended_a_moment_ago_elsewhere_changes_no_roles()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var sessions = tower.Services.GetRequiredService<SessionStore>();
        var session = await tower.SessionAsync((await tower.PersonAsync(Roles.Admin)).Id, "127.0.0.1");
        await using var page = await OpenScope.OfAsync(tower, session);
        await page.Actor.MustAsync(Permissions.AccountsWrite);
        await sessions.EndAsync(session);
        await page.Actor.MustAsync(Permissions.AccountsRead); // Remembered for two seconds.
        Assert.IsNotType<ProofNeededException>(await Assert.ThrowsAnyAsync<UnauthorizedAccessException>(() => page.Actor.MustAsync(Permissions.AccountsWrite)));
    }

    [Fact]
    public async Task Whoever_guesses_at_an_open_page_is_stopped_like_at_the_door()
    {
        await using var tower = await TestTower.StartAsync();
        var admin = await tower.PersonAsync(Roles.Admin);
        var (session, desk) = (await tower.SessionAsync(admin.Id, "127.0.0.1"), tower.Services.GetRequiredService<SignInDesk>());
        for (var i = 0; i < SignInLimits.PerEmail; i++) // Who guesses at the door takes no try from whoever is inside.
            await desk.TryAsync(admin.Email, "not the password", "10.0.1." + i.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(ProofFault.None, (await desk.ProveAsync(session, TestTower.Password, "", "10.0.0.9")).Fault);
        for (var i = 0; i < SignInLimits.PerEmail; i++)
            await desk.ProveAsync(session, "not the password", "", "10.0.0." + i.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(ProofFault.Paused, (await desk.ProveAsync(session, TestTower.Password, "", "10.0.0.9")).Fault);
    }

    [Fact]
    public async Task Where_the_role_needs_a_second_factor_a_password_alone_proves_nobody()
    {
        await using var tower = await TestTower.StartAsync(null, null, "Auth:SecondFactor=admins");
        var desk = tower.Services.GetRequiredService<SignInDesk>();
        var (admin, other) = (await tower.SessionAsync((await tower.PersonAsync(Roles.Admin)).Id, "127.0.0.1"), await tower.SessionAsync((await tower.PersonAsync(Roles.Executive)).Id, "127.0.0.1"));
        Assert.Equal(ProofFault.NoFactor, (await desk.ProveAsync(admin, TestTower.Password, "", "10.0.0.1")).Fault);
        Assert.Equal(ProofFault.None, (await desk.ProveAsync(other, TestTower.Password, "", "10.0.0.1")).Fault);
    }

    [Fact]
    public async Task An_act_waits_for_the_proof_and_goes_on_and_without_it_nothing_is_done()
    {
        var prompt = new ProofPrompt();
        var acts = new ActGuard(NullLogger<ActGuard>.Instance, prompt);
        var (proven, done) = (false, 0);
        Task ActAsync() => proven ? Task.FromResult(done++) : throw new ProofNeededException();
        await acts.RunAsync(ActAsync);
        Assert.Contains("Show that it is you", acts.Wrong, StringComparison.Ordinal); // Nothing is there that could ask.

        prompt.Changed += () => { };
        var refused = acts.RunAsync(ActAsync);
        Assert.True(prompt.IsOpen);
        prompt.Answer(false);
        await refused;
        Assert.Equal(0, done);

        var running = acts.RunAsync(ActAsync);
        proven = true;
        prompt.Answer(true);
        await running;
        Assert.Equal((1, null), (done, acts.Wrong));
    }

    [Fact]
    public async Task At_the_authority_the_same_person_proves_it_anew_and_nobody_else_does()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = AuthoritySignInTests.Who(false, "Ada Admin", "ada@work.example", "Tower.Admin");
        using var client = tower.Client(html: true);
        await authority.WalkAsync(client);
        const string isFresh = "select proven_at > now() - interval '5 minutes' from account_session where ended_at is null";
        await tower.Database.ExecuteAsync("update account_session set proven_at = now() - interval '1 hour'");

        authority.Person["auth_time"] = TimeProvider.System.GetUtcNow().AddHours(-1).ToUnixTimeSeconds();
        Assert.Contains("NotProven", await authority.WalkAsync(client, "/account/prove"), StringComparison.Ordinal);
        Assert.Equal(("0", "login"), (authority.LastAsked["max_age"], authority.LastAsked["prompt"]));
        var ada = authority.Person;
        authority.Person = AuthoritySignInTests.Who(false, "Bert Admin", "bert@work.example", "Tower.Admin");
        Assert.Contains("NotProven", await authority.WalkAsync(client, "/account/prove"), StringComparison.Ordinal);
        Assert.False(await tower.Database.ScalarAsync<bool>(isFresh));
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from account"));

        ada.Remove("auth_time");
        authority.Person = ada;
        Assert.Equal("/account/proven", await authority.WalkAsync(client, "/account/prove"));
        Assert.True(await tower.Database.ScalarAsync<bool>(isFresh));
        Assert.Equal(1, await tower.OpenSessionsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_authority_that_does_not_say_when_proves_nobody_and_the_page_names_the_claim(bool entra)
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync(entra);
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = AuthoritySignInTests.Who(entra, "Ada Admin", "ada@work.example", "Tower.Admin");
        authority.Forge = claims => authority.Sign(claims.Where(claim => claim.Key != "auth_time").ToDictionary(StringComparer.Ordinal));
        using var client = tower.Client(html: true);
        Assert.Equal("/connections", await authority.WalkAsync(client)); // It lets in,

        var to = await authority.WalkAsync(client, "/account/prove");
        Assert.Equal("/sign-in?trouble=NoTime", to);
        Assert.Contains("must add the claim auth_time", await client.GetStringAsync(new Uri(to, UriKind.Relative)), StringComparison.Ordinal);
        Assert.False(await tower.Database.ScalarAsync<bool>("select proven_at > now() - interval '1 day' from account_session where ended_at is null")); // and proves nothing.
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'shell:session:prove' and outcome = 'refused' and reason like '%auth_time%'"));

        authority.Forge = null;
        Assert.Equal("/account/proven", await authority.WalkAsync(client, "/account/prove"));
    }
}
