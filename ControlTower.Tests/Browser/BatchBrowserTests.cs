using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>A batch as people see it: everybody the same, live, and after coming back. The test is the worker and the ERP.</summary>
public sealed class BatchBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    private BatchPump? pump;

    public async ValueTask InitializeAsync()
    {
        await world.InitializeAsync();
        if (BrowserWorld.Chromium is not null)
        {
            await OrderWorldStory.PlayAsync(world.Tower.Database, stuck: 8);
            pump = ActivatorUtilities.CreateInstance<BatchPump>(world.Tower.Services);
        }
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_batch_is_started_paused_resumed_and_stops_itself_before_everybodys_eyes()
    {
        await using var visitor = await world.VisitAsync();
        var person = await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions");
        await visitor.Page.ClickAsync("[data-ct=retry-cause]");
        await Expect(visitor.Part("frozen-count")).ToHaveTextAsync("7 cases");
        await visitor.FillAsync("[data-ct=stages]", "2, 3");
        await Expect(visitor.Page.Locator("#stages-help")).ToContainTextAsync("3 stages");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("batch-dialog");
        await visitor.FillAsync("[data-ct=retry-reason]", "The tax code was added");
        await visitor.Page.ClickAsync("[data-ct=confirm-retry]");
        await Expect(visitor.Part("announce")).ToContainTextAsync("Batch B-1 started with 7 cases");
        await TurnAsync();
        await Expect(visitor.Part("batch-counts")).ToContainTextAsync("2 retrying");
        await Expect(visitor.Part("stage:1")).ToHaveAttributeAsync("data-state", "work");
        await visitor.AccessibleAsync();
        await visitor.Page.ClickAsync("[data-ct=batch-pause]");
        await Expect(visitor.Part("batch-resume")).ToBeVisibleAsync();

        await using var other = await world.VisitAsync();
        await other.SignInAsAsync(Roles.Executive, finance: true, at: "/exceptions");
        await Expect(other.Part("batch:1")).ToContainTextAsync($"Paused by {person.Name}");
        await Expect(other.Part("batch-resume")).ToHaveCountAsync(0);
        await SettleAsync("resolved", most: 2);
        await TurnAsync();
        await Expect(other.Part("batch-counts")).ToContainTextAsync("2 proven");
        await visitor.Page.ClickAsync("[data-ct=batch-resume]");
        await Expect(visitor.Part("batch-pause")).ToBeVisibleAsync();
        await TurnAsync();
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Part("batch-counts")).ToContainTextAsync("3 retrying");
        await Expect(visitor.Part("stage:1")).ToHaveAttributeAsync("data-state", "settled");
        await visitor.PictureAsync("exceptions-batch");

        await SettleAsync("open", most: 1);
        await TurnAsync();
        await Expect(other.Part("batch-why")).ToContainTextAsync("1 of 3 failed in stage 2, more than 10%");
        await SettleAsync("resolved", most: 2);
        await TurnAsync();
        await Expect(other.Part("batch-counts")).ToContainTextAsync("4 proven");
    }

    [Fact]
    public async Task What_came_of_each_case_is_listed_and_the_failed_ones_are_taken_back_to_the_desk()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions/batches");
        await Expect(visitor.Part("empty")).ToContainTextAsync("No batch was started yet");
        await visitor.Page.GotoAsync("/exceptions");
        await visitor.Page.ClickAsync("[data-ct=retry-cause]");
        await visitor.FillAsync("[data-ct=retry-reason]", "The tax code was added");
        await visitor.Page.ClickAsync("[data-ct=confirm-retry]");
        await Expect(visitor.Part("announce")).ToContainTextAsync("Batch B-1 started");
        await TurnAsync();
        await SettleAsync("open", most: 1);
        await TurnAsync();

        await visitor.Page.ClickAsync("[data-ct='batch:1'] a:has-text('failed')");
        await visitor.AtAsync("/exceptions/batches/1");
        await Expect(visitor.Part("batch-items").Locator("tbody tr[data-state=failed]")).ToHaveCountAsync(1);
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("batch-results");
        await visitor.Page.ClickAsync("[data-ct='view:skipped']");
        await Expect(visitor.Part("batch-items").Locator("tbody tr[data-state=skipped]")).ToHaveCountAsync(6);
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Part("batch-items").Locator("tbody tr[data-state=skipped]")).ToHaveCountAsync(6);
        await visitor.Page.ClickAsync("[data-ct=open-failed]");
        await Expect(visitor.Part("chip:batch")).ToContainTextAsync("B-1, failed");
        await Expect(visitor.Part("cases").Locator("tbody tr.pick")).ToHaveCountAsync(1);
        await visitor.Page.GotoAsync("/exceptions/batches");
        await Expect(visitor.Part("batch-row:1")).ToContainTextAsync("Stopped by itself");
        await visitor.AccessibleAsync();
        await visitor.Page.GotoAsync("/exceptions/batches/99");
        await Expect(visitor.Part("empty")).ToContainTextAsync("There is no batch B-99");
    }

    [Fact]
    public async Task Everything_that_matches_whichever_its_cause_is_discarded_in_one_act_with_its_reason()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions");
        await visitor.Page.ClickAsync("[data-ct=all-causes]");
        await visitor.AtAsync("/exceptions?cause=all");
        await Expect(visitor.Part("all-head")).ToContainTextAsync("causes");
        await Expect(visitor.Part("all-causes")).ToHaveAttributeAsync("aria-selected", "true");
        await visitor.AccessibleAsync();
        var open = await world.Tower.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'");
        await visitor.Page.Keyboard.PressAsync("A");
        await Expect(visitor.Part("selection")).ToContainTextAsync("selected");
        await visitor.PictureAsync("exceptions-all-causes");

        await visitor.Page.Keyboard.PressAsync("d");
        await Expect(visitor.Part("frozen-count")).ToHaveTextAsync($"{open} cases");
        await visitor.Page.ClickAsync("[data-ct=confirm-end]");
        await Expect(visitor.Page.Locator("#end-wrong")).ToContainTextAsync("Say why");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("exceptions-discard-many");
        await visitor.FillAsync("[data-ct=reason]", "Tested orders of the fair");
        await visitor.Page.ClickAsync("[data-ct=confirm-end]");
        await Expect(visitor.Part("announce")).ToContainTextAsync($"Batch B-1 started with {open} cases. It discards them from 10 s on");
        await Expect(visitor.Part("frozen-count")).ToHaveCountAsync(0);
        await visitor.Page.Keyboard.PressAsync("u");
        await Expect(visitor.Part("announce")).ToContainTextAsync("Taken back: batch B-1 changes nothing");

        await visitor.Page.Keyboard.PressAsync("A");
        await Expect(visitor.Part("selection")).ToContainTextAsync("selected");
        await visitor.Page.Keyboard.PressAsync("d");
        await visitor.FillAsync("[data-ct=reason]", "Tested orders of the fair");
        await visitor.Page.ClickAsync("[data-ct=confirm-end]");
        await Expect(visitor.Part("announce")).ToContainTextAsync("Batch B-2 started");
        await TurnAsync();
        await Expect(visitor.Part("batch:2").Locator("[data-ct=batch-counts]")).ToContainTextAsync($"{open} done");
        Assert.Equal(open, await world.Tower.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'discarded' and resolution = 'Tested orders of the fair'"));
        await visitor.PictureAsync("exceptions-discarded");
        await visitor.Page.GotoAsync("/exceptions/batches/2");
        await Expect(visitor.Part("batch-reason")).ToContainTextAsync("Tested orders of the fair");
        await Expect(visitor.Part("view:passed")).ToContainTextAsync("Done");
        await Expect(visitor.Part("view:failed")).ToHaveCountAsync(0);
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("batch-discard");
    }

    private async Task TurnAsync()
    {
        await world.Tower.Database.ExecuteAsync("update batch set next_send_at = now() - interval '1 second'");
        while ((await pump!.RunOnceAsync(default)).Again)
        {
        }
    }

    /// <summary>What the target decided about cases in work.</summary>
    private Task SettleAsync(string state, int most) => world.Tower.Database.ExecuteAsync(
        $"""
        update exception_case set state = '{state}', closed_at = case when '{state}' = 'resolved' then now() end, proven = '{state}' = 'resolved', closed_by = case when '{state}' = 'resolved' then 'tower' end
        where id in (select i.case_id from batch_item i join exception_case c on c.id = i.case_id where i.state = 'sent' and c.state = 'retrying' order by i.ordinal limit {most})
        """);
}
