using System.Text.Json;
using System.Text.RegularExpressions;
using ControlTower.Data.Canonical;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>A payload is repaired in sight of what changes, by one person; the second hears who was first.</summary>
public sealed class RepairBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    private long problem;

    public async ValueTask InitializeAsync()
    {
        await world.InitializeAsync();
        if (BrowserWorld.Chromium is not null)
        {
            (var order, problem) = await OrderWorldStory.PlayAsync(world.Tower.Database, stuck: 3);
            var document = EngineWorld.Order("6104482130", sku: "FJ-SHELL-M") with { Name = OrderWorldStory.First };
            await using var command = world.Tower.Database.Sources.Work.CreateCommand("update order_document set body = $1::jsonb where flow_id = $2");
            command.Parameters.AddWithValue(JsonSerializer.Serialize(document, CanonicalJson.Default.Order));
            command.Parameters.AddWithValue(order);
            await command.ExecuteNonQueryAsync();
        }
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_payload_is_edited_with_its_difference_in_sight_and_the_second_editor_hears_who_was_first()
    {
        await using var ida = await world.VisitAsync();
        await using var mads = await world.VisitAsync(dark: true);
        var first = await ida.SignInAsAsync(Roles.Operations, at: $"/exceptions?case={problem}");
        await mads.SignInAsAsync(Roles.Operations, at: $"/exceptions?case={problem}");
        foreach (var visitor in new[] { ida, mads })
        {
            await Expect(visitor.Part("edit")).ToBeEnabledAsync();
            await visitor.Page.Keyboard.PressAsync("Shift+E");
            await Expect(visitor.Part("edit-text")).ToHaveValueAsync(new Regex("FJ-SHELL-M", RegexOptions.None, TimeSpan.FromSeconds(1)));
        }

        // A slip, and an attempt at what is locked, are told at their field.
        var text = await ida.Part("edit-text").InputValueAsync();
        await ida.Part("edit-text").FillAsync(text.Replace("\"quantity\": 1", "\"quantity\": 2", StringComparison.Ordinal));
        await ida.Page.Keyboard.PressAsync("Tab");
        await Expect(ida.Part("edit-problems")).ToContainTextAsync("lines[0].quantity");
        await ida.Part("edit-text").FillAsync(text.Replace("FJ-SHELL-M", "FJ-<b>=1+1", StringComparison.Ordinal));
        await ida.Page.Keyboard.PressAsync("Tab");
        await Expect(ida.Part("edit-problems")).ToBeEmptyAsync();
        await Expect(ida.Part("changes")).ToContainTextAsync("FJ-<b>=1+1");
        await ida.AccessibleAsync();
        await ida.PictureAsync("exceptions-repair-editor");
        await ida.Page.ClickAsync("[data-ct=edit-save]");
        await Expect(ida.Page.GetByText("Say why in a few words")).ToBeVisibleAsync();
        await ida.FillAsync("[data-ct=edit-reason]", "the ERP has another number");
        await ida.Page.ClickAsync("[data-ct=edit-save]");
        await Expect(ida.Part("announce-repair")).ToContainTextAsync("Changed, revision 1");
        await Expect(ida.Part("case-pane")).ToContainTextAsync("Retrying");
        await Expect(ida.Part("edit")).ToBeDisabledAsync();
        Assert.Equal("FJ-<b>=1+1", await world.Tower.Database.ScalarAsync<string>("select body -> 'lines' -> 0 ->> 'sku' from posting_revision"));

        await mads.Part("edit-text").FillAsync(text.Replace("FJ-SHELL-M", "FJ-MINE", StringComparison.Ordinal));
        await mads.FillAsync("[data-ct=edit-reason]", "mine is right");
        await mads.Page.ClickAsync("[data-ct=edit-save]");
        await Expect(mads.Part("edit-conflict")).ToContainTextAsync($"{first.Name} was first");
        await Expect(mads.Part("edit-conflict")).ToContainTextAsync("FJ-<b>=1+1");
        await mads.AccessibleAsync();
        await mads.PictureAsync("exceptions-repair-conflict");
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from posting_revision"));
    }

    [Fact]
    public async Task A_rule_for_ticked_cases_of_several_causes_is_not_offered_and_says_that_it_mends_one_cause()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: $"/exceptions?cause=all&case={problem}");
        await Expect(visitor.Part("edit")).ToBeEnabledAsync();
        await visitor.Page.Keyboard.PressAsync("A");
        await Expect(visitor.Part("selection")).ToContainTextAsync("selected");
        await visitor.Page.Keyboard.PressAsync("R");
        await Expect(visitor.Part("announce-repair")).ToContainTextAsync("A rule mends one cause.");
        await Expect(visitor.Page.Locator(".mud-dialog")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_rule_shows_what_it_would_do_is_applied_with_a_reason_and_undone()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: $"/exceptions?case={problem}");
        await visitor.Part("more").Locator("summary").ClickAsync();
        await Expect(visitor.Part("rule")).ToBeEnabledAsync();
        await visitor.Page.ClickAsync("[data-ct=rule]");
        await visitor.Page.SelectOptionAsync("[data-ct=rule-operation]", "Map");
        await visitor.Page.SelectOptionAsync("[data-ct=rule-path]", "lines[*].sku");
        await visitor.FillAsync("[data-ct=rule-from]", "FJ-SHELL-M");
        await visitor.FillAsync("[data-ct=rule-to]", "FJ-1");
        await visitor.Page.ClickAsync("[data-ct=rule-preview]");
        await Expect(visitor.Part("rule-counts")).ToContainTextAsync("1 changed");
        await Expect(visitor.Part("rule-items")).ToContainTextAsync("\"FJ-SHELL-M\" → \"FJ-1\"");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("exceptions-repair-rule");
        await visitor.FillAsync("[data-ct=rule-reason]", "renamed in the ERP");
        await visitor.Page.ClickAsync("[data-ct=rule-apply]");
        await Expect(visitor.Part("announce-repair")).ToContainTextAsync("1 order changed and retried");
        await visitor.Page.ClickAsync("[data-ct=rule-undo]");
        await Expect(visitor.Part("announce-repair")).ToContainTextAsync("Undone");
        Assert.Equal("open", await world.Tower.Database.ScalarAsync<string>($"select state from exception_case where id = {problem}"));
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from posting_revision where undone_at is not null"));
    }
}
