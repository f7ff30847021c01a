using System.Net;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>What every answer carries, whoever asks and whatever comes of it.</summary>
public sealed class SecurityHeaderTests
{
    [Fact]
    public async Task Every_answer_forbids_frames_guessing_and_foreign_scripts_and_what_is_personal_stays_in_no_cache()
    {
        await using var tower = await TestTower.StartAsync();
        using var stranger = tower.Client(html: true);
        using var person = await tower.SignInAsAsync(Roles.Admin, html: true);
        foreach (var (client, path) in new[] { (stranger, "/sign-in"), (stranger, "/nowhere"), (stranger, "/health/live"), (stranger, "/api/v1/availability"), (person, "/"), (person, "/admin"), (person, "/nowhere"), (person, "/hangfire") })
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
            string Header(string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : "";
            Assert.Contains("script-src 'self';", Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.EndsWith("form-action 'self'", Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Equal(("nosniff", "DENY", "same-origin", "same-origin"), (Header("X-Content-Type-Options"), Header("X-Frame-Options"), Header("Referrer-Policy"), Header("Cross-Origin-Opener-Policy")));
            Assert.True(answer.Headers.CacheControl is { NoStore: true }, path);
            Assert.Equal("", Header("Server"));
        }
    }

    [Fact]
    public async Task Behind_a_believed_proxy_with_https_browsers_are_told_to_stay_with_it()
    {
        await using var tower = await TestTower.StartAsync(null, null, "Tower:Proxies:0=127.0.0.1");
        using var client = tower.Client(html: true);
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Host = "tower.example";
        using var answer = await client.GetAsync(new Uri("/sign-in", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("max-age=31536000", Assert.Single(answer.Headers.GetValues("Strict-Transport-Security")));
    }

    [Fact]
    public async Task Forms_lead_to_the_authority_where_there_is_one_and_nowhere_else()
    {
        await using var authority = await TestAuthority.StartAsync();
        await using var tower = await Identity.IdentityTower.StartAsync(authority);
        using var client = tower.Client(html: true);
        using var answer = await client.GetAsync(new Uri("/sign-in", UriKind.Relative));
        Assert.EndsWith($"form-action 'self' {authority.Base}", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }
}
