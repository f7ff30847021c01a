using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Tests.Web.Identity;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using ControlTower.Web.Auth.Authorities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Web.Api;

/// <summary>Programs that come with a token of the company's authority instead of a key.</summary>
public sealed class AuthorityTokenTests
{
    private const string Audience = "api://control-tower";
    private const string Client = "middleware-7c1f";
    private const string Orders = "/api/v1/orders";
    private const string Products = "/api/v1/products";

    private static readonly Actor By = Actor.Tower("test");

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_program_with_a_token_is_the_client_that_is_registered_so_with_what_both_allow(bool entra)
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync(entra);
        await using var tower = await IdentityTower.StartAsync(authority, $"Auth:ApiAudience={Audience}");
        var id = await RegisterAsync(tower, Scopes.OrdersRead, Scopes.KpisList);
        var (bare, claims) = (authority.Program(Client, Audience), Program(authority));
        Assert.Equal(200, await AskAsync(tower, authority.Sign(claims)));
        Assert.Equal(200, await AskAsync(tower, authority.SignEc(claims)));
        Assert.Equal(403, await AskAsync(tower, authority.Sign(claims), Products));

        foreach (var (name, value) in new (string, object)[] { ("scp", $"{Scopes.KpisList} {Scopes.ProductsRead}"), ("roles", new[] { Scopes.KpisList, Scopes.ProductsRead }), ("roles", Array.Empty<string>()), ("scope", "email profile") })
        {
            var less = authority.Sign(new(bare, StringComparer.Ordinal) { [name] = value });
            Assert.Equal((403, 403), (await AskAsync(tower, less), await AskAsync(tower, less, Products)));
        }

        Assert.Equal(403, await AskAsync(tower, authority.Sign(bare))); // One that says nothing may nothing.
        Assert.Equal(200, await AskAsync(tower, authority.Sign(new(bare, StringComparer.Ordinal) { ["roles"] = new[] { Scopes.OrdersRead } })));
        var store = tower.Services.GetRequiredService<ApiClientStore>();
        Assert.NotNull((await store.ListAsync(default)).Single().AuthorityUsedAt);
        await tower.Services.GetRequiredService<ApiRequestLog>().FlushAsync(default);
        Assert.Equal(Client[^4..], await tower.Database.ScalarAsync<string>($"select distinct key_hint from api_request where client_id = '{id}'"));
        Assert.True(await tower.Database.ScalarAsync<bool>("select exists (select from audit where outcome = 'refused' and actor_name = 'Middleware' and action = 'api:order:read')"));

        await store.EnableAsync(id, enabled: false, "left", By, default);
        await UntilAsync(tower, authority.Sign(claims), 401);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_not_a_good_token_of_a_registered_program_is_401_and_nothing_else(bool entra)
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync(entra);
        await using var tower = await IdentityTower.StartAsync(authority, $"Auth:ApiAudience={Audience}");
        await RegisterAsync(tower, Scopes.OrdersRead);
        var good = Program(authority);
        Dictionary<string, object> With(string name, object value) => new(good, StringComparer.Ordinal) { [name] = value };
        Dictionary<string, object> Without(string name) => good.Where(claim => claim.Key != name).ToDictionary(StringComparer.Ordinal);
        var whole = authority.Sign(good).Split('.');
        using var stolen = RSA.Create(2048);
        var person = entra ? With("oid", "0b9f6d0a-9f7c-4c55-8a07-52a3b8a0c001") : With("sub", "olga");
        Dictionary<string, string> forged = new(StringComparer.Ordinal)
        {
            ["algorithm none"] = TestAuthority.Signed(good, "none", "rsa-1", _ => []),
            ["the public key as a shared secret"] = TestAuthority.Signed(good, "HS256", "rsa-1", data => HMACSHA256.HashData(Encoding.ASCII.GetBytes(authority.Rsa.ExportSubjectPublicKeyInfoPem()), data)),
            ["the client's secret"] = TestAuthority.Signed(good, "HS256", "rsa-1", data => HMACSHA256.HashData(Encoding.ASCII.GetBytes(TestAuthority.ClientSecret), data)),
            ["another algorithm of the right key"] = TestAuthority.Signed(good, "RS512", "rsa-1", data => authority.Rsa.SignData(data, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1)),
            ["unsigned"] = $"{whole[0]}.{whole[1]}.",
            ["another body"] = $"{whole[0]}.{authority.Sign(With("exp", Now + 999)).Split('.')[1]}.{whole[2]}",
            ["an unknown key"] = authority.Sign(good, stolen, "stolen"),
            ["another key under its name"] = authority.Sign(good, stolen),
            ["another issuer"] = authority.Sign(With("iss", "https://issuer.example")),
            ["no issuer"] = authority.Sign(Without("iss")),
            ["another audience"] = authority.Sign(With("aud", "api://another")),
            ["the sign-in's audience"] = authority.Sign(With("aud", TestAuthority.ClientId)),
            ["no audience"] = authority.Sign(Without("aud")),
            ["expired"] = authority.Sign(new(good, StringComparer.Ordinal) { ["nbf"] = Now - 900, ["exp"] = Now - 60 }),
            ["without an end"] = authority.Sign(Without("exp")),
            ["not yet valid"] = authority.Sign(With("nbf", Now + 300)),
            ["of a person"] = authority.Sign(person),
            ["of a program that is not registered"] = authority.Sign(authority.Program("another-program", Audience)),
            ["of nobody"] = authority.Sign(Without("azp")),
            ["of two"] = authority.Sign(With("client_id", "another-program")),
            ["of a list"] = authority.Sign(With("azp", new[] { Client })),
            ["no token"] = "a.b.c",
        };
        if (entra)
            forged["a person's by its type"] = authority.Sign(With("idtyp", "user"));
        foreach (var (kind, token) in forged)
        {
            using var answer = await SendAsync(tower, token, Orders);
            Assert.True((int)answer.StatusCode == 401, $"{kind}: {answer.StatusCode}");
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            Assert.Contains("/problems/token-invalid", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(200, await AskAsync(tower, authority.Sign(good))); // The same, unforged.
        Assert.Equal(200, await AskAsync(tower, authority.Sign(Without("nbf"))));
        Assert.Equal("the token is from another issuer; the token is not a program's own; the token is of no client here", await tower.Database.ScalarAsync<string>(
            "select string_agg(reason, '; ' order by reason) from audit where outcome = 'refused' and actor_name = 'somebody' and action = 'api:order:read'"));
        Assert.Empty(tower.Log.Errors);
    }

    [Fact]
    public async Task Keys_are_read_anew_by_the_clock_and_those_of_long_ago_judge_nothing()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock), null, [.. authority.Settings, $"Auth:ApiAudience={Audience}"]);
        await RegisterAsync(tower, Scopes.OrdersRead);
        string Token() => authority.Sign(new(Program(authority), StringComparer.Ordinal) { ["exp"] = Now + 86_400 });
        var old = Token();
        Assert.Equal(200, await AskAsync(tower, old));
        authority.Rotate(); // Nobody comes with the new key,
        clock.Advance(AuthorityKeys.Every);
        await UntilAsync(tower, old, 401); // and the one that was taken back is known to be.

        authority.Rotate();
        authority.Away = true;
        var newest = Token();
        clock.Advance(TimeSpan.FromMinutes(1)); // The old token's key was asked for as well.
        Assert.Equal(503, await AskAsync(tower, newest)); // It may be good: that cannot be known now.
        authority.Away = false;
        clock.Advance(AuthorityKeys.Rest);
        Assert.Equal(200, await AskAsync(tower, newest));

        authority.Away = true;
        clock.Advance(AuthorityKeys.Every);
        Assert.Equal(200, await AskAsync(tower, newest));
        clock.Advance(AuthorityKeys.Oldest);
        Assert.Equal(503, await AskAsync(tower, newest));
    }

    [Fact]
    public async Task When_the_authority_signs_with_a_new_key_its_tokens_are_taken_and_those_of_the_old_one_are_not()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority, $"Auth:ApiAudience={Audience}");
        await RegisterAsync(tower, Scopes.OrdersRead);
        var old = authority.Sign(Program(authority));
        Assert.Equal(200, await AskAsync(tower, old));
        authority.Rotate();
        await UntilAsync(tower, authority.Sign(Program(authority)), 200);
        await UntilAsync(tower, old, 401);
    }

    [Fact]
    public async Task While_the_authority_is_away_and_its_keys_are_unknown_a_token_waits_and_a_key_works()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        authority.Away = true;
        await using var tower = await IdentityTower.StartAsync(authority, $"Auth:ApiAudience={Audience}");
        var (_, key) = await AddAsync(tower, Scopes.OrdersRead);
        Assert.Equal(401, await AskAsync(tower, authority.Sign(new(Program(authority), StringComparer.Ordinal) { ["aud"] = "api://another" }))); // Nobody is asked about rubbish.
        using var answer = await SendAsync(tower, authority.Sign(Program(authority)), Orders);
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal(200, await AskAsync(tower, key));
    }

    [Fact]
    public async Task One_name_at_the_authority_is_one_client_here_and_without_an_audience_no_token_is_taken()
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        await using var tower = await IdentityTower.StartAsync(authority);
        var id = await RegisterAsync(tower, Scopes.OrdersRead);
        using var answer = await SendAsync(tower, authority.Sign(Program(authority)), Orders);
        Assert.Equal(401, (int)answer.StatusCode);
        Assert.Contains("/problems/key-invalid", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var (store, other) = (tower.Services.GetRequiredService<ApiClientStore>(), Guid.NewGuid());
        await store.AddAsync(other, "Other", [Scopes.OrdersRead], [], TimeSpan.FromDays(1), By, default);
        Assert.Equal(ApiClientRefusal.AuthorityNameTaken, await store.SetAuthorityNameAsync(other, Client, By, default));
        Assert.Equal(ApiClientRefusal.None, await store.SetAuthorityNameAsync(id, null, By, default));
        Assert.Equal(ApiClientRefusal.None, await store.SetAuthorityNameAsync(other, Client, By, default));
        Assert.Equal($"{Client}, none, {Client}", await tower.Database.ScalarAsync<string>("select string_agg(detail::jsonb ->> 'client id there', ', ' order by seq) from audit where action = 'admin:client:manage' and detail::jsonb ->> 'what' = 'named at the authority'"));
    }

    [Theory]
    [InlineData("Auth:ApiAudience=tower", "people's tokens are for that")]
    [InlineData("Auth:Mode=local", "there is no authority whose tokens could be for it")]
    public async Task An_audience_that_is_nobodys_or_everybodys_does_not_start(string setting, string words)
    {
        await using var authority = await AuthoritySignInTests.AuthorityAsync();
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => IdentityTower.StartAsync(authority, $"Auth:ApiAudience={Audience}", setting));
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, object> Program(TestAuthority authority) => new(authority.Program(Client, Audience), StringComparer.Ordinal) { ["roles"] = new[] { Scopes.OrdersRead } };

    private static async Task<(Guid Id, string Key)> AddAsync(TestTower tower, params string[] scopes)
    {
        var id = Guid.NewGuid();
        var (key, refusal) = await tower.Services.GetRequiredService<ApiClientStore>().AddAsync(id, "Middleware", scopes, [], TimeSpan.FromDays(1), By, default);
        Assert.Equal(ApiClientRefusal.None, refusal);
        return (id, key!);
    }

    private static async Task<Guid> RegisterAsync(TestTower tower, params string[] scopes)
    {
        var (id, _) = await AddAsync(tower, scopes);
        Assert.Equal(ApiClientRefusal.None, await tower.Services.GetRequiredService<ApiClientStore>().SetAuthorityNameAsync(id, Client, By, default));
        return id;
    }

    private static async Task<HttpResponseMessage> SendAsync(TestTower tower, string shown, string path)
    {
        using var client = tower.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", shown);
        return await client.GetAsync(new Uri(path, UriKind.Relative));
    }

    private static async Task<int> AskAsync(TestTower tower, string shown, string path = Orders)
    {
        using var answer = await SendAsync(tower, shown, path);
        return (int)answer.StatusCode;
    }

    // Within the 10 seconds that are promised.
    private static async Task UntilAsync(TestTower tower, string shown, int status)
    {
        var since = Stopwatch.GetTimestamp();
        while (await AskAsync(tower, shown) != status)
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(10), $"Not {status} yet.");
    }
}
