using System.Net;
using System.Text.RegularExpressions;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Hangfire;
using Hangfire.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>Hangfire's dashboard trusts this machine by default; behind a proxy everybody is this machine. Here only the policy lets somebody in, to look and to act.</summary>
public sealed partial class DashboardDoorTests
{
    [Theory]
    [InlineData("a proxy on this host, which everybody comes through", "")]
    [InlineData("a stranger's word for being local", "", "X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1", "Forwarded: for=127.0.0.1;host=localhost", "Host: localhost")]
    [InlineData("a believed proxy that passes the stranger's word on", "127.0.0.1", "X-Forwarded-For: 127.0.0.1", "Host: localhost")]
    [InlineData("a believed proxy and a chain that begins local", "127.0.0.1", "X-Forwarded-For: 127.0.0.1, 203.0.113.7")]
    [InlineData("another host behind a believed proxy", "127.0.0.1", "X-Forwarded-For: 203.0.113.7")]
    public async Task Nobody_is_let_in_for_being_local(string because, string proxy, params string[] headers)
    {
        await using var tower = await TestTower.StartAsync(null, null, proxy.Length == 0 ? [] : [$"Tower:Proxies:0={proxy}"]);
        using var client = tower.Client(html: true);
        foreach (var header in headers)
            client.DefaultRequestHeaders.TryAddWithoutValidation(header.Split(": ")[0], header.Split(": ")[1]);
        foreach (var path in (string[])["/hangfire", "/hangfire/jobs/enqueued", "/hangfire/recurring"])
        {
            using var page = await client.GetAsync(new Uri(path, UriKind.Relative));
            Assert.True(page.StatusCode == HttpStatusCode.Redirect && page.Headers.Location!.ToString().Contains("/sign-in", StringComparison.Ordinal), $"{because}: {path} answered {page.StatusCode}");
        }

        using var form = Form();
        using var act = await client.PostAsync(new Uri("/hangfire/recurring/trigger", UriKind.Relative), form);
        Assert.True(act.StatusCode is HttpStatusCode.Redirect or HttpStatusCode.Unauthorized, $"{because}: the trigger answered {act.StatusCode}");
        Assert.Null(LastRun(tower));
    }

    [Fact]
    public async Task An_admin_triggers_a_job_with_the_token_of_the_page_and_without_it_nothing_happens()
    {
        await using var tower = await TestTower.StartAsync();
        tower.Services.GetRequiredService<IRecurringJobManager>().AddOrUpdate("probe", () => Console.Out.Flush(), Cron.Never());
        using var admin = await tower.SignInAsAsync(Roles.Admin);
        using (var form = Form())
        using (var without = await admin.PostAsync(new Uri("/hangfire/recurring/trigger", UriKind.Relative), form))
            Assert.Equal(HttpStatusCode.Forbidden, without.StatusCode);
        Assert.Null(LastRun(tower));

        await CarryTokenAsync(admin);
        using (var form = Form())
        using (var with = await admin.PostAsync(new Uri("/hangfire/recurring/trigger", UriKind.Relative), form))
            Assert.Equal(HttpStatusCode.NoContent, with.StatusCode);
        Assert.NotNull(LastRun(tower));
    }

    [Fact]
    public async Task A_worker_shows_no_dashboard_at_all()
    {
        await using var tower = await TestTower.StartAsync(null, null, "Tower:Roles=worker");
        using var client = tower.Client();
        using var answer = await client.GetAsync(new Uri("/hangfire", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    /// <summary>Makes the client send the dashboard's own token from now on, as its pages do; a client that does not see the page goes without.</summary>
    internal static async Task CarryTokenAsync(HttpClient client)
    {
        using var page = await client.GetAsync(new Uri("/hangfire/recurring", UriKind.Relative));
        if (!page.IsSuccessStatusCode)
            return;
        var token = Token().Match(await page.Content.ReadAsStringAsync());
        client.DefaultRequestHeaders.Remove(token.Groups["header"].Value);
        client.DefaultRequestHeaders.Add(token.Groups["header"].Value, token.Groups["token"].Value);
    }

    private static FormUrlEncodedContent Form() => new([new("jobs[]", "probe")]);

    private static DateTime? LastRun(TestTower tower)
    {
        using var storage = tower.Services.GetRequiredService<JobStorage>().GetConnection();
        return storage.GetRecurringJobs().Find(job => job.Id == "probe")?.LastExecution;
    }

    [GeneratedRegex("csrf-header\" content=\"(?<header>[^\"]+)\".*?csrf-token\" content=\"(?<token>[^\"]+)\"", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Token();
}
