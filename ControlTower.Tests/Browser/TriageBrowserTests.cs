using ControlTower.Data.Audit;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>The exceptions desk as an operator works it: by keys, one case and many, with the set in sight before anything happens.</summary>
public sealed class TriageBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    private long order;
    private long problem;

    // A tower of its own for each test: they all change the same cases.
    public async ValueTask InitializeAsync()
    {
        await world.InitializeAsync();
        if (BrowserWorld.Chromium is not null)
        {
            (order, problem) = await OrderWorldStory.PlayAsync(world.Tower.Database, stuck: 8);
        }
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task The_desk_is_accessible_in_both_themes_and_widths()
    {
        foreach (var (dark, width) in new[] { (false, 1440), (true, 1440), (false, 1024), (true, 1024) })
        {
            await using var visitor = await world.VisitAsync(dark, width);
            await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions");
            await Expect(visitor.Part("cases").Locator("tbody tr.pick")).ToHaveCountAsync(8);
            await visitor.AccessibleAsync();
            foreach (var tab in new[] { "", "&tab=request", "&tab=attempts", "&tab=history" })
            {
                await visitor.Page.GotoAsync($"/exceptions?case={problem}{tab}");
                await Expect(visitor.Part("brief")).ToContainTextAsync("no set-up for a tax");
                await visitor.AccessibleAsync();
            }

            await visitor.PictureAsync($"exceptions-{(dark ? "dark" : "light")}-{width}");
        }
    }

    [Fact]
    public async Task A_case_is_found_read_and_retried_by_keys_alone()
    {
        await using var visitor = await world.VisitAsync();
        var person = await visitor.SignInAsAsync(Roles.Operations);
        await visitor.Page.Keyboard.PressAsync("g");
        await visitor.Page.Keyboard.PressAsync("e");
        await Expect(visitor.Page.Locator("tr.cur")).ToHaveAttributeAsync("data-ct", $"case:{problem}");
        await visitor.Page.Keyboard.PressAsync("j");
        await Expect(visitor.Page.Locator("tr.cur")).Not.ToHaveAttributeAsync("data-ct", $"case:{problem}");
        await visitor.Page.Keyboard.PressAsync("k");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Part("case-pane")).ToContainTextAsync("Business Central EU refused the sales order for order NL-1048213");
        await visitor.Page.Keyboard.PressAsync("]");
        await Expect(visitor.Part("payload")).ToContainTextAsync("VAT19");
        await visitor.Page.Keyboard.PressAsync("r");
        await Expect(visitor.Part($"case:{problem}")).ToContainTextAsync("Retrying");
        await Expect(visitor.Part("announce")).ToContainTextAsync("Retried, same posting key");
        Assert.EndsWith("tab=request", visitor.Page.Url, StringComparison.Ordinal);
        await visitor.Page.GotoAsync($"/exceptions?case={problem}&tab=history");
        await visitor.LiveAsync();
        await Expect(visitor.Part("history")).ToContainTextAsync(person.Name);
        await visitor.Page.Keyboard.PressAsync("Escape");
        await Expect(visitor.Part("case-pane")).ToHaveCountAsync(0);

        // The same key, back to work on the replay lane; nothing was sent twice or forgotten.
        Assert.Equal("0/2/NL-1048213-0123456789ABCDEF", await world.Tower.Database.ScalarAsync<string>($"select state || '/' || lane || '/' || posting_key from delivery where flow_id = {order}"));
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:case:retry' and outcome = 'done'"));
    }

    [Fact]
    public async Task Ticked_cases_are_frozen_in_the_dialog_and_a_later_one_stays_out()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions");
        await Expect(visitor.Page.Locator("tr.cur")).ToHaveCountAsync(1);
        await visitor.Page.Keyboard.PressAsync("x");
        await visitor.Page.Keyboard.PressAsync("j");
        await visitor.Page.Keyboard.PressAsync("j");
        await visitor.Page.Keyboard.PressAsync("j");
        await visitor.Page.Keyboard.PressAsync("Shift+X");
        await Expect(visitor.Part("selection")).ToContainTextAsync("4 selected");
        await visitor.AccessibleAsync();
        await visitor.Page.Keyboard.PressAsync("r");
        // One of the four is being retried already.
        await Expect(visitor.Part("frozen-count")).ToHaveTextAsync("3 cases");
        await Expect(visitor.Part("retry-reason")).ToBeFocusedAsync();
        await Expect(visitor.Part("left-out")).ToContainTextAsync("1 being retried already");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("exceptions-retry-dialog");
        var later = await new OrderWorld(world.Tower.Database).CaseAsync(order, value: 5000m);
        await visitor.FillAsync("[data-ct=retry-reason]", "The tax code was added");
        await visitor.Page.ClickAsync("[data-ct=confirm-retry]");
        await Expect(visitor.Part("frozen-count")).ToHaveCountAsync(0);
        await Expect(visitor.Part("announce")).ToContainTextAsync("Batch B-1 started with 3 cases");
        Assert.Equal(3, await world.Tower.Database.ScalarAsync<long>("select count(*) from batch_item"));
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>($"select count(*) from batch_item where case_id = {later}"));
        await Expect(visitor.Part("selection")).ToContainTextAsync("1 selected");
    }

    [Fact]
    public async Task A_tab_that_nobody_sees_asks_for_nothing_and_catches_up_when_it_is_seen()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions?cause=all");
        await Expect(visitor.Part($"case:{problem}")).ToContainTextAsync("Open");
        await using var other = await world.VisitAsync();
        await other.SignInAsAsync(Roles.Operations, at: $"/exceptions?case={problem}");
        await Expect(other.Part("brief")).ToContainTextAsync("no set-up for a tax");
        await visitor.Page.EvaluateAsync("() => { window.unseen = true; Object.defineProperty(document, 'hidden', { get: () => window.unseen }); document.dispatchEvent(new Event('visibilitychange')); }");
        await world.Tower.Database.ExecuteAsync($"update exception_case set state = 'discarded', closed_at = now(), closed_by = 'Ada', resolution = 'Of the fair' where id = {problem}");
        world.Tower.Services.GetRequiredService<ChangeNotifier>().Announce(LiveTopics.Cases);
        await Expect(other.Part("resolution")).ToContainTextAsync("Of the fair");
        await Expect(visitor.Part($"case:{problem}")).ToContainTextAsync("Open");

        await visitor.Page.EvaluateAsync("() => { window.unseen = false; document.dispatchEvent(new Event('visibilitychange')); }");
        await Expect(visitor.Part($"case:{problem}")).ToContainTextAsync("Of the fair");
    }

    [Fact]
    public async Task A_retry_that_waits_is_called_off_and_a_comment_stands_in_the_history()
    {
        await using var visitor = await world.VisitAsync();
        var person = await visitor.SignInAsAsync(Roles.Operations, at: $"/exceptions?case={problem}&tab=history");
        await visitor.FillAsync("[data-ct=comment]", "Called the shop:\nthey fix it today.");
        await visitor.Page.ClickAsync("[data-ct=say]");
        await Expect(visitor.Part("said")).ToContainTextAsync("they fix it today.");
        await Expect(visitor.Part("history")).ToContainTextAsync(person.Name);
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("exceptions-comment");
        await visitor.Part("retry").ClickAsync();
        await Expect(visitor.Part("call-off")).ToBeEnabledAsync();
        await visitor.Page.ClickAsync("[data-ct=call-off]");
        await Expect(visitor.Part("announce")).ToContainTextAsync("Called off: nothing went out");
        await Expect(visitor.Part("call-off")).ToHaveCountAsync(0);
        await Expect(visitor.Part("history")).ToContainTextAsync("The retry was called off");
        Assert.Equal("open", await world.Tower.Database.ScalarAsync<string>($"select state from exception_case where id = {problem}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_order_is_cancelled_from_its_case_once_its_consequences_were_read(bool dark)
    {
        await using var visitor = await world.VisitAsync(dark);
        var person = await visitor.SignInAsAsync(Roles.Operations, at: $"/exceptions?case={problem}");
        await visitor.Part("more").Locator("summary").ClickAsync();
        await visitor.Page.ClickAsync("[data-ct=cancel-order]");
        await Expect(visitor.Part("cancel-outlook")).ToContainTextAsync("Cancel the order there as well");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"exceptions-cancel-{(dark ? "dark" : "light")}");
        await visitor.Page.ClickAsync("[data-ct=confirm-cancel]");
        await Expect(visitor.Page.Locator("#cancel-wrong")).ToBeVisibleAsync();
        await visitor.FillAsync("[data-ct=cancel-reason]", "bought twice");
        await visitor.Page.ClickAsync("[data-ct=confirm-cancel]");
        await Expect(visitor.Part("cancel-outlook")).ToHaveCountAsync(0);
        Assert.Equal(
            $"{person.Name}/bought twice", await world.Tower.Database.ScalarAsync<string>("select actor_name || '/' || reason from audit where action = 'orders:order:cancel'"));
        await visitor.Page.GotoAsync($"/orders/{order}");
        await Expect(visitor.Part("did")).ToContainTextAsync("Called the order off: bought twice");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_desk_is_narrowed_by_brand_and_store_and_shows_the_store(bool dark)
    {
        await using var visitor = await world.VisitAsync(dark);
        await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions?cause=all");
        await Expect(visitor.Page.Locator("tbody tr.pick")).ToHaveCountAsync(11);
        await visitor.Part("columns-menu").Locator("summary").ClickAsync();
        await visitor.Page.CheckAsync("[data-ct='column:store']");
        await Expect(visitor.Part($"case:{problem}")).ToContainTextAsync("Store Hamburg");
        await visitor.Page.Keyboard.PressAsync("Escape");
        await visitor.Part("brand").SelectOptionAsync("Fjord");
        await Expect(visitor.Page.Locator("tbody tr.pick")).ToHaveCountAsync(1);
        await Expect(visitor.Part("chip:brand")).ToContainTextAsync("Fjord");
        await visitor.Part("chip:brand").GetByRole(AriaRole.Button).ClickAsync();
        await Expect(visitor.Page.Locator("tbody tr.pick")).ToHaveCountAsync(11);
        await visitor.Part("filter-menu").Locator("summary").ClickAsync();
        await visitor.Part("store").SelectOptionAsync("hamburg");
        await visitor.Part("filter-menu").GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await Expect(visitor.Page.Locator("tbody tr.pick")).ToHaveCountAsync(1);
        await Expect(visitor.Part($"case:{problem}")).ToBeVisibleAsync();
        await visitor.AccessibleAsync();
        await visitor.PictureAsync($"exceptions-store-{(dark ? "dark" : "light")}");
    }

    [Fact]
    public async Task A_whole_cause_is_retried_with_its_set_in_sight()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions");
        await visitor.Page.ClickAsync("[data-ct=retry-cause]");
        await Expect(visitor.Part("frozen-count")).ToHaveTextAsync("7 cases");
        await Expect(visitor.Part("frozen")).ToContainTextAsync("Business Central EU, 7");
        await visitor.Part("confirm-retry").FocusAsync();
        await visitor.Page.EvaluateAsync("document.activeElement.blur()");
        await visitor.Page.Keyboard.PressAsync("Escape");
        await Expect(visitor.Part("frozen-count")).ToHaveCountAsync(0);
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'retrying'"));
    }

    [Fact]
    public async Task A_case_is_taken_in_hand_put_off_and_brought_back_by_keys_and_the_second_of_two_hears_who_was_first()
    {
        await using var visitor = await world.VisitAsync();
        var person = await visitor.SignInAsAsync(Roles.Operations, at: $"/exceptions?case={problem}");
        await Expect(visitor.Part("snooze")).ToBeEnabledAsync();
        await visitor.Page.Keyboard.PressAsync("a");
        await Expect(visitor.Part("person")).ToBeFocusedAsync();
        await visitor.FillAsync("[data-ct=ticket]", "https://tickets.example/OPS-7");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("exceptions-assign-dialog");
        await visitor.Page.ClickAsync("[data-ct=confirm-assign]");
        await Expect(visitor.Part("held-by")).ToContainTextAsync($"{person.Name} looks into it");
        await Expect(visitor.Part("held-by").Locator("a")).ToHaveAttributeAsync("href", "https://tickets.example/OPS-7");
        await Expect(visitor.Part("view:Mine")).ToContainTextAsync("1");
        await visitor.Page.Keyboard.PressAsync("u");
        await Expect(visitor.Part("held-by")).ToHaveCountAsync(0);

        await visitor.Page.Keyboard.PressAsync("s");
        await Expect(visitor.Part("until")).ToBeFocusedAsync();
        await visitor.AccessibleAsync();
        await visitor.Page.SelectOptionAsync("[data-ct=until]", "tomorrow");
        await visitor.Page.ClickAsync("[data-ct=confirm-snooze]");
        await Expect(visitor.Part("shelf")).ToContainTextAsync($"Snoozed by {person.Name}");
        await Expect(visitor.Part("view:Snoozed")).ToContainTextAsync("1");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("exceptions-snoozed");

        // Somebody else acts on what this page still shows as it was.
        await world.Tower.Database.ExecuteAsync($"update exception_case set version = version + 1, shelf_note = 'changed' where id = {problem}");
        await visitor.Page.Keyboard.PressAsync("w");
        await Expect(visitor.Part("announce")).ToContainTextAsync("Nothing was changed");
        await visitor.Page.Keyboard.PressAsync("w");
        await Expect(visitor.Part("shelf")).ToHaveCountAsync(0);
    }

    [Theory]
    [InlineData("e", "confirm-end")]
    [InlineData("s", "confirm-snooze")]
    [InlineData("a", "confirm-assign")]
    public async Task What_somebody_did_behind_an_open_dialog_is_not_acted_over(string key, string confirm)
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: $"/exceptions?case={problem}");
        await Expect(visitor.Part("resolve")).ToBeEnabledAsync();
        await visitor.LiveAsync();
        await visitor.Page.Locator("h1").FocusAsync();
        await visitor.Page.Keyboard.PressAsync(key);
        await Expect(visitor.Part(confirm)).ToBeVisibleAsync();
        if (key == "e")
        {
            await visitor.FillAsync("[data-ct=reason]", "made by hand");
        }

        // Mats takes it in hand, and the page behind the dialog shows it.
        var mats = await world.Tower.PersonAsync(Roles.Operations);
        var version = await world.Tower.Database.ScalarAsync<int>($"select version from exception_case where id = {problem}");
        await world.Tower.Services.GetRequiredService<CaseDesk>().AssignAsync(
            [new CaseSeen(problem, version)], new CasePerson(mats.Id, mats.Name), "OPS-7", new Actor(mats.Id, mats.Name, Roles.Operations), default);
        await Expect(visitor.Part("held-by")).ToContainTextAsync("OPS-7");
        await visitor.Page.ClickAsync($"[data-ct={confirm}]");

        await Expect(visitor.Part("announce")).ToContainTextAsync($"Nothing was changed. NL-1048213 was left: {mats.Name} has it in hand");
        Assert.Equal("open/OPS-7/", await world.Tower.Database.ScalarAsync<string>($"select concat(state, '/', ticket, '/', shelf) from exception_case where id = {problem}"));
    }

    [Fact]
    public async Task A_case_is_resolved_by_hand_only_with_a_reason()
    {
        await using var visitor = await world.VisitAsync();
        var person = await visitor.SignInAsAsync(Roles.Operations, at: $"/exceptions?case={problem}");
        await Expect(visitor.Part("resolve")).ToBeEnabledAsync();
        await visitor.Page.Locator("h1").FocusAsync();
        await visitor.Page.Keyboard.PressAsync("e");
        await visitor.Page.ClickAsync("[data-ct=confirm-end]");
        await Expect(visitor.Page.GetByText("Say why in a few words")).ToBeVisibleAsync();
        await visitor.AccessibleAsync();
        await visitor.FillAsync("[data-ct=reason]", "SO-221904 was made by hand");
        await visitor.Page.ClickAsync("[data-ct=confirm-end]");
        await Expect(visitor.Part("resolution")).ToContainTextAsync($"by {person.Name}: SO-221904 was made by hand");
        await Expect(visitor.Part("retry")).ToBeDisabledAsync();
        Assert.Equal("resolved", await world.Tower.Database.ScalarAsync<string>($"select state from exception_case where id = {problem}"));
    }

    [Fact]
    public async Task A_case_is_found_by_the_filter_and_resolved_without_ever_touching_the_mouse()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions");
        await Expect(visitor.Part("cases").Locator("tbody tr.pick")).ToHaveCountAsync(8);
        await visitor.Page.Keyboard.PressAsync("/");
        await Expect(visitor.Page.Locator("#filter")).ToBeFocusedAsync();
        await visitor.Page.Keyboard.TypeAsync("nothing like it");
        await visitor.Page.Keyboard.PressAsync("Escape");
        await Expect(visitor.Page.Locator("#filter")).Not.ToBeFocusedAsync();
        await Expect(visitor.Page.Locator("#filter")).ToHaveValueAsync("");
        await visitor.Page.Keyboard.PressAsync("/");
        await Expect(visitor.Page.Locator("#filter")).ToBeFocusedAsync();
        await visitor.Page.Keyboard.TypeAsync(OrderWorldStory.First);
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Part("cases").Locator("tbody tr.pick")).ToHaveCountAsync(1);
        Assert.Contains($"q={OrderWorldStory.First}", visitor.Page.Url, StringComparison.Ordinal);
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Part("brief")).ToContainTextAsync("no set-up for a tax");
        await visitor.Page.Keyboard.PressAsync("e");
        await Expect(visitor.Part("reason")).ToBeFocusedAsync();
        await visitor.Page.Keyboard.TypeAsync("made by hand");
        await visitor.Page.Keyboard.PressAsync("Tab");
        await visitor.Page.Keyboard.PressAsync("Tab");
        await Expect(visitor.Part("confirm-end")).ToBeFocusedAsync();
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Part("resolution")).ToContainTextAsync("made by hand");
        await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await visitor.Page.Keyboard.PressAsync("Escape");
        await Expect(visitor.Part("case-pane")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Finance_looks_and_does_not_touch_and_sees_no_payload()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Executive, finance: true, at: $"/exceptions?case={problem}");
        await Expect(visitor.Part("read-only")).ToContainTextAsync(Permissions.ExceptionsRetry);
        await Expect(visitor.Part("payload")).ToContainTextAsync("You may see that something was sent, not what");
        foreach (var act in new[] { "acts", "retry", "retry-cause", "resolve", "discard", "assign", "snooze" })
        {
            await Expect(visitor.Part(act)).ToHaveCountAsync(0);
        }

        await Expect(visitor.Page.Locator("main input[type=checkbox]:visible")).ToHaveCountAsync(0);
        await visitor.Page.Keyboard.PressAsync("r");
        await visitor.Page.Keyboard.PressAsync("e");
        await visitor.Page.Keyboard.PressAsync("a");
        await visitor.Page.Keyboard.PressAsync("s");
        await visitor.AccessibleAsync();
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action like 'exceptions:%'"));
    }

    [Fact]
    public async Task A_view_under_a_name_is_there_for_the_team_and_only_its_owner_can_delete_it()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions?failure=missing");
        await visitor.LiveAsync();
        await visitor.Page.ClickAsync("[data-ct=save-view]");
        await visitor.Page.ClickAsync("[data-ct=confirm-view]");
        await Expect(visitor.Page.Locator("#view-wrong")).ToContainTextAsync("Give the view a name");
        await visitor.FillAsync("[data-ct=view-name]", "<b>Missing</b> things");
        await visitor.Page.CheckAsync("[data-ct=view-team]");
        await visitor.AccessibleAsync();
        await visitor.Page.ClickAsync("[data-ct=confirm-view]");
        await Expect(visitor.Page.Locator(".tab.on")).ToContainTextAsync("<b>Missing</b> things");

        await using var other = await world.VisitAsync();
        await other.SignInAsAsync(Roles.Executive, finance: true, at: "/exceptions");
        await other.Page.GetByText("<b>Missing</b> things").ClickAsync();
        await Expect(other.Part("chip:failure")).ToContainTextAsync("missing");
        await other.Page.GotoAsync("/exceptions?view=oldest");
        await other.LiveAsync();
        await other.Page.ClickAsync("[data-ct=save-view]");
        await Expect(other.Part("view-team")).ToHaveCountAsync(0);
        await Expect(other.Page.GetByText("Your views")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_open_case_and_tab_come_back_after_a_reload()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: $"/exceptions?case={problem}&tab=attempts");
        await Expect(visitor.Part("attempts")).ToBeVisibleAsync();
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Part("attempts").Locator("tbody tr")).ToHaveCountAsync(2);
        await visitor.Part("attempts").GetByRole(AriaRole.Button).First.ClickAsync();
        await Expect(visitor.Part("bodies")).ToContainTextAsync("Sent");
        await Expect(visitor.Part("bodies")).ToContainTextAsync("Came");
        await visitor.PicturesAsync("exceptions-attempt-bodies");
        await visitor.Page.GotoAsync("/exceptions?case=999999");
        await Expect(visitor.Part("case-pane")).ToContainTextAsync("There is no such case");
        await visitor.Page.GotoAsync("/exceptions?q=%00%27%3B--&failure=moon&case=x&tab=y");
        await Expect(visitor.Part("filter-wrong")).ToContainTextAsync("There is no failure kind");
    }
}
