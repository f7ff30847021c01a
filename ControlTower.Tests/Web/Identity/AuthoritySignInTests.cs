using System.Net;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web.Identity;

/// <summary>Sign-in at an authority outside, from the button to the end of the session, against an issuer of our own.</summary>
public sealed class AuthoritySignInTests
{
    private static readonly Uri Home = new("/", UriKind.Relative);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_has_a_role_there_comes_in_with_it_and_an_account_is_made_once(bool entra)
    {
        await using var authority = await AuthorityAsync(entra);
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = Who(entra, "Olga Orlova", "olga@work.example", "Tower.Operations", "Tower.Finance");
        using var client = tower.Client(html: true);

        Assert.Equal("/orders", await authority.WalkAsync(client, "/account/continue?returnUrl=%2Forders"));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Home)).StatusCode);
        Assert.Equal("Operations/True/olga@work.example", await tower.Database.ScalarAsync<string>("select role || '/' || initcap(finance::text) || '/' || email from account"));
        Assert.Equal(entra ? $"entra:{authority.Tenant}" : authority.Issuer, await tower.Database.ScalarAsync<string>("select issuer from account_identity"));
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'admin:account:add' and outcome = 'done' and reason like 'first sign-in%'"));

        using var again = tower.Client(html: true);
        await authority.WalkAsync(again);
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from account"));
        Assert.Equal(2, await tower.OpenSessionsAsync());
    }

    [Fact]
    public async Task The_question_asks_for_a_code_with_a_challenge_and_a_nonce_and_for_no_token_in_the_browser()
    {
        await using var authority = await AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = Who(false, "Olga Orlova", "olga@work.example", "Tower.Operations");
        using var client = tower.Client(html: true);
        await authority.WalkAsync(client);

        Assert.Equal(("code", "S256", "query"), (authority.LastAsked["response_type"], authority.LastAsked["code_challenge_method"], authority.LastAsked.GetValueOrDefault("response_mode", "query")));
        Assert.True(authority.LastAsked["nonce"].Length > 20);
        Assert.Equal("openid profile email".Split(' ').Order(), authority.LastAsked["scope"].Split(' ').Order());
        Assert.Equal($"{tower.Url}/signin-oidc", authority.LastAsked["redirect_uri"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_a_role_somebody_is_told_so_it_is_in_the_audit_and_nothing_was_made(bool entra)
    {
        await using var authority = await AuthorityAsync(entra);
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = Who(entra, "Nils Nobody", "nils@work.example", "Something.Else");
        using var client = tower.Client(html: true);

        await authority.WalkAsync(client);
        var page = await client.GetStringAsync(new Uri(await authority.WalkAsync(client), UriKind.Relative));

        Assert.Contains("You have no role in this tower.", page, StringComparison.Ordinal);
        Assert.Equal(0, await tower.Database.ScalarAsync<long>("select count(*) from account"));
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'shell:session:open' and detail::jsonb ? 'subject'")); // Whoever tries again and again is counted.
        Assert.Equal("the authority gives no role that means one here", await tower.Database.ScalarAsync<string>("select reason from audit where action = 'shell:session:open' and outcome = 'refused'"));
        Assert.Equal(0, await tower.OpenSessionsAsync());
    }

    [Fact]
    public async Task Another_role_there_is_another_role_here_at_the_next_sign_in()
    {
        await using var authority = await AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = Who(false, "Olga Orlova", "olga@work.example", "Tower.Operations");
        using var client = tower.Client(html: true);
        await authority.WalkAsync(client);

        authority.Person["roles"] = "Tower.Executive";
        Assert.Equal("Operations", await tower.Database.ScalarAsync<string>("select role from account"));
        await authority.WalkAsync(client);
        Assert.Equal("Executive", await tower.Database.ScalarAsync<string>("select role from account"));
        Assert.Equal("authority", await tower.Database.ScalarAsync<string>("select actor_name from audit where action = 'admin:account:change-role'"));
        Assert.Equal(1, await tower.OpenSessionsAsync());
    }

    [Fact]
    public async Task A_group_means_a_role_as_well()
    {
        await using var authority = await AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = Who(false, "Mia Merch", "mia@work.example");
        authority.Person["groups"] = "g-merch";
        using var client = tower.Client(html: true);
        await authority.WalkAsync(client);
        Assert.Equal("Merchandiser", await tower.Database.ScalarAsync<string>("select role from account"));
    }

    [Fact]
    public async Task The_same_e_mail_takes_over_nobody_until_an_admin_links_it_on_purpose()
    {
        await using var authority = await AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        var (admin, local) = (await tower.PersonAsync(Roles.Admin), await tower.PersonAsync(Roles.Executive, email: "olga@work.example"));
        authority.Person = Who(false, local.Name, local.Email, "Tower.Admin");
        using var client = tower.Client(html: true);

        Assert.Contains("Taken", await authority.WalkAsync(client), StringComparison.Ordinal);
        Assert.Equal(0, await tower.OpenSessionsAsync());
        Assert.Equal("Executive", await tower.Database.ScalarAsync<string>("select role from account where email = 'olga@work.example'"));

        var identities = tower.Services.GetRequiredService<IdentityStore>();
        var by = new Actor(admin.Id, admin.Name, admin.Role);
        var identity = new ExternalIdentity(authority.Issuer, (string)authority.Person["sub"]);
        Assert.Equal(AccountRefusal.None, await identities.LinkAsync(local.Id, identity, by));
        Assert.Equal(AccountRefusal.IdentityTaken, await identities.LinkAsync(admin.Id, identity, by));
        await authority.WalkAsync(client);
        Assert.Equal(local.Id, await tower.Database.ScalarAsync<Guid>("select account_id from account_session where ended_at is null"));
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'admin:account:link'"));
    }

    [Fact]
    public async Task A_disabled_person_stays_out_whatever_the_authority_says()
    {
        await using var authority = await AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = Who(false, "Olga Orlova", "olga@work.example", "Tower.Operations");
        using var client = tower.Client(html: true);
        await authority.WalkAsync(client);
        await tower.Services.GetRequiredService<AccountStore>().DisableAsync(await tower.Database.ScalarAsync<Guid>("select id from account"), "left", Actor.Tower("test"));

        using var again = tower.Client(html: true);
        Assert.Contains("Disabled", await authority.WalkAsync(again), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, (await again.GetAsync(Home)).StatusCode);
    }

    [Fact]
    public async Task The_authority_cannot_take_the_last_admin_away()
    {
        await using var authority = await AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = Who(false, "Ada Admin", "ada@work.example", "Tower.Admin");
        using var client = tower.Client(html: true);
        await authority.WalkAsync(client);

        authority.Person["roles"] = "Tower.Executive";
        using var again = tower.Client(html: true);
        Assert.Contains("LastAdmin", await authority.WalkAsync(again), StringComparison.Ordinal);
        Assert.Equal("Admin", await tower.Database.ScalarAsync<string>("select role from account"));
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'admin:account:change-role' and outcome = 'refused' and reason = 'the last admin'"));
    }

    [Fact]
    public async Task Signing_out_here_signs_out_there_where_there_is_a_place_for_it()
    {
        await using var authority = await AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = Who(false, "Olga Orlova", "olga@work.example", "Tower.Operations");
        using var client = tower.Client(html: true);
        await authority.WalkAsync(client);

        using var form = new FormUrlEncodedContent([new("__RequestVerificationToken", await TestTower.FormTokenAsync(client, "/"))]);
        using var left = await client.PostAsync(new Uri("/account/sign-out", UriKind.Relative), form);
        Assert.Null(left.Headers.Location); // A form of ours leads nowhere else; the page that answers it does.
        var next = Assert.Single(left.Headers.GetValues("Refresh"))["0; url=".Length..];
        Assert.StartsWith($"{authority.Issuer}/end?", next, StringComparison.Ordinal);
        using var there = await client.GetAsync(new Uri(next));
        using var back = await client.GetAsync(there.Headers.Location);
        Assert.Equal("/sign-in?left=1", back.Headers.Location!.ToString());
        Assert.Contains($"client_id={TestAuthority.ClientId}", Assert.Single(authority.Ended), StringComparison.Ordinal);
        Assert.Equal(0, await tower.OpenSessionsAsync());
    }

    [Fact]
    public async Task While_the_authority_is_away_that_is_said_and_a_local_account_opens_the_tower()
    {
        await using var authority = await AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Away = true;
        using var client = tower.Client(html: true);
        var page = await client.GetStringAsync(new Uri(await authority.WalkAsync(client), UriKind.Relative));
        Assert.Contains("Your work account gives no answer.", page, StringComparison.Ordinal);
        Assert.Contains("data-ct=\"continue\"", page, StringComparison.Ordinal);
        using var local = await tower.SignInAsAsync(Roles.Admin);

        authority.Away = false;
        authority.Person = Who(false, "Olga Orlova", "olga@work.example", "Tower.Operations");
        Assert.Equal("/", await authority.WalkAsync(client));
    }

    [Fact]
    public async Task Where_passwords_are_switched_off_none_opens_anything_and_no_link_sets_one()
    {
        await using var authority = await AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority, "Auth:LocalSignIn=false");
        var person = await tower.PersonAsync(Roles.Admin);
        using var client = tower.Client(html: true);
        var page = await client.GetStringAsync(new Uri("/sign-in", UriKind.Relative));
        Assert.DoesNotContain("type=\"password\"", page, StringComparison.Ordinal);

        var link = await tower.Services.GetRequiredService<LinkStore>().IssueAsync(person.Id, TimeSpan.FromHours(1), Actor.Tower("test"));
        Assert.Equal(HttpStatusCode.Gone, (await client.GetAsync(new Uri($"/setup?code={link}", UriKind.Relative))).StatusCode);
        using var form = new FormUrlEncodedContent([new("_handler", "sign-in"), new("Form.Email", person.Email), new("Form.Password", TestTower.Password)]);
        await client.PostAsync(new Uri("/sign-in", UriKind.Relative), form);
        Assert.Equal(0, await tower.OpenSessionsAsync());
    }

    [Theory]
    [InlineData("Auth:Mode=saml", "Auth:Mode")]
    [InlineData("Auth:Authority=http://elsewhere.example", "Auth:Authority")]
    [InlineData("Auth:ClientId=", "Auth:ClientId")]
    [InlineData("Auth:ClientSecret=", "Auth:ClientSecret")]
    [InlineData("Auth:ClientSecretFile=/nowhere/at/all", "Auth:ClientSecretFile")]
    [InlineData("Auth:Roles:Tower.Admin=Owner", "Auth:Roles:Tower.Admin")]
    [InlineData("Auth:SecondFactor=sometimes", "Auth:SecondFactor")]
    [InlineData("Auth:Secret=x", "Auth:Secret is no key")]
    public async Task A_configuration_that_could_let_in_the_wrong_people_or_nobody_does_not_start(string setting, string named)
    {
        await using var authority = await AuthorityAsync();
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => IdentityTower.StartAsync(authority, setting));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_authority_that_calls_itself_something_else_does_not_start_and_the_value_to_set_is_named()
    {
        await using var authority = await AuthorityAsync();
        var other = authority.Base.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => IdentityTower.StartAsync(authority, $"Auth:Authority={other}"));
        Assert.Contains($"calls itself '{authority.Issuer}'", refused.Message, StringComparison.Ordinal);
    }

    internal static Task<TestAuthority> AuthorityAsync(bool entra = false) => TestAuthority.StartAsync(entra ? Guid.Parse("7c1f5c2e-33a1-4f0e-9a5a-1d1f6f0f7b11") : null);

    internal static Dictionary<string, object> Who(bool entra, string name, string email, params string[] roles)
    {
        var who = TestAuthority.Who("subject-of-" + email, name, email, roles);
        if (entra)
            who["oid"] = "0b9f6d0a-9f7c-4c55-8a07-52a3b8a0c001";
        return who;
    }
}
