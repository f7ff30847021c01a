using System.Diagnostics;
using System.Net;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Live;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web.Identity;

/// <summary>Who is signed in where, and the end of it by somebody's word.</summary>
public sealed class SessionListTests
{
    private static readonly Uri Home = new("/", UriKind.Relative);

    [Promise(21)]
    [Fact]
    public async Task An_ended_session_is_over_within_ten_seconds_on_an_open_page_at_the_hub_and_at_every_request()
    {
        await using var tower = await TestTower.StartAsync();
        var (admin, person) = (await tower.PersonAsync(Roles.Admin), await tower.PersonAsync(Roles.Operations));
        using var client = tower.Client();
        using var entered = await TestTower.PostSignInAsync(client, person.Email, TestTower.Password);
        var cookie = entered.Headers.GetValues("Set-Cookie").First(value => value.StartsWith("ct=", StringComparison.Ordinal)).Split(';')[0];
        var book = tower.Services.GetRequiredService<SessionBook>();
        var kept = await tower.SessionAsync(person.Id, "10.0.0.2", "Firefox on Linux");
        await using var stays = await OpenScope.OfAsync(tower, kept);
        var ending = (await book.ListAsync(person.Id)).Single(session => session.Agent != "Firefox on Linux");
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var hub = new HubConnectionBuilder().WithUrl(new Uri(tower.Url + TowerHub.Path), options => options.Headers["Cookie"] = cookie).Build();
        hub.Closed += _ => Task.FromResult(closed.TrySetResult());
        await hub.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Home)).StatusCode);

        var by = new Actor(admin.Id, admin.Name, admin.Role);
        Assert.False(await book.EndAsync(admin.Id, ending.Number, "not theirs", by));
        Assert.True(await book.EndAsync(person.Id, ending.Number, "left a screen open", by));
        var since = Stopwatch.GetTimestamp();
        while ((await client.GetAsync(Home)).StatusCode == HttpStatusCode.OK)
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(10));
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(await stays.ArrivesAsync());

        await book.EndAllAsync(person.Id, null, "all of them", by);
        while (await stays.ArrivesAsync())
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(20));
        Assert.Equal("left a screen open, all of them", await tower.Database.ScalarAsync<string>("select string_agg(reason, ', ' order by seq) from audit where action = 'admin:session:manage' and outcome = 'done'"));
    }

    [Fact]
    public async Task Everywhere_else_leaves_the_one_in_use_and_a_list_holds_only_what_is_open()
    {
        await using var tower = await TestTower.StartAsync();
        var (person, other) = (await tower.PersonAsync(Roles.Operations), await tower.PersonAsync(Roles.Executive));
        var (sessions, book) = (tower.Services.GetRequiredService<SessionStore>(), tower.Services.GetRequiredService<SessionBook>());
        var here = await tower.SessionAsync(person.Id, "10.0.0.1", "Chrome on Windows");
        var elsewhere = await tower.SessionAsync(person.Id, "10.0.0.2", "Safari on iPhone");
        await tower.SessionAsync(other.Id, "10.0.0.3");
        await tower.Database.ExecuteAsync($"insert into account_session (id_hash, account_id, stamp, created_at, last_seen_at, address) select sha256('old'), id, security_stamp, now() - interval '2 hours', now() - interval '1 hour', '::1' from account where id = '{person.Id}'");
        Assert.Equal(["Safari on iPhone", "Chrome on Windows"], (await book.ListAsync(person.Id)).Select(session => session.Agent));
        Assert.Equal(3, (await book.ListAsync(null)).Count);

        var mine = (await sessions.ReadAsync(here))!.Number;
        await book.EndAllAsync(person.Id, mine, "by themselves", new Actor(person.Id, person.Name, person.Role));
        Assert.NotNull(await sessions.ReadAsync(here));
        Assert.Null(await sessions.ReadAsync(elsewhere));
        Assert.Equal(2, (await book.ListAsync(null)).Count);
    }

    [Theory]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/19.0 Mobile Safari/604.1", "Safari on iPhone")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux")]
    [InlineData("<script>", "unknown browser")]
    public void A_browser_is_told_in_words_of_ours(string sent, string words) => Assert.Equal(words, Agents.Of(sent));
}
