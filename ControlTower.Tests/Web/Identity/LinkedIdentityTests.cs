using System.Net;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web.Identity;

/// <summary>Which work accounts open an account here, how they are taken away, and that a link changes nobody's identity.</summary>
public sealed class LinkedIdentityTests
{
    [Fact]
    public async Task An_admin_unlinks_a_work_account_which_ends_what_it_opened_unless_it_is_the_only_way_in()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = AuthoritySignInTests.Who(false, "Olga Orlova", "olga@work.example", "Tower.Operations");
        using var client = tower.Client(html: true);
        await authority.WalkAsync(client);
        var person = await tower.Database.ScalarAsync<Guid>("select id from account");
        await using var admin = await OpenScope.OfAsync(tower, await tower.SessionAsync((await tower.PersonAsync(Roles.Admin)).Id, "127.0.0.1"));
        var one = Assert.Single(await admin.Admin.IdentitiesAsync(person));
        Assert.Equal(authority.Issuer, one.Who.Issuer);
        Assert.NotNull(one.LastUsedAt);

        Assert.Contains("could not sign in any more", await admin.Admin.UnlinkIdentityAsync(person, one.Who), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/preferences", UriKind.Relative))).StatusCode);
        await PasswordAsync(tower, person);
        using var again = tower.Client(html: true);
        await authority.WalkAsync(again);
        Assert.Null(await admin.Admin.UnlinkIdentityAsync(person, one.Who));
        Assert.Equal(0, await tower.Database.ScalarAsync<long>($"select count(*) from account_session s join account a on a.id = s.account_id where a.id = '{person}' and s.ended_at is null and s.stamp = a.security_stamp"));
        Assert.Equal("refused the only way in, done ", await tower.Database.ScalarAsync<string>("select string_agg(outcome || ' ' || coalesce(reason, ''), ', ' order by seq) from audit where action = 'admin:account:unlink'"));

        using var after = tower.Client(html: true);
        authority.Person["email"] = "olga.again@work.example"; // No second account begins where the first one was left.
        var to = await authority.WalkAsync(after);
        Assert.Equal("/sign-in?trouble=Unlinked", to);
        Assert.Contains("Your work account was unlinked here.", await after.GetStringAsync(new Uri(to, UriKind.Relative)), StringComparison.Ordinal);
        Assert.Equal(2, await tower.Database.ScalarAsync<long>("select count(*) from account"));
        Assert.Equal(one.Who.Subject, await tower.Database.ScalarAsync<string>("select detail::jsonb ->> 'subject' from audit where outcome = 'refused' and reason = 'unlinked from its account'"));
        Assert.Null(await tower.Services.GetRequiredService<SessionStore>().OpenByAuthorityAsync(person, one.Who, "10.0.0.1", "", TimeProvider.System.GetUtcNow()));
        Assert.Null(await admin.Admin.LinkIdentityAsync(person, one.Who.Issuer, one.Who.Subject));
        Assert.DoesNotContain("trouble", await authority.WalkAsync(after), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_identity_proved_is_over_when_it_is_unlinked_and_it_is_free_for_an_admin_alone()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        var (store, sessions, by) = (tower.Services.GetRequiredService<IdentityStore>(), tower.Services.GetRequiredService<SessionStore>(), Actor.Tower("test"));
        var (person, other, who, now) = (await tower.PersonAsync(Roles.Admin), await tower.PersonAsync(Roles.Executive), new ExternalIdentity(authority.Issuer, "olga"), TimeProvider.System.GetUtcNow());
        await store.LinkAsync(person.Id, who, by);
        var session = await tower.SessionAsync(person.Id, "127.0.0.1");
        Assert.False(await sessions.ProveByAuthorityAsync(session, who with { Subject = "bert" }, now));
        Assert.True(await sessions.ProveByAuthorityAsync(session, who, now));

        Assert.Equal(AccountRefusal.None, await store.UnlinkAsync(person.Id, who, Permissions.IdentityWrite, by));
        Assert.True((await sessions.ReadAsync(session))!.ProvenAt < now - TimeSpan.FromDays(1));
        Assert.False(await sessions.ProveByAuthorityAsync(session, who, now));
        Assert.Null((await store.MakeAsync(who, new NewAccount("olga@work.example", "Olga Orlova", Roles.Admin, false), null)).Account);
        Assert.Equal(AccountRefusal.NotFound, await store.UnlinkAsync(person.Id, who, Permissions.IdentityWrite, by));
        Assert.Equal(AccountRefusal.None, await store.LinkAsync(other.Id, who, by));
        Assert.Empty(await store.ListAsync(person.Id));
        Assert.Equal(AccountRefusal.IdentityTaken, await store.LinkAsync(person.Id, who, by));
    }

    [Fact]
    public async Task Of_two_work_accounts_that_are_unlinked_at_once_one_stays_for_whoever_has_no_password()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        var (store, by) = (tower.Services.GetRequiredService<IdentityStore>(), Actor.Tower("test"));
        ExternalIdentity[] both = [new(authority.Issuer, "first"), new(authority.Issuer, "second")];
        var (person, _) = await store.MakeAsync(both[0], new NewAccount("olga@work.example", "Olga Orlova", Roles.Operations, false), null);
        await store.LinkAsync(person!.Id, both[1], by);
        var answers = await Task.WhenAll(both.Select(one => Task.Run(() => store.UnlinkAsync(person.Id, one, Permissions.IdentityWrite, by))));
        Assert.Equal([AccountRefusal.None, AccountRefusal.OnlyWayIn], answers.Order());
        Assert.Single(await store.ListAsync(person.Id));
    }

    [Fact]
    public async Task A_password_is_no_other_way_where_passwords_are_switched_off()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority, "Auth:LocalSignIn=false");
        var (store, by, person) = (tower.Services.GetRequiredService<IdentityStore>(), Actor.Tower("test"), await tower.PersonAsync(Roles.Operations));
        ExternalIdentity now = new(authority.Issuer, "olga"), before = new("https://before.example", "olga");
        await store.LinkAsync(person.Id, now, by);
        await store.LinkAsync(person.Id, before, by);
        Assert.Equal(AccountRefusal.OnlyWayIn, await store.UnlinkAsync(person.Id, now, Permissions.IdentityWrite, by));
        Assert.Equal(AccountRefusal.None, await store.UnlinkAsync(person.Id, before, Permissions.IdentityWrite, by));
    }

    [Fact]
    public async Task A_link_to_the_authority_does_not_change_who_is_signed_in()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        using var client = await tower.SignInAsAsync(Roles.Admin, html: true);
        authority.Person = AuthoritySignInTests.Who(false, "Olga Orlova", "olga@work.example", "Tower.Operations");

        var to = await authority.WalkAsync(client);
        Assert.Equal("/sign-in?trouble=AnotherPerson", to);
        Assert.Contains("Somebody else is signed in here.", await client.GetStringAsync(new Uri(to, UriKind.Relative)), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/admin", UriKind.Relative))).StatusCode);
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from account"));
        Assert.Equal(1, await tower.OpenSessionsAsync());
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'shell:session:open' and outcome = 'refused' and reason = 'somebody else is signed in at this browser'"));
    }

    private static async Task PasswordAsync(TestTower tower, Guid person)
    {
        var links = tower.Services.GetRequiredService<LinkStore>();
        await links.SetPasswordAsync(await links.IssueAsync(person, TimeSpan.FromHours(1), Actor.Tower("test")), person, tower.Services.GetRequiredService<Passwords>().Hash(TestTower.Password), null);
    }
}
