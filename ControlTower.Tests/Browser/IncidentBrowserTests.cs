using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>Incidents as people see them: the list, one incident from flag to review, and who may do what.</summary>
public sealed class IncidentBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new() { Settings = ["Tower:Roles=web"] };

    private TestDatabase Database => world.Tower.Database;

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task An_incident_is_opened_taken_told_drained_closed_and_reviewed()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/incidents");
        await Expect(visitor.Part("empty")).ToContainTextAsync("No incident is open. There has been none yet.");
        await visitor.AccessibleAsync();
        var (first, second) = await HarmAsync();
        await visitor.Page.GotoAsync("/connections/bc-eu");
        await visitor.Page.ClickAsync("[data-ct=incident]");
        await visitor.AtAsync("/incidents?new=system&about=bc-eu");
        await visitor.FillAsync("[data-ct=title]", "Business Central does not answer");
        await visitor.Page.SelectOptionAsync("[data-ct=new-incident] [data-ct=severity]", "critical");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("new-incident").GetByRole(AriaRole.Alert)).ToContainTextAsync("Say it in a few words.");
        await visitor.FillAsync("[data-ct=words]", "Stores call.");
        await visitor.PicturesAsync("incident-new");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await visitor.AtAsync("/incidents/1");
        await Expect(visitor.Part("incident-head")).ToContainTextAsync("Business Central does not answer");
        await Expect(visitor.Part("affected")).ToContainTextAsync("2 transactions, €350.00; 2 neither completed nor written off");
        await Expect(visitor.Part("detect")).ToContainTextAsync("20 min");

        await visitor.Page.ClickAsync("[data-ct=take-lead]");
        await Expect(visitor.Part("lead")).ToContainTextAsync("Tester");
        await SayAsync(visitor, "stakeholders", "Orders wait, nothing is lost.");
        await Expect(visitor.Part("stakeholder-status")).ToContainTextAsync("Orders wait, nothing is lost.");
        await SayAsync(visitor, "note", "Provider called, ticket 4711.");
        await Expect(visitor.Part("timeline")).ToContainTextAsync("Provider called, ticket 4711.");
        await Expect(visitor.Part("dismiss")).ToHaveCountAsync(0);
        await Expect(visitor.Part("close")).ToBeDisabledAsync();
        await visitor.PicturesAsync("incident");

        await SayAsync(visitor, "restored", "It answers again.");
        await Expect(visitor.Part("incident-head")).ToContainTextAsync("Restored, draining");
        await Database.ExecuteAsync($"delete from delivery; update posting set state = 'confirmed', reference = 'SO', settled_at = now() where flow_id in ({first}, {second})");
        await Database.ExecuteAsync("select incident_refresh(1)");
        await visitor.Page.ReloadAsync();
        await visitor.LiveAsync();
        await Expect(visitor.Part("incident-head")).ToContainTextAsync("Drained");
        await SayAsync(visitor, "close", "All orders are posted.");
        await Expect(visitor.Part("incident-head")).ToContainTextAsync("Closed");
        await SayAsync(visitor, "write-review", "# What happened\nThe provider's certificate ended.");
        await Expect(visitor.Part("review")).ToContainTextAsync("The provider's certificate ended.");
        var file = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.Page.ClickAsync("[data-ct=export-review]"));
        var text = await File.ReadAllTextAsync(await file.PathAsync());
        Assert.Equal("incident-1.md", file.SuggestedFilename);
        Assert.Contains("| Time to detect | 20.", text, StringComparison.Ordinal);
        Assert.Contains("The provider's certificate ended.", text, StringComparison.Ordinal);
        Assert.Contains("note: Provider called, ticket 4711.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_shows_the_worst_first_with_keys_filters_and_figures_and_an_executive_only_looks()
    {
        await PlantAsync();
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Executive, at: "/incidents");
        await Expect(visitor.Part("incidents").Locator("li")).ToHaveCountAsync(4);
        await Expect(visitor.Part("incidents").Locator("li").First).ToContainTextAsync("Critical");
        await Expect(visitor.Part("incidents").Locator("li").First).ToContainTextAsync("Pump outbox stands still");
        // 10, 20 and 30 minutes to detect, one of an hour to resolve; the false alarm counts in neither.
        await Expect(visitor.Part("mttd")).ToContainTextAsync("20 min");
        await Expect(visitor.Part("mttr")).ToContainTextAsync("1 h");
        await Expect(visitor.Part("figures")).ToContainTextAsync("without 1 false alarm");
        await Expect(visitor.Part("new-incident")).ToHaveCountAsync(0);
        await visitor.PicturesAsync("incidents");
        await visitor.AccessibleAsync();

        await visitor.Page.Keyboard.PressAsync("j");
        await visitor.Page.Keyboard.PressAsync("j");
        await Expect(visitor.Part("incidents").Locator("li").Nth(1)).ToHaveAttributeAsync("aria-current", "true");
        await visitor.Page.Keyboard.PressAsync("k");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Part("incident-head")).ToContainTextAsync("Pump outbox stands still");
        await Expect(visitor.Part("read-only")).ToBeVisibleAsync();
        await Expect(visitor.Part("take-lead")).ToHaveCountAsync(0);

        await visitor.Page.GotoAsync("/incidents?status=dismissed");
        await Expect(visitor.Part("incidents").Locator("li")).ToHaveCountAsync(1);
        await visitor.Page.SelectOptionAsync("[data-ct=kind]", "burn");
        await visitor.AtAsync("/incidents?status=dismissed&kind=burn");
        await Expect(visitor.Part("empty")).ToContainTextAsync("No incident fits this filter.");
    }

    [Fact]
    public async Task An_admin_changes_a_rule_and_dismisses_a_false_alarm()
    {
        await PlantAsync();
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Admin, at: "/incidents/rules");
        var rule = visitor.Part("rule:cause");
        await rule.Locator("[data-ct=most]").FillAsync("many");
        await rule.Locator("[data-ct=save]").ClickAsync();
        await Expect(rule).ToContainTextAsync("Enter whole numbers.");
        await rule.Locator("[data-ct=most]").FillAsync("7");
        await rule.Locator("[data-ct=save]").ClickAsync();
        await Expect(rule).ToContainTextAsync("more than 7 open cases");
        await visitor.PicturesAsync("incident-rules");
        await visitor.AccessibleAsync();

        await visitor.Page.GotoAsync("/incidents/1");
        await visitor.LiveAsync();
        await SayAsync(visitor, "dismiss", "A test of the provider.");
        await Expect(visitor.Part("dismissed")).ToContainTextAsync("it counts in no time to detect");
        Assert.Equal(1, await Database.ScalarAsync<long>("select count(*) from audit where action = 'incidents:incident:dismiss' and subject = 'incident:1'"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task On_a_phone_incidents_are_read_without_sideways_scrolling_and_nothing_can_be_changed(bool dark)
    {
        await PlantAsync();
        await using var visitor = await world.VisitAsync(dark, 390, 844);
        await visitor.SignInAsAsync(Roles.Admin, at: "/incidents");
        await Expect(visitor.Part("incidents").Locator("li")).ToHaveCountAsync(4);
        await FitsAsync(visitor, "incidents", dark);
        await visitor.Page.GotoAsync("/incidents/1");
        await Expect(visitor.Part("affected")).ToContainTextAsync("NL-1");
        await FitsAsync(visitor, "incident", dark);
        await visitor.Page.GotoAsync("/incidents/rules");
        await Expect(visitor.Part("rule:cause")).ToBeVisibleAsync();
        await FitsAsync(visitor, "incident-rules", dark);
    }

    private static async Task FitsAsync(Visitor visitor, string what, bool dark)
    {
        await visitor.LiveAsync();
        await visitor.PictureAsync($"phone-{what}-{(dark ? "dark" : "light")}");
        Assert.Equal("", await visitor.Page.EvaluateAsync<string>(
            "() => [document.documentElement, document.getElementById('main')].filter(box => box.scrollWidth > box.clientWidth).map(box => `${box.tagName} ${box.scrollWidth} > ${box.clientWidth}`).join()"));
        foreach (var act in new[] { "new-incident", "take-lead", "hand-lead", "severity", "close", "dismiss", "note", "save", "write-review" })
        {
            await Expect(visitor.Part(act).Locator("visible=true")).ToHaveCountAsync(0);
        }

        await visitor.AccessibleAsync();
    }

    private static async Task SayAsync(Visitor visitor, string act, string words)
    {
        await visitor.Page.ClickAsync($"[data-ct='{act}']");
        await visitor.Part("incident-box").Locator("[data-ct=words]").FillAsync(words);
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("incident-box")).ToHaveCountAsync(0);
    }

    // Two orders whose postings the ERP did not answer, twenty and eight minutes ago.
    private async Task<(long First, long Second)> HarmAsync()
    {
        var orders = await new OrderWorld(Database).ConnectAsync();
        var ids = new List<long>();
        foreach (var (name, minutes, value) in new[] { ("NL-1", 20, 250m), ("NL-2", 8, 100m) })
        {
            var flow = await orders.OrderAsync(name, value);
            await orders.PostingAsync(flow, $"{name}-0123456789ABCDEF", value: value);
            await orders.DeliveryAsync(flow, $"{name}-0123456789ABCDEF", lane: 1, attempts: 1);
            await orders.CallAsync(flow, $"{name}-0123456789ABCDEF", status: null, outcome: "no-answer", failure: "connection", ago: TimeSpan.FromMinutes(minutes));
            ids.Add(flow);
        }

        return (ids[0], ids[1]);
    }

    private async Task PlantAsync()
    {
        var (first, second) = await HarmAsync();
        await Database.ExecuteAsync(
            $"""
            insert into incident (kind, subject, title, severity, status, brand, system, began_at, detected_at, restored_at, drained_at, closed_at) values
                ('connection', 'bc-eu', 'Business Central EU does not answer', 'major', 'open', 'Northlane', 'bc-eu', now() - interval '50 minutes', now() - interval '40 minutes', null, null, null),
                ('pump', 'outbox', 'Pump outbox stands still', 'critical', 'open', '', '', now() - interval '30 minutes', now() - interval '10 minutes', null, null, null),
                ('cause', 'missing:x', 'VAT code VAT19-DE not set up', 'minor', 'closed', 'Northlane', 'bc-eu', now() - interval '3 hours', now() - interval '150 minutes', now() - interval '2 hours', now() - interval '90 minutes', now() - interval '1 hour'),
                ('silent', 'shopify-eu', 'Shopify EU is silent', 'major', 'dismissed', 'Northlane', 'shopify-eu', now() - interval '9 hours', now() - interval '5 hours', null, null, now() - interval '4 hours');
            insert into incident_log (incident_id, kind, words, by_name, at) select id, 'opened', 'The breaker is open: no answer.', 'rule', detected_at from incident;
            insert into incident_transaction (incident_id, flow_id, harmed_at, value, currency, settled_at) values
                (1, {first}, now() - interval '50 minutes', 250, 'EUR', null), (1, {second}, now() - interval '40 minutes', 100, 'EUR', now() - interval '5 minutes')
            """);
    }
}
