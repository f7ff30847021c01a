using ControlTower.Tests.Conformance;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>An admin says who gets which cases and where people are told, and sees that it works.</summary>
public sealed class PeopleBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new() { Settings = ["Notifications:AllowPrivateNetworks=true", "Tower:PublicUrl=https://tower.example"] };
    private readonly HookSink hook = new();
    private readonly MailSink mail = new();

    public async ValueTask InitializeAsync()
    {
        await world.InitializeAsync();
        if (BrowserWorld.Chromium is not null)
        {
            await OrderWorldStory.PlayAsync(world.Tower.Database, stuck: 8);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await world.DisposeAsync();
        await hook.DisposeAsync();
        await mail.DisposeAsync();
    }

    [Fact]
    public async Task Rules_are_set_run_over_open_cases_and_changed_and_whoever_may_not_change_them_reads_them()
    {
        await using var visitor = await world.VisitAsync();
        await world.Tower.PersonAsync(Roles.Operations, name: "Ida Holm");
        await visitor.SignInAsAsync(Roles.Admin, at: "/admin/ownership");
        await Expect(visitor.Part("empty")).ToContainTextAsync("No rules yet");
        await visitor.AccessibleAsync();
        await AddAsync(visitor, "rule-target", "Business Central EU");
        await AddAsync(visitor, "rule-failure", "missing");
        await visitor.Page.ClickAsync("[data-ct='up:2']");
        await Expect(visitor.Part("rule:1")).ToContainTextAsync("Failure: missing");
        await visitor.Page.ClickAsync("[data-ct=run-rules]");
        await Expect(visitor.Part("preview-sum")).ToContainTextAsync("would change hands");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("ownership-run");
        await visitor.Page.ClickAsync("[data-ct=run-now]");
        await Expect(visitor.Part("preview")).ToHaveCountAsync(0);
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>("select count(*) from exception_case where state in ('open', 'retrying') and assigned_rule is null and connection_id = 'bc-eu'"));
        await visitor.Page.ClickAsync("[data-ct='delete:2']");
        await visitor.Page.ClickAsync("[data-ct=delete-now]");
        await Expect(visitor.Part("rule:2")).ToHaveCountAsync(0);
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("ownership-light");

        await using var reader = await world.VisitAsync(dark: true);
        await reader.SignInAsAsync(Roles.Operations, at: "/admin/ownership");
        await Expect(reader.Part("rule:1")).ToContainTextAsync("Ida Holm");
        await Expect(reader.Part("read-only")).ToContainTextAsync(Permissions.ExceptionsRules);
        await Expect(reader.Part("add-rule")).ToHaveCountAsync(0);
        await reader.AccessibleAsync();
        await reader.PictureAsync("ownership-dark");
    }

    [Fact]
    public async Task A_channel_is_set_up_tested_and_saved_and_everybody_chooses_their_own_mail()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Admin, at: "/admin/notifications");
        await visitor.Page.ClickAsync("[data-ct=add-channel]");
        await visitor.FillAsync("[data-ct=name]", "Mail");
        await visitor.FillAsync("[data-ct=host]", "127.0.0.1");
        await visitor.FillAsync("[data-ct=port]", mail.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await visitor.Page.SelectOptionAsync("[data-ct=tls]", "none");
        await visitor.Page.ClickAsync("[data-ct=try]");
        await Expect(visitor.Part("wrong:from")).ToContainTextAsync("sender's address");
        await visitor.AccessibleAsync();
        await visitor.FillAsync("[data-ct=from]", "tower@example.com");
        await visitor.FillAsync("[data-ct=quiet-from]", "22:00");
        await visitor.FillAsync("[data-ct=quiet-to]", "07:00");
        await visitor.Page.ClickAsync("[data-ct=try]");
        await Expect(visitor.Part("answer")).ToContainTextAsync("taken as 4711");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("channel-mail");
        await visitor.Page.ClickAsync("[data-ct=save]");
        await Expect(visitor.Part("channel:Mail")).ToContainTextAsync("quiet 22:00 to 07:00");

        await visitor.Page.ClickAsync("[data-ct=add-channel]");
        await visitor.Page.ClickAsync("[data-ct='kind:webhook']");
        await visitor.FillAsync("[data-ct=name]", "Programs");
        await visitor.FillAsync("[data-ct=url]", hook.Url + "/hook");
        await visitor.Page.ClickAsync("[data-ct=make-key]");
        await Expect(visitor.Part("made-key")).ToContainTextAsync("whsec_");
        hook.Status = 404;
        await visitor.Page.ClickAsync("[data-ct=try]");
        await Expect(visitor.Part("answer")).ToContainTextAsync("answered 404");
        await visitor.Page.ClickAsync("[data-ct=save]");
        await Expect(visitor.Part("channel:Programs")).ToContainTextAsync("127.0.0.1");
        await world.Tower.Database.ExecuteAsync(
            """
            insert into notification (channel_id, event, key, state, attempts, last_error, ended_at) select id, 'batch', 'batch/1', 'failed', 12, 'The receiver answered 404.', now() from notification_channel where name = 'Programs';
            insert into notification (channel_id, event, key, case_id) select ch.id, 'sla', 'sla/1', c.id from notification_channel ch, (select min(id) as id from exception_case where flow_id is not null) c where name = 'Mail'
            """);
        await visitor.Page.GotoAsync("/admin/notifications?state=failed");
        await Expect(visitor.Part("messages")).ToContainTextAsync("answered 404");
        await Expect(visitor.Part("channel:Programs")).ToContainTextAsync("1 given up");
        await visitor.AccessibleAsync();
        await visitor.Page.ClickAsync("[data-ct='again:Programs']");
        await Expect(visitor.Part("channel:Programs")).Not.ToContainTextAsync("given up");
        await visitor.Page.GotoAsync("/admin/notifications");
        await Expect(visitor.Part("messages").Locator("tbody tr")).ToHaveCountAsync(2);
        await visitor.PictureAsync("notifications-light");

        await using var other = await world.VisitAsync(dark: true);
        await other.SignInAsAsync(Roles.Admin, at: "/admin/notifications");
        await Expect(other.Part("messages").Locator("tbody tr")).ToHaveCountAsync(2);
        await other.AccessibleAsync();
        await other.PictureAsync("notifications-dark");
        await other.Page.GotoAsync("/preferences");
        await other.Page.ClickAsync("[data-ct=mail-sla]");
        await other.AccessibleAsync();
        await other.PictureAsync("preferences-dark");
        await other.Page.ClickAsync("[data-ct=save-preferences]");
        await Expect(other.Page.GetByText("Saved.")).ToBeVisibleAsync();
        Assert.Equal("true/false", await world.Tower.Database.ScalarAsync<string>("select assigned || '/' || sla from notification_preference"));
    }

    private static async Task AddAsync(Visitor visitor, string part, string label)
    {
        var rules = await visitor.Page.Locator("[data-ct=rules] tbody tr").CountAsync();
        await visitor.Page.ClickAsync("[data-ct=add-rule]");
        await visitor.Page.SelectOptionAsync($"[data-ct={part}]", new Microsoft.Playwright.SelectOptionValue { Label = label });
        await visitor.Page.SelectOptionAsync("[data-ct=rule-person]", new Microsoft.Playwright.SelectOptionValue { Label = "Ida Holm" });
        await visitor.AccessibleAsync();
        await visitor.Page.ClickAsync("[data-ct=save-rule]");
        await Expect(visitor.Page.Locator("[data-ct=rules] tbody tr")).ToHaveCountAsync(rules + 1);
    }
}
