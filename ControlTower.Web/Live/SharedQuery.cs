using ControlTower.Data.Live;

namespace ControlTower.Web.Live;

/// <summary>
/// One question of a screen, asked once for all who look at it on this node: when they come, after each change of its topics, at most once per pace. Answers are immutable
/// and handed to everybody. Nobody looking, nothing asked.
/// </summary>
/// <param name="what">The subject of "… could not be read".</param>
public sealed partial class SharedQuery<T>(
    string what, LiveFeed feed, LiveTopics topics, TimeSpan pace, Func<CancellationToken, Task<T>> ask, TimeProvider clock, ILogger log) : IDisposable
    where T : class
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim asking = new(1, 1);
    private readonly CancellationTokenSource end = new();
    private Action[] watchers = [];
    private IDisposable? listening;
    private Shown<T> now = Shown<T>.Nothing;

    public Shown<T> Now => Volatile.Read(ref now);

    /// <summary>Calls <paramref name="changed"/> after each answer or error until disposed, on the thread pool. The first look asks at once.</summary>
    public IDisposable Watch(Action changed)
    {
        bool first;
        lock (gate)
        {
            watchers = [.. watchers, changed];
            first = listening is null;
            listening ??= feed.Subscribe(topics, RefreshAsync);
        }

        if (first || Now.Value is null)
            _ = AskAsync();
        return new Watching(this, changed);
    }

    /// <summary>True while somebody looks.</summary>
    public bool IsWatched => Volatile.Read(ref watchers).Length > 0;

    /// <summary>Asks now, out of turn. Never throws: an error is shown instead.</summary>
    public async Task AskAsync()
    {
        try
        {
            await asking.WaitAsync(end.Token);
        }
        catch (Exception gone) when (gone is OperationCanceledException or ObjectDisposedException)
        {
            return;
        }

        try
        {
            Show(new Shown<T>(await ask(end.Token), clock.GetUtcNow(), null));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Fail(error);
        }
        finally
        {
            asking.Release();
        }
    }

    public void Dispose()
    {
        end.Cancel();
        listening?.Dispose();
    }

    private async Task RefreshAsync()
    {
        await AskAsync();
        await Task.Delay(pace, clock, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // The first failure's time and id stay until an answer comes.
    private void Fail(Exception error)
    {
        var fault = Now.Fault;
        if (fault is null)
        {
            fault = new Fault($"{what} could not be read: the database did not answer.", clock.GetUtcNow(), Guid.NewGuid().ToString("N")[..8]);
            NotRead(log, error, what, fault.Id);
        }

        Show(Now with { Fault = fault });
    }

    private void Show(Shown<T> shown)
    {
        Volatile.Write(ref now, shown);
        foreach (var changed in Volatile.Read(ref watchers))
            changed();
    }

    private void Leave(Action changed)
    {
        lock (gate)
        {
            var at = Array.IndexOf(watchers, changed);
            if (at >= 0)
                watchers = [.. watchers[..at], .. watchers[(at + 1)..]];
            if (watchers.Length == 0)
            {
                listening?.Dispose();
                listening = null;
            }
        }
    }

    [LoggerMessage(EventId = 3101, Level = LogLevel.Warning, Message = "{What} could not be read ({FaultId})")]
    private static partial void NotRead(ILogger log, Exception error, string what, string faultId);

    private sealed class Watching(SharedQuery<T> query, Action changed) : IDisposable
    {
        private int left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 0)
                query.Leave(changed);
        }
    }
}
