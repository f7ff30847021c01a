using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace ControlTower.Tests.Web.Identity;

/// <summary>Somebody who administers must be able to sign in: who cannot counts for nothing, and while nobody can the first-run link opens.</summary>
public sealed class AdminWhoCanSignInTests
{
    private static readonly Actor By = Actor.Tower("test");

    [Fact]
    public async Task The_first_run_link_opens_as_long_as_no_admin_can_sign_in_whoever_else_has_an_account()
    {
        await using var tower = await TestTower.StartAsync();
        var (accounts, links) = (tower.Services.GetRequiredService<AccountStore>(), tower.Services.GetRequiredService<LinkStore>());
        await tower.PersonAsync(Roles.Operations);
        var (waiting, _) = await accounts.AddAsync(new NewAccount("late@test.example", "Late Admin", Roles.Admin, false), By);
        await tower.Database.ExecuteAsync("delete from account_link");
        await tower.Services.GetServices<IHostedService>().OfType<FirstRun>().Single().AnnounceAsync(default);
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from account_link where account_id is null and used_at is null"));

        var link = await links.IssueAsync(null, TimeSpan.FromHours(1), By);
        Assert.True((await links.PeekAsync(link))!.Value.First);
        Assert.Equal(AccountRefusal.EmailTaken, (await links.MakeFirstAdminAsync(link, waiting!.Email, "Late Admin", "hash", null)).Refusal);
        var made = await links.MakeFirstAdminAsync(link, "first@test.example", "First Admin", tower.Services.GetRequiredService<Passwords>().Hash(TestTower.Password), null);
        Assert.Equal(AccountRefusal.None, made.Refusal);
        Assert.NotNull(await tower.Services.GetRequiredService<SessionStore>().OpenAsync(made.AccountId, made.Stamp, "10.0.0.1"));

        var late = await links.IssueAsync(null, TimeSpan.FromHours(1), By);
        Assert.Null(await links.PeekAsync(late));
        Assert.Equal(AccountRefusal.NotFirst, (await links.MakeFirstAdminAsync(late, "second@test.example", "Second Admin", "hash", null)).Refusal);
    }

    [Fact]
    public async Task Who_cannot_sign_in_does_not_count_as_an_admin_who_stays()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        var (accounts, identities, can) = (tower.Services.GetRequiredService<AccountStore>(), tower.Services.GetRequiredService<IdentityStore>(), await tower.PersonAsync(Roles.Admin));
        var (cannot, _) = await accounts.AddAsync(new NewAccount("late@test.example", "Late Admin", Roles.Admin, false), By);
        await identities.LinkAsync(cannot!.Id, new ExternalIdentity("https://before.example", "late"), By);
        Assert.Equal(AccountRefusal.LastAdmin, await accounts.ChangeRoleAsync(can.Id, Roles.Executive, false, By));
        Assert.Equal(AccountRefusal.LastAdmin, await accounts.DisableAsync(can.Id, "going away", By));

        await identities.LinkAsync(cannot.Id, new ExternalIdentity(authority.Issuer, "late"), By);
        Assert.Equal(AccountRefusal.None, await accounts.ChangeRoleAsync(can.Id, Roles.Executive, false, By));
        Assert.Equal(AccountRefusal.LastAdmin, await accounts.DisableAsync(cannot.Id, "going away", By));
    }

    [Fact]
    public async Task An_admin_whose_second_factor_takes_no_code_cannot_sign_in()
    {
        await using var tower = await TestTower.StartAsync();
        var (accounts, other) = (tower.Services.GetRequiredService<AccountStore>(), await tower.PersonAsync(Roles.Admin));
        var (locked, _, _) = await SecondFactorTests.EnrolledAsync(tower, Roles.Admin);
        await accounts.DisableAsync(other.Id, "left", By);
        Assert.True(await accounts.AnyAdminAsync());

        // As after the keys were lost: the sealed secret opens no more.
        await tower.Database.ExecuteAsync("update account_factor set secret = sha512('x')");
        Assert.True(await accounts.AnyAdminAsync()); // Recovery codes are hashes: they work still.
        await tower.Database.ExecuteAsync("update account_recovery_code set used_at = now()");
        Assert.False(await accounts.AnyAdminAsync());
        await accounts.EnableAsync(other.Id, By);
        Assert.Equal(AccountRefusal.None, await accounts.ChangeRoleAsync(locked.Id, Roles.Executive, false, By));
        Assert.Equal(AccountRefusal.LastAdmin, await accounts.ChangeRoleAsync(other.Id, Roles.Executive, false, By));
    }
}
