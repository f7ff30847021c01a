using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Journeys.Peers;

/// <summary>Sign-in at a certified provider that is not ours (npm oidc-provider). Skips where it is not installed.</summary>
public sealed class OidcPeerTests
{
    [Fact]
    public async Task An_administrator_there_comes_in_here_as_an_admin_and_a_viewer_is_told_that_they_have_no_role()
    {
        var home = Environment.GetEnvironmentVariable("PEER_HOME") is { Length: > 0 } folder ? Path.Combine(folder, "oidc") : "";
        Assert.SkipWhen(!File.Exists(Path.Combine(home, "server.mjs")), "oidc-provider is not installed. peers/oidc/install.sh puts it into the folder that PEER_HOME names.");
        var issuer = $"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}";
        await using var tower = await TestTower.StartAsync(
            null, null, "Auth:Mode=oidc", $"Auth:Authority={issuer}", "Auth:ClientId=sync-hub-post", "Auth:ClientSecret=peer-client-secret", "Auth:Scopes:0=roles", "Auth:Roles:admin=Admin", "Auth:Roles:operator=Operations");
        var keys = Path.Combine(TestFolders.Create("oidc"), "keys.json");
        using var provider = Start(home, new Uri(issuer), tower.Url, keys);
        try
        {
            while (await provider.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.StartsWith("READY", StringComparison.Ordinal))
            {
                // It says when it listens.
            }

            Assert.Equal("/connections", await SignInAsync(tower, issuer, "alice"));
            Assert.Equal("Alice Admin/Admin", await tower.Database.ScalarAsync<string>("select name || '/' || role from account"));
            Assert.Equal(issuer, await tower.Database.ScalarAsync<string>("select issuer from account_identity where subject = 'alice'"));
            Assert.Equal("/sign-in?trouble=NoRole", await SignInAsync(tower, issuer, "vera"));
            Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from account"));
        }
        finally
        {
            provider.Kill();
            TestFolders.Remove(Path.GetDirectoryName(keys)!);
        }
    }

    private static async Task<string> SignInAsync(TestTower tower, string issuer, string user)
    {
        using var client = tower.Client(html: true);
        using var form = new FormUrlEncodedContent([new("username", user), new("password", user + "-pw")]);
        var to = new Uri(tower.Url + "/account/continue");
        for (var steps = 0; steps < 20; steps++)
        {
            var asks = to.ToString().StartsWith(issuer + "/interaction/", StringComparison.Ordinal);
            using var answer = asks ? await client.PostAsync(to, form) : await client.GetAsync(to);
            var next = answer.Headers.Location ?? throw new InvalidOperationException($"{to} answered {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            if (!next.IsAbsoluteUri && to.AbsolutePath == "/signin-oidc")
                return next.ToString();
            to = new Uri(to, next);
        }

        throw new InvalidOperationException($"No end of redirects, last {to}.");
    }

    private static Process Start(string home, Uri issuer, string tower, string keys)
    {
        var start = new ProcessStartInfo("node", "server.mjs") { WorkingDirectory = home, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["PEER_OIDC_PORT"], start.Environment["OIDC_REDIRECT_URIS"], start.Environment["OIDC_KEYS_FILE"]) = (issuer.Port.ToString(CultureInfo.InvariantCulture), tower + "/signin-oidc", keys);
        return Process.Start(start)!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
