using ControlTower.Sync.Feeds;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>Feeds as finance sees them: set up, followed day by day, run again, sent for long ago.</summary>
public sealed class FeedBrowserTests : IAsyncLifetime
{
    private readonly string root = TestFolders.Create("feeds");
    private readonly BrowserWorld world;

    public FeedBrowserTests() => world = new BrowserWorld { Settings = ["Tower:Roles=both", $"Feeds:Folder={root}", "Feeds:SftpHosts:0=drop.example.com", "Feeds:SftpHosts:1=localhost", "Feeds:AllowPrivateNetworks=true"] };

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await world.DisposeAsync();
        TestFolders.Remove(root);
    }

    [Fact]
    public async Task A_feed_is_set_up_with_every_problem_beside_its_field_sends_earlier_days_and_runs_one_again()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, finance: true, at: "/reconciliation/feeds");
        await Expect(visitor.Part("empty").First).ToContainTextAsync("Nothing is sent by the calendar yet");
        await visitor.AccessibleAsync();
        await visitor.Page.ClickAsync("[data-ct=new-feed]");
        await visitor.Page.SelectOptionAsync("[data-ct=feed-target]", "sftp");
        await visitor.FillAsync("[data-ct=feed-host]", "169.254.169.254");
        await visitor.FillAsync("[data-ct=feed-path]", "../out");
        await visitor.FillAsync("[data-ct=feed-cron]", "0 4 31 2 *");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        foreach (var field in new[] { FeedRules.Name, FeedRules.Host, FeedRules.Path, FeedRules.User, FeedRules.HostKey, FeedRules.Secret, FeedRules.Cron })
        {
            await Expect(visitor.Part("wrong:" + field)).ToBeVisibleAsync();
        }

        await visitor.PicturesAsync("feeds-form");
        await visitor.FillAsync("[data-ct=feed-name]", "Nightly sales");
        await visitor.Page.SelectOptionAsync("[data-ct=feed-target]", "folder");
        await visitor.FillAsync("[data-ct=feed-path]", "finance");
        await visitor.FillAsync("[data-ct=feed-cron]", "0 4 * * *");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("feed-list")).ToContainTextAsync("Nightly sales");

        var last = FeedDays.LastOver("Europe/Amsterdam", TimeProvider.System.GetUtcNow());
        await visitor.Page.ClickAsync("[data-ct=ask-backfill]");
        await visitor.FillAsync("[data-ct=backfill-from]", $"{last.AddDays(-2):yyyy-MM-dd}");
        await visitor.FillAsync("[data-ct=backfill-to]", $"{last:yyyy-MM-dd}");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("wrong:reason")).ToBeVisibleAsync();
        await visitor.FillAsync("[data-ct=reason]", "The ledger wants the last days.");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part($"day:{last:yyyy-MM-dd}")).ToContainTextAsync("Delivered");
        await Expect(visitor.Part("run-file")).ToHaveTextAsync($"nightly-sales-{last:yyyy-MM-dd}.csv");
        await Expect(visitor.Part("run-counts")).ToContainTextAsync("Yes");
        Assert.True(File.Exists(Path.Combine(root, "finance", $"nightly-sales-{last:yyyy-MM-dd}.csv")));
        await visitor.PicturesAsync("feeds");

        var download = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.Page.ClickAsync("[data-ct=download]"));
        Assert.Equal($"nightly-sales-{last:yyyy-MM-dd}.csv", download.SuggestedFilename);
        await visitor.Page.ClickAsync("[data-ct=ask-again]");
        await visitor.FillAsync("[data-ct=reason]", "A store told late.");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("run-differs")).ToContainTextAsync("the same rows and totals");
        await visitor.Page.Keyboard.PressAsync("[");
        await visitor.AtAsync("/reconciliation?tab=months");
        await visitor.Page.Keyboard.PressAsync("]");
        await visitor.AtAsync("/reconciliation/feeds");
    }

    [Fact]
    public async Task A_server_shows_its_key_and_it_is_taken_only_by_a_person_who_compared_it()
    {
        await using var node = await SshNode.StartAsync();
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, finance: true, at: "/reconciliation/feeds");
        await visitor.Page.ClickAsync("[data-ct=new-feed]");
        await visitor.Page.SelectOptionAsync("[data-ct=feed-target]", "sftp");
        await visitor.FillAsync("[data-ct=feed-host]", "other.example.com");
        await visitor.Page.ClickAsync("[data-ct=ask-key]");
        await Expect(visitor.Part("wrong:" + FeedRules.Host)).ToBeVisibleAsync();
        await visitor.FillAsync("[data-ct=feed-host]", "localhost");
        await visitor.FillAsync("[data-ct=feed-port]", $"{node.Port}");
        await visitor.Page.ClickAsync("[data-ct=ask-key]");
        await Expect(visitor.Part("shown-key")).ToContainTextAsync($"ssh-ed25519 SHA256:{node.HostKey}");
        await Expect(visitor.Part("feed-hostkey")).ToHaveValueAsync("");
        await visitor.PicturesAsync("feeds-key");
        await visitor.Page.ClickAsync("[data-ct=take-key]");
        await Expect(visitor.Part("feed-hostkey")).ToHaveValueAsync(node.HostKey);
        await Expect(visitor.Part("take-key")).ToHaveCountAsync(0);
        await visitor.FillAsync("[data-ct=feed-port]", "22");
        await visitor.Page.Keyboard.PressAsync("Tab");
        await Expect(visitor.Part("shown-key")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_executive_reads_and_changes_nothing()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Executive, at: "/reconciliation/feeds");
        await Expect(visitor.Part("feeds")).ToContainTextAsync(Permissions.FinanceFeeds);
        await Expect(visitor.Part("new-feed")).ToHaveCountAsync(0);
    }
}
