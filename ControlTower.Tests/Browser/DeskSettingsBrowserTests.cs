using ControlTower.Data.Live;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>The desk as its person wants it, and what is rare on it.</summary>
public sealed class DeskSettingsBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    private long problem;

    public async ValueTask InitializeAsync()
    {
        await world.InitializeAsync();
        if (BrowserWorld.Chromium is not null)
        {
            (_, problem) = await OrderWorldStory.PlayAsync(world.Tower.Database, stuck: 8);
        }
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_list_that_is_to_hold_still_says_that_something_changed_and_columns_keep_their_width()
    {
        await using var visitor = await world.VisitAsync(dark: true);
        var person = await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions?cause=all");
        await Expect(visitor.Part($"case:{problem}")).ToContainTextAsync("Open");
        await visitor.Part("columns-menu").Locator("summary").ClickAsync();
        await visitor.Part("column:code").CheckAsync();
        await visitor.Part("width:code").SelectOptionAsync("Narrow");
        await visitor.Part("pace").SelectOptionAsync("-1");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("exceptions-columns");
        await visitor.Part("columns-menu").Locator("summary").ClickAsync();

        await world.Tower.Database.ExecuteAsync($"update exception_case set state = 'discarded', closed_at = now(), closed_by = 'Ada', resolution = 'Of the fair' where id = {problem}");
        world.Tower.Services.GetRequiredService<ChangeNotifier>().Announce(LiveTopics.Cases);
        await Expect(visitor.Part("new-rows")).ToContainTextAsync("Something may have changed");
        await Expect(visitor.Part("new-rows")).ToContainTextAsync("paused");
        await Expect(visitor.Part($"case:{problem}")).ToContainTextAsync("Open");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("exceptions-paused");
        await visitor.Page.Keyboard.PressAsync(".");
        await Expect(visitor.Part($"case:{problem}")).ToContainTextAsync("Of the fair");
        await Expect(visitor.Part("new-rows")).ToHaveCountAsync(0);

        await visitor.Page.ReloadAsync();
        await Expect(visitor.Page.Locator("th.narrow[data-ct=\"th:code\"]")).ToHaveCountAsync(1);
        await Expect(visitor.Part("pace")).ToHaveValueAsync("-1");
        Assert.Equal("risk,sla,state,code:narrow -1", await world.Tower.Database.ScalarAsync<string>($"select case_columns || ' ' || desk_pace from viewer_choice where account_id = '{person.Id}'"));
    }

    [Fact]
    public async Task A_message_under_a_used_id_is_worked_under_its_own_once_a_person_says_that_it_is_right()
    {
        var message = await new OrderWorld(world.Tower.Database).MessageAsync(null, eventId: "evt-1~0123456789abcdef");
        await world.Tower.Database.ExecuteAsync(
            $"""
            insert into inbox_outcome (message_id, outcome, detail) values ({message}, 'excepted', 'id-reused');
            insert into exception_case (fingerprint, failure, code, title, message, subject, message_id, connection_id)
            values ('duplicate:shopify-eu:id-reused', 'duplicate', 'id-reused', 'Event id used twice with different content', 'Used twice.', 'message/{message}', {message}, 'shopify-eu')
            """);
        var id = await world.Tower.Database.ScalarAsync<long>("select max(id) from exception_case");
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: $"/exceptions?case={id}");
        await Expect(visitor.Part("brief")).ToContainTextAsync("used the id of an earlier message");
        await visitor.Part("more").Locator("summary").ClickAsync();
        await visitor.Part("reissue").ClickAsync();
        await Expect(visitor.Page.Locator("#end-title")).ToContainTextAsync("under an id of its own");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("exceptions-reissue");
        await visitor.Page.ClickAsync("[data-ct=confirm-end]");
        await Expect(visitor.Page.Locator("#end-wrong")).ToBeVisibleAsync();
        await visitor.FillAsync("[data-ct=reason]", "the second one is right");
        await visitor.Page.ClickAsync("[data-ct=confirm-end]");
        await Expect(visitor.Part("announce")).ToContainTextAsync("worked under an id of its own");
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from inbox_work w join inbox_message m on m.id = w.message_id where m.event_id like '%~again-%'"));
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:case:resolve' and detail like '%Reissued%'"));
    }
}
