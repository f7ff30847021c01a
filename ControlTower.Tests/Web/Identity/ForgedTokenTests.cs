using System.Net;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Web.Identity;

/// <summary>Tokens and answers that are not what they say: each is refused, is in the audit by its kind, and opens nothing.</summary>
public sealed class ForgedTokenTests
{
    private const string NotSaid = "says of nobody here who they are";

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private static readonly Dictionary<string, Forgery> Forgeries = new(StringComparer.Ordinal)
    {
        ["algorithm none"] = new("the token's signature is wrong or missing", (_, claims) => TestAuthority.Signed(claims, "none", "rsa-1", _ => [])),
        ["signed with the public key as a shared secret"] = new("the token's signature is wrong or missing", (at, claims) => TestAuthority.Signed(claims, "HS256", "rsa-1", data => HMACSHA256.HashData(Encoding.ASCII.GetBytes(at.Rsa.ExportSubjectPublicKeyInfoPem()), data))),
        ["signed with the client's secret"] = new("the token's signature is wrong or missing", (_, claims) => TestAuthority.Signed(claims, "HS256", "rsa-1", data => HMACSHA256.HashData(Encoding.ASCII.GetBytes(TestAuthority.ClientSecret), data))),
        ["unsigned"] = new("the token's signature is wrong or missing", (at, claims) => at.Sign(claims).Split('.') is [var head, var body, _] ? $"{head}.{body}." : ""),
        ["another body under a true signature"] = new("the token's signature is wrong or missing", (at, claims) => at.Sign(claims).Split('.') is [_, _, var signature] && at.Sign(With(claims, "sub", "somebody-else")).Split('.') is [var head, var body, _] ? $"{head}.{body}.{signature}" : ""),
        ["a key that is not the authority's"] = new("the token's key is none of the authority's", (at, claims) => at.Sign(claims, RSA.Create(2048), "stolen")),
        ["a key that is not the authority's under its name"] = new("the token's signature is wrong or missing", (at, claims) => at.Sign(claims, RSA.Create(2048))),
        ["another audience"] = new("the token is for somebody else", (at, claims) => at.Sign(With(claims, "aud", "another-program"))),
        ["another issuer"] = new("the token is from another issuer", (at, claims) => at.Sign(With(claims, "iss", "https://issuer.example"))),
        ["expired"] = new("the token is over its time", (at, claims) => at.Sign(With(With(claims, "nbf", Now - 900), "exp", Now - 300))),
        ["no end"] = new("the token is over its time", (at, claims) => at.Sign(Without(claims, "exp"))),
        ["not valid yet"] = new("the token is not valid yet", (at, claims) => at.Sign(With(With(claims, "nbf", Now + 900), "exp", Now + 1800))),
        ["another nonce"] = new("the token was asked for by somebody else", (at, claims) => at.Sign(With(claims, "nonce", "a nonce of somebody else"))),
        ["no nonce"] = new("the token was asked for by somebody else", (at, claims) => at.Sign(Without(claims, "nonce"))),
        ["no token"] = new("the token is not good", (_, _) => ""),
        ["no token at all"] = new("the token is not good", (_, _) => "not.a.token"),
    };

    private static readonly KeyValuePair<string, Forgery> NobodyIn = new("nobody", new("the token is not good", (at, claims) => at.Sign(Without(claims, "sub"))));

    private static readonly Dictionary<string, Forgery> OfEntra = new(StringComparer.Ordinal)
    {
        ["another tenant"] = new(NotSaid, (at, claims) => at.Sign(With(claims, "tid", Guid.NewGuid().ToString()))),
        ["another tenant's issuer"] = new("the token is from another issuer", (at, claims) => at.Sign(With(claims, "iss", $"{at.Base}/{Guid.NewGuid()}/v2.0"))),
        ["no object"] = new(NotSaid, (at, claims) => at.Sign(Without(claims, "oid"))),
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_forged_token_opens_nothing_and_is_in_the_audit_by_its_kind(bool entra)
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync(entra);
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = AuthoritySignInTests.Who(entra, "Olga Orlova", "olga@work.example", "Tower.Admin");
        using var client = tower.Client(html: true);
        List<string> untold = [];
        foreach (var (kind, forge) in entra ? Forgeries.Concat(OfEntra) : Forgeries.Append(NobodyIn))
        {
            authority.Forge = claims => forge.Make(authority, claims);
            Assert.True((await authority.WalkAsync(client)).Contains("Refused", StringComparison.Ordinal), kind);
            Assert.Equal(0, await tower.OpenSessionsAsync());
            if (!await ToldAsync(tower, forge.Reason))
                untold.Add($"{kind}: {forge.Reason}");
        }

        Assert.True(untold.Count == 0, $"{string.Join('\n', untold)}\nTold was: {await tower.Database.ScalarAsync<string>("select string_agg(distinct reason, '; ') from audit where subject = 'authority:answer'")}");
        Assert.Equal(0, await tower.Database.ScalarAsync<long>("select count(*) from account"));
        authority.Forge = null;
        Assert.Equal("/connections", await authority.WalkAsync(client)); // The same person, unforged.
    }

    [Fact]
    public async Task A_true_token_signed_with_the_other_key_opens_the_tower()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = AuthoritySignInTests.Who(false, "Olga Orlova", "olga@work.example", "Tower.Operations");
        authority.Forge = authority.SignEc;
        using var client = tower.Client(html: true);
        Assert.Equal("/", await authority.WalkAsync(client));
    }

    [Fact]
    public async Task A_state_without_the_browsers_cookie_and_a_code_or_state_used_twice_open_nothing()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        authority.Person = AuthoritySignInTests.Who(false, "Olga Orlova", "olga@work.example", "Tower.Operations");

        // The victim's browser begins; what comes back is put into another browser.
        using var victim = tower.Client(html: true);
        using var question = await victim.GetAsync(new Uri("/account/continue", UriKind.Relative));
        var cookies = string.Join("; ", question.Headers.GetValues("Set-Cookie").Select(value => value.Split(';')[0]));
        using var there = await victim.GetAsync(question.Headers.Location);
        var answer = there.Headers.Location!;
        using var thief = tower.Client(html: true);
        using var stolen = await thief.GetAsync(answer);
        Assert.Contains("Refused", stolen.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await tower.OpenSessionsAsync());

        using var first = await victim.GetAsync(answer);
        Assert.Equal("/", first.Headers.Location!.ToString());
        using var second = await victim.GetAsync(answer);
        Assert.Contains("Refused", second.Headers.Location!.ToString(), StringComparison.Ordinal);

        // With the cookies of the question kept: the state is good again, the code is not.
        using var replay = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
        replay.DefaultRequestHeaders.Add("Cookie", cookies);
        using var third = await replay.GetAsync(answer);
        Assert.Contains("Refused", third.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, await tower.OpenSessionsAsync());

        using var made = await thief.GetAsync(new Uri("/signin-oidc?code=guess&state=guess", UriKind.Relative));
        Assert.Contains("Refused", made.Headers.Location!.ToString(), StringComparison.Ordinal);
        using var token = await thief.GetAsync(new Uri("/signin-oidc?id_token=" + authority.Sign(authority.Person), UriKind.Relative));
        Assert.Contains("Refused", token.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, await tower.OpenSessionsAsync());
    }

    [Fact]
    public async Task A_form_from_the_authoritys_page_is_refused_like_any_foreign_page()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        using var client = tower.Client(html: true);
        client.DefaultRequestHeaders.Add("Origin", authority.Base);
        using var form = new FormUrlEncodedContent([new("code", "x"), new("state", "y")]);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsync(new Uri("/signin-oidc", UriKind.Relative), form)).StatusCode);
    }

    // The same reason within a minute is told once.
    private static Task<bool> ToldAsync(TestTower tower, string reason) =>
        tower.Database.ScalarAsync<bool>($"select exists (select from audit where action = 'shell:session:open' and outcome = 'refused' and subject = 'authority:answer' and reason = '{reason.Replace("'", "''", StringComparison.Ordinal)}')");

    private static Dictionary<string, object> With(Dictionary<string, object> claims, string name, object value) => new(claims, StringComparer.Ordinal) { [name] = value };

    private static Dictionary<string, object> Without(Dictionary<string, object> claims, string name)
    {
        var rest = new Dictionary<string, object>(claims, StringComparer.Ordinal);
        rest.Remove(name);
        return rest;
    }

    private sealed record Forgery(string Reason, Func<TestAuthority, Dictionary<string, object>, string> Make);
}
