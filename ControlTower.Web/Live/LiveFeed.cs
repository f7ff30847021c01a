using ControlTower.Data.Live;

namespace ControlTower.Web.Live;

/// <summary>
/// Tells pages of this node that they should ask again. Bursts are gathered: a subscriber is called at most four times a second and never twice at once; what
/// comes during a call leads to one more call. Subscribers are called on the thread pool and hop to their own dispatcher. Every five seconds it beats: while the database
/// is heard and nothing was said, what is on screen is still true, and only its age is freshened.
/// </summary>
public sealed class LiveFeed : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);

    /// <summary>The floor under lost announcements, for those who ask for one person only.</summary>
    private static readonly TimeSpan Anyway = TimeSpan.FromMinutes(1);

    private readonly ChangeListener listener;
    private readonly TimeProvider clock;
    private readonly Lock gate = new();
    private readonly ITimer heartbeat;
    private Subscription[] subscribers = [];
    private bool connected = true;

    public LiveFeed(ChangeListener listener, TimeProvider clock)
    {
        this.listener = listener;
        this.clock = clock;
        listener.Changed += OnChanged;
        listener.Connected += OnConnected;
        heartbeat = clock.CreateTimer(_ => OnBeat(), null, Beat, Beat);
    }

    /// <summary>False while the database cannot be heard: what is on screen may be old.</summary>
    public bool IsConnected => Volatile.Read(ref connected);

    /// <summary>Calls <paramref name="refresh"/> after each change of <paramref name="topics"/> and at each beat, not at once. Dispose to stop. It handles its own errors.</summary>
    /// <param name="calm">
    /// Called at a beat instead, while the database is heard: what is shown is still true. Then <paramref name="refresh"/> follows changes alone, and a minute without any. Returns
    /// false to be refreshed all the same. It must be cheap: it is for pages that each person asks for anew.
    /// </param>
    public IDisposable Subscribe(LiveTopics topics, Func<Task> refresh, Func<Task<bool>>? calm = null)
    {
        var subscription = new Subscription(this, topics, refresh, calm);
        lock (gate)
        {
            subscribers = [.. subscribers, subscription];
        }

        return subscription;
    }

    public void Dispose()
    {
        listener.Changed -= OnChanged;
        listener.Connected -= OnConnected;
        heartbeat.Dispose();
        foreach (var subscription in subscribers)
        {
            subscription.Dispose();
        }
    }

    private void OnConnected(bool now)
    {
        Volatile.Write(ref connected, now);
        OnChanged(LiveTopics.All);
    }

    private void OnBeat()
    {
        foreach (var subscription in Volatile.Read(ref subscribers))
        {
            subscription.Beat();
        }
    }

    private void OnChanged(LiveTopics topics)
    {
        foreach (var subscription in Volatile.Read(ref subscribers))
        {
            subscription.Offer(topics);
        }
    }

    private void Remove(Subscription subscription)
    {
        lock (gate)
        {
            subscribers = [.. subscribers.Where(s => s != subscription)];
        }
    }

    private sealed class Subscription : IDisposable
    {
        private readonly LiveFeed feed;
        private readonly LiveTopics topics;
        private readonly Func<Task> refresh;
        private readonly Func<Task<bool>>? calm;
        private readonly ITimer timer;
        private long refreshedAt;
        private int state; // 0 quiet, 1 scheduled or running, 2 running and asked again
        private bool disposed;

        public Subscription(LiveFeed feed, LiveTopics topics, Func<Task> refresh, Func<Task<bool>>? calm)
        {
            (this.feed, this.topics, this.refresh, this.calm, refreshedAt) = (feed, topics, refresh, calm, feed.clock.GetTimestamp());
            timer = feed.clock.CreateTimer(_ => _ = RunAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Offer(LiveTopics changed)
        {
            if ((changed & topics) == LiveTopics.None || disposed)
            {
                return;
            }

            if (Interlocked.CompareExchange(ref state, 1, 0) == 0)
            {
                timer.Change(Pace, Timeout.InfiniteTimeSpan);
            }
            else
            {
                Interlocked.CompareExchange(ref state, 2, 1);
            }
        }

        public void Beat()
        {
            if (calm is null || !feed.IsConnected || feed.clock.GetElapsedTime(Volatile.Read(ref refreshedAt)) >= Anyway)
            {
                Offer(topics);
            }
            else if (Volatile.Read(ref state) == 0)
            {
                _ = CalmAsync();
            }
        }

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                timer.Dispose();
                feed.Remove(this);
            }
        }

        private async Task CalmAsync()
        {
            try
            {
                if (!await calm!())
                {
                    Offer(topics);
                }
            }
            catch (ObjectDisposedException)
            {
                Dispose();
            }
        }

        private async Task RunAsync()
        {
            Interlocked.Exchange(ref state, 1);
            try
            {
                await refresh();
                Volatile.Write(ref refreshedAt, feed.clock.GetTimestamp());
            }
            catch (ObjectDisposedException)
            {
                Dispose();
            }
            finally
            {
                if (Interlocked.Exchange(ref state, 0) == 2)
                {
                    Offer(topics);
                }
            }
        }
    }
}
