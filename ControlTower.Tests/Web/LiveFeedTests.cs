using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Tests.Support;
using ControlTower.Web.Live;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>When pages ask again, and when they leave the database alone. The clock of the feed is the test's; the announcements are real.</summary>
public sealed class LiveFeedTests : IAsyncLifetime
{
    private readonly FakeTimeProvider clock = new();
    private TestDatabase database = null!;
    private ChangeListener listener = null!;
    private LiveFeed feed = null!;
    private int asked;
    private int calmed;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        listener = new ChangeListener(database.Sources, new DatabaseWatch(database.Sources, TimeProvider.System, NullLogger<DatabaseWatch>.Instance), TimeProvider.System, NullLogger<ChangeListener>.Instance);
        feed = new LiveFeed(listener, clock);
        var heard = new TaskCompletionSource();
        listener.Changed += _ => heard.TrySetResult();
        await listener.StartAsync(TestContext.Current.CancellationToken);
        await heard.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await listener.StopAsync(CancellationToken.None);
        feed.Dispose();
        listener.Dispose();
        await database.DisposeAsync();
    }

    [Fact]
    public void A_page_of_one_person_asks_nothing_while_nothing_happens_and_its_age_is_freshened()
    {
        using var page = feed.Subscribe(LiveTopics.Cases, AskAsync, CalmAsync);
        Pass(TimeSpan.FromSeconds(55));
        Assert.Equal((0, 11), (asked, calmed));
    }

    [Fact]
    public void A_lost_announcement_is_made_good_within_a_minute()
    {
        using var page = feed.Subscribe(LiveTopics.Cases, AskAsync, CalmAsync);
        Pass(TimeSpan.FromSeconds(61));
        Assert.Equal(1, asked);
        Pass(TimeSpan.FromSeconds(50));
        Assert.Equal(1, asked);
    }

    [Fact]
    public void A_page_that_could_not_be_read_is_asked_again_at_the_next_beat()
    {
        using var page = feed.Subscribe(LiveTopics.Cases, AskAsync, () => Task.FromResult(false));
        Pass(TimeSpan.FromSeconds(6));
        Assert.Equal(1, asked);
    }

    [Fact]
    public void A_question_that_is_shared_by_all_is_asked_at_every_beat()
    {
        using var panel = feed.Subscribe(LiveTopics.Cases, AskAsync);
        Pass(TimeSpan.FromSeconds(16));
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task A_change_is_asked_for_at_once_but_only_by_those_whom_it_concerns()
    {
        var foreign = 0;
        using var page = feed.Subscribe(LiveTopics.Cases, AskAsync, CalmAsync);
        using var other = feed.Subscribe(LiveTopics.People, () => Task.FromResult(++foreign), CalmAsync);
        var heard = new TaskCompletionSource();
        listener.Changed += _ => heard.TrySetResult();
        await database.ExecuteAsync($"select pg_notify('{ChangeNotifier.Channel}', '{(int)LiveTopics.Cases}')");
        await heard.Task.WaitAsync(TestContext.Current.CancellationToken);
        Pass(TimeSpan.FromMilliseconds(250));
        Assert.Equal((1, 0), (asked, foreign));
    }

    // In small steps, as time passes: a timer that is set by another must not be skipped.
    private void Pass(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(250))
            clock.Advance(TimeSpan.FromMilliseconds(250));
    }

    private Task AskAsync() => Task.FromResult(++asked);

    private Task<bool> CalmAsync()
    {
        calmed++;
        return Task.FromResult(true);
    }
}
