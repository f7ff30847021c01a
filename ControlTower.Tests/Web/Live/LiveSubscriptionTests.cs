using System.Text.Json;
using System.Threading.Channels;
using ControlTower.Web.Live;
using Xunit;

namespace ControlTower.Tests.Web.Live;

/// <summary>What a listener of a stream gets: everything once, then what changed, and never a queue.</summary>
public sealed class LiveSubscriptionTests
{
    private readonly Source source = new();
    private readonly Channel<object> heard = Channel.CreateUnbounded<object>();

    [Fact]
    public async Task First_all_of_it_then_what_changed_each_on_top_of_the_message_before()
    {
        source.Set(("a", 1), ("b", 1));
        using var subscription = Open(new LiveState(source));
        Assert.False(subscription.Start());
        var snapshot = await NextAsync<StreamSnapshot>();
        Assert.Equal(["a", "b"], snapshot.Items.Keys.Order());

        source.Set(("a", 1), ("c", 3));
        var delta = await NextAsync<StreamDelta>();
        Assert.Equal((snapshot.Epoch, snapshot.Sequence, snapshot.Sequence + 1), (delta.Epoch, delta.After, delta.Sequence));
        Assert.Equal("c", Assert.Single(delta.Changed).Key);
        Assert.Equal(["b"], delta.Removed);

        source.Set(("a", 1), ("c", 3));
        source.Set(("a", 2), ("c", 3));
        Assert.Equal(2, Assert.Single((await NextAsync<StreamDelta>()).Changed).Value.GetInt32());
    }

    [Fact]
    public async Task Before_anything_is_known_nothing_is_told()
    {
        using var subscription = Open(new LiveState(source));
        subscription.Start();
        Assert.False(heard.Reader.TryPeek(out _));
        source.Set(("a", 1));
        Assert.Single((await NextAsync<StreamSnapshot>()).Items);
    }

    [Fact]
    public async Task Who_reads_slowly_gets_the_newest_state_in_one_step_and_no_queue()
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        source.Set(("a", 0));
        using var subscription = Open(new LiveState(source), () => taken.Task);
        subscription.Start();
        await NextAsync<StreamSnapshot>();
        for (var i = 1; i <= 500; i++)
            source.Set(("a", i), ($"b{i}", i));
        Assert.False(heard.Reader.TryPeek(out _)); // The snapshot has not been taken yet.

        taken.SetResult();
        var delta = await NextAsync<StreamDelta>();
        Assert.Equal(500, delta.Changed["a"].GetInt32());
        Assert.Equal(["a", "b500"], delta.Changed.Keys.Order());
        Assert.Equal((1, 501), (delta.After, delta.Sequence));
        Assert.False(heard.Reader.TryPeek(out _));
    }

    [Fact]
    public async Task Who_comes_back_soon_hears_what_was_missed_and_who_comes_late_hears_all()
    {
        var state = new LiveState(source);
        source.Set(("a", 1));
        var first = Open(state);
        first.Start();
        var snapshot = await NextAsync<StreamSnapshot>();
        using var other = Open(state);
        first.Dispose();
        other.Start();
        await NextAsync<StreamSnapshot>();
        source.Set(("a", 2));
        await NextAsync<StreamDelta>();

        using var back = Open(state);
        Assert.True(back.Start(snapshot.Epoch, snapshot.Sequence));
        Assert.Equal(snapshot.Sequence, (await NextAsync<StreamDelta>()).After);

        using var stranger = Open(state);
        Assert.False(stranger.Start("another node", snapshot.Sequence));
        await NextAsync<StreamSnapshot>();
        stranger.Dispose();
        back.Dispose();

        for (var i = 10; i < 50; i++)
        {
            source.Set(("a", i));
            await NextAsync<StreamDelta>();
        }

        using var late = Open(state);
        Assert.False(late.Start(snapshot.Epoch, snapshot.Sequence));
        Assert.Equal(49, (await NextAsync<StreamSnapshot>()).Items["a"].GetInt32());
    }

    [Fact]
    public async Task Who_missed_a_message_asks_and_gets_a_snapshot_anew()
    {
        source.Set(("a", 1));
        using var subscription = Open(new LiveState(source));
        subscription.Start();
        var first = await NextAsync<StreamSnapshot>();
        subscription.Refresh();
        Assert.Equal(first.Sequence, (await NextAsync<StreamSnapshot>()).Sequence);
    }

    [Fact]
    public async Task Nobody_follows_nothing_is_asked_and_a_connection_that_breaks_is_left_alone()
    {
        source.Set(("a", 1));
        var subscription = Open(new LiveState(source), () => throw new IOException("gone"));
        subscription.Start();
        await NextAsync<StreamSnapshot>();
        Assert.True(SpinWait.SpinUntil(() => source.Watchers == 0, TimeSpan.FromSeconds(10)));
        source.Set(("a", 2));
        Assert.False(heard.Reader.TryPeek(out _));
    }

    private LiveSubscription Open(LiveState state, Func<Task>? taken = null) => new(
        "s1", "test", new Dictionary<string, string>(), state, message => HearAsync(message, taken), message => HearAsync(message, taken));

    private Task HearAsync(object message, Func<Task>? taken)
    {
        heard.Writer.TryWrite(message);
        return taken?.Invoke() ?? Task.CompletedTask;
    }

    private async Task<T> NextAsync<T>()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        return Assert.IsType<T>(await heard.Reader.ReadAsync(limit.Token));
    }

    private sealed class Source : ILiveSource
    {
        private Dictionary<string, JsonElement>? items;
        private Action? told;

        public int Watchers { get; private set; }

        public void Set(params (string Key, int Value)[] now)
        {
            items = now.ToDictionary(item => item.Key, item => JsonSerializer.SerializeToElement(item.Value), StringComparer.Ordinal);
            told?.Invoke();
        }

        public IReadOnlyDictionary<string, JsonElement>? Read() => items;

        public IDisposable Watch(Action changed)
        {
            Watchers++;
            told += changed;
            return new End(() =>
            {
                Watchers--;
                told -= changed;
            });
        }

        private sealed class End(Action end) : IDisposable
        {
            public void Dispose() => end();
        }
    }
}
