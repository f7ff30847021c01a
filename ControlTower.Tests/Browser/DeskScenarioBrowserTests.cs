using ControlTower.Simulator.Scenarios;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>The morning of the scripted estate, worked from the first red number to an empty desk by somebody who never touches the mouse.</summary>
public sealed class DeskScenarioBrowserTests : IAsyncLifetime
{
    /// <summary>Whoever has to press Tab more often than this is lost.</summary>
    private const int Farthest = 12;

    private static readonly int Everything = DeskScenario.Untaxed + DeskScenario.ToCollect + 2;

    private readonly BrowserWorld world = new() { Own = false };
    private DeskMorning? morning;

    public async ValueTask InitializeAsync()
    {
        if (BrowserWorld.Chromium is not null)
        {
            morning = await DeskMorning.StartAsync();
            await Task.WhenAll(world.InitializeAsync().AsTask(), morning.BrokenAsync());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await world.DisposeAsync();
        await (morning?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task The_scripted_morning_is_repaired_end_to_end_with_the_keyboard_only()
    {
        await using var visitor = await world.VisitAsync(tower: morning?.Tower);
        var person = await SignInAsync(visitor);
        await GoToTheDeskAsync(visitor);
        await ClaimTheLargestCauseAsync(visitor, person.Name);
        await ReleaseOneRuleInStagesAsync(visitor);
        // The batch goes on by itself; meanwhile the rest is looked into.
        await MapTheStoreOnceAsync(visitor);
        await AskForTheUnknownOutcomeAsync(visitor);
        await CloseTheDoubledRefundAsync(visitor, person.Name);
        await WatchTheBatchToItsEndAsync(visitor);
        await NothingIsLeftAsync(visitor);

        morning!.BooksAgree();
        await morning.SoundAsync();
    }

    private async Task<ControlTower.Data.Accounts.Account> SignInAsync(Visitor visitor)
    {
        var person = await visitor.Tower.PersonAsync(Roles.Operations);
        await visitor.Page.GotoAsync("/sign-in");
        await Expect(visitor.Page.Locator("input[type=email]")).ToBeFocusedAsync();
        await TypeAsync(visitor, person.Email);
        await PressAsync(visitor, "Tab");
        await TypeAsync(visitor, TestTower.Password);
        await PressAsync(visitor, "Enter");
        await visitor.LiveAsync();
        return person;
    }

    private static async Task GoToTheDeskAsync(Visitor visitor)
    {
        await PressAsync(visitor, "Control+k");
        await Expect(visitor.Part("palette").Locator("input")).ToBeFocusedAsync();
        await TypeAsync(visitor, "Exceptions");
        await PressAsync(visitor, "Enter");
        await visitor.AtAsync("/exceptions");
        // What costs most stands first and is chosen.
        await Expect(visitor.Page.Locator("[data-ct^='cause:']").First).ToContainTextAsync("Unknown tax code");
        await Expect(visitor.Page.Locator("[data-ct^='cause:']").First).ToContainTextAsync($"{DeskScenario.Untaxed} cases");
        await Expect(visitor.Page.Locator("tr.cur")).ToHaveCountAsync(1);
        await Expect(visitor.Part("view:MoneyFirst")).ToContainTextAsync($"{Everything}");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("desk-1-morning");
    }

    private static async Task ClaimTheLargestCauseAsync(Visitor visitor, string person)
    {
        await PressAsync(visitor, "Shift+A");
        await Expect(visitor.Part("selection")).ToContainTextAsync($"{DeskScenario.Untaxed} selected");
        await PressAsync(visitor, "a");
        await Expect(visitor.Part("person")).ToBeFocusedAsync();
        await Expect(visitor.Part("person").Locator("option:checked")).ToContainTextAsync(person);
        await PressAsync(visitor, "Control+Enter");
        await Expect(visitor.Part("announce")).ToContainTextAsync($"{DeskScenario.Untaxed} cases in your hands");
        await Expect(visitor.Part("view:Mine")).ToContainTextAsync($"{DeskScenario.Untaxed}");
    }

    private async Task ReleaseOneRuleInStagesAsync(Visitor visitor)
    {
        await PressAsync(visitor, "Enter");
        await Expect(visitor.Part("brief")).ToContainTextAsync("no set-up for a tax");
        await Expect(visitor.Part("rule")).ToBeEnabledAsync();
        await visitor.AccessibleAsync();
        await PressAsync(visitor, "Shift+R");
        await Expect(visitor.Page.Locator("#rule-title")).ToContainTextAsync($"{DeskScenario.Untaxed} cases");
        await Expect(visitor.Part("rule-path")).ToHaveValueAsync("lines[*].taxes[*].code");
        await TabToAsync(visitor, "rule-to");
        await TypeAsync(visitor, "ZERO");
        await PressAsync(visitor, "Enter");
        await Expect(visitor.Part("rule-counts")).ToContainTextAsync($"{DeskScenario.Untaxed} changed");
        await Expect(visitor.Part("rule-items")).ToContainTextAsync("→ \"ZERO\"");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("desk-2-rule");

        // At the usual pace it takes half a minute: somebody who has seen the difference may let it go faster.
        await TabToAsync(visitor, "rate");
        await TypeAsync(visitor, "50");
        await TabToAsync(visitor, "rule-reason");
        await TypeAsync(visitor, "the ERP calls it ZERO");
        await PressAsync(visitor, "Control+Enter");
        await Expect(visitor.Part("announce-repair")).ToContainTextAsync($"{DeskScenario.Untaxed} orders changed. Batch B-1 sends them in stages");
        await PressAsync(visitor, "Escape");
        await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(visitor.Part("batch:1")).ToContainTextAsync($"{DeskScenario.Untaxed} frozen");
        Assert.Equal("1 2 5 20 100", await visitor.Tower.Database.ScalarAsync<string>("select array_to_string(stages, ' ') from batch"));
    }

    private static async Task MapTheStoreOnceAsync(Visitor visitor)
    {
        await OpenCauseAsync(visitor, "Unknown location");
        await Expect(visitor.Part("brief")).ToContainTextAsync(DeskScenario.Store);
        await PressAsync(visitor, "m");
        await Expect(visitor.Part("map-kind")).ToHaveValueAsync("location");
        await Expect(visitor.Part("map-from")).ToHaveValueAsync(DeskScenario.Store);
        await TabToAsync(visitor, "map-to");
        await TypeAsync(visitor, DeskScenario.StoreInErp);
        await TabToAsync(visitor, "map-reason");
        await TypeAsync(visitor, "its code in the ERP");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("desk-3-map");
        await PressAsync(visitor, "Control+Enter");
        await Expect(visitor.Part("announce-repair")).ToContainTextAsync($"{DeskScenario.ToCollect} cases that waited for it are being retried");
        await Expect(visitor.Part("case-pane")).ToContainTextAsync("Proven");
    }

    private static async Task AskForTheUnknownOutcomeAsync(Visitor visitor)
    {
        await OpenCauseAsync(visitor, "Outcome unknown");
        await Expect(visitor.Part("brief")).ToContainTextAsync("got no answer that says whether it was done");
        await PressAsync(visitor, "r");
        await Expect(visitor.Part("case-pane")).ToContainTextAsync("Proven");
        await Expect(visitor.Part("resolution")).ToContainTextAsync("ControlTower");
    }

    private static async Task CloseTheDoubledRefundAsync(Visitor visitor, string person)
    {
        await OpenCauseAsync(visitor, "Event id used twice");
        await Expect(visitor.Part("brief")).ToContainTextAsync("used the id of an earlier message");
        await Expect(visitor.Part("payload")).ToContainTextAsync("Ordered one too many");
        await PressAsync(visitor, "e");
        await Expect(visitor.Part("reason")).ToBeFocusedAsync();
        await TypeAsync(visitor, "the same refund, told twice");
        await PressAsync(visitor, "Control+Enter");
        await Expect(visitor.Part("resolution")).ToContainTextAsync($"by {person}: the same refund, told twice");
        await PressAsync(visitor, "Escape");
    }

    private static async Task WatchTheBatchToItsEndAsync(Visitor visitor)
    {
        await Expect(visitor.Part("batch-counts")).ToContainTextAsync($"{DeskScenario.Untaxed} proven", new LocatorAssertionsToContainTextOptions { Timeout = 90_000 });
        await Expect(visitor.Part("batch:1")).ToContainTextAsync("Done, all proven");
        var database = visitor.Tower.Database;
        Assert.Equal("1 2 5 20 100 86", await database.ScalarAsync<string>("select string_agg(n::text, ' ' order by stage) from (select stage, count(*) as n from batch_item where state = 'proven' group by stage) s"));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from batch_item a join batch_item b on b.batch_id = a.batch_id and b.stage = a.stage + 1 where b.sent_at < a.settled_at"));
        // Proven is what was read back: after each posting the ERP was asked.
        Assert.Equal(0, await database.ScalarAsync<long>(
            """
            select count(*) from batch_item i join exception_case c on c.id = i.case_id
            where not exists (select from vendor_call v where v.posting_key = c.posting_key and v.purpose = 'look-up' and v.outcome = 'ok' and v.started_at > i.sent_at)
            """));
    }

    private static async Task NothingIsLeftAsync(Visitor visitor)
    {
        await PressAsync(visitor, "1");
        await Expect(visitor.Part("empty").First).ToContainTextAsync("No open cases");
        await Expect(visitor.Part("view:MoneyFirst")).ToContainTextAsync("0");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("desk-4-empty");
        await visitor.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
        await PressAsync(visitor, "7");
        await Expect(visitor.Part("view:Proven")).ToContainTextAsync($"{Everything - 1}");
        await Expect(visitor.Page.Locator("tr.cur")).ToHaveCountAsync(1);
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("desk-5-proven-dark");
        Assert.Equal(0, await visitor.Tower.Database.ScalarAsync<long>("select count(*) from exception_case where state in ('open', 'retrying')"));
    }

    /// <summary>From cause to cause until this one is chosen, then its first case.</summary>
    private static async Task OpenCauseAsync(Visitor visitor, string title)
    {
        var chosen = visitor.Page.Locator("[data-ct^='cause:'][aria-selected=true]");
        for (var steps = 0; steps < 4; steps++)
        {
            // A cause of which nothing is left is not in the list any more, from one moment to the next.
            var seen = await chosen.EvaluateAllAsync<string[]>("all => all.flatMap(one => [one.dataset.ct, one.textContent])");
            var before = seen is [var key, ..] ? key : "";
            if (seen is [_, var words] && words.Contains(title, StringComparison.Ordinal))
            {
                break;
            }

            await PressAsync(visitor, "Shift+J");
            await Expect(chosen).Not.ToHaveAttributeAsync("data-ct", before);
        }

        await Expect(chosen).ToContainTextAsync(title);
        await Expect(visitor.Page.Locator("section.mid h2")).ToContainTextAsync(title);
        await PressAsync(visitor, "Enter");
    }

    private static async Task TabToAsync(Visitor visitor, string part)
    {
        for (var steps = 0; steps < Farthest; steps++)
        {
            if (await visitor.Part(part).EvaluateAsync<bool>("field => field === document.activeElement"))
            {
                return;
            }

            await PressAsync(visitor, "Tab");
        }

        Assert.Fail($"{part} is more than {Farthest} steps away.");
    }

    private static Task PressAsync(Visitor visitor, string key) => visitor.Page.Keyboard.PressAsync(key);

    private static Task TypeAsync(Visitor visitor, string text) => visitor.Page.Keyboard.TypeAsync(text);
}
