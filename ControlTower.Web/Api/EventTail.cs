using ControlTower.Data.Db;
using ControlTower.Data.EventLog;
using ControlTower.Data.Live;

namespace ControlTower.Web.Api;

/// <summary>
/// What is new in the event log, read once for all of this node who wait for it: after each announcement, and once a second in case an announcement was lost or a transaction that is still open held the
/// log back. Reads nothing while nobody waits. Whoever waits costs no query and no thread.
/// </summary>
internal sealed partial class EventTail : IDisposable
{
    private const int Batch = 500;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Floor = TimeSpan.FromSeconds(1);

    private readonly TowerDataSources data;
    private readonly ChangeListener listener;
    private readonly TimeProvider clock;
    private readonly ILogger<EventTail> log;
    private readonly SemaphoreSlim bell = new(0, 1);
    private readonly Lock gate = new();
    private TaskCompletionSource<News> next = Promise();
    private LogPosition at;
    private int waiting;
    private bool reading;
    private bool disposed;

    public EventTail(TowerDataSources data, ChangeListener listener, TimeProvider clock, ILogger<EventTail> log)
    {
        (this.data, this.listener, this.clock, this.log) = (data, listener, clock, log);
        listener.Changed += OnChanged;
    }

    /// <summary>All events behind <paramref name="After"/> up to where the tail stands now, in order.</summary>
    public sealed record News(LogPosition After, IReadOnlyList<LoggedEvent> Events);

    /// <summary>What comes behind <paramref name="place"/>, as soon as something does. News that begin behind the place say no more than that something came: ask the log.</summary>
    /// <exception cref="OperationCanceledException">Nothing came until the caller would not wait any longer.</exception>
    public async Task<News> NextAsync(LogPosition place, CancellationToken cancel)
    {
        Task<News> coming;
        lock (gate)
        {
            if (reading && place < at)
                return new News(at, []);
            waiting++;
            coming = next.Task;
            if (!reading)
            {
                (reading, at) = (true, place);
                _ = ReadAsync();
            }
        }

        try
        {
            return await coming.WaitAsync(cancel);
        }
        finally
        {
            lock (gate)
                waiting--;
        }
    }

    public void Dispose()
    {
        listener.Changed -= OnChanged;
        lock (gate)
            disposed = true;
        bell.Dispose();
    }

    private async Task ReadAsync()
    {
        while (true)
        {
            await bell.WaitAsync(Floor);
            await Task.Delay(Pace, clock);
            lock (gate)
            {
                if (waiting == 0 || disposed)
                {
                    reading = false;
                    return;
                }
            }

            await LookAsync();
        }
    }

    private async Task LookAsync()
    {
        try
        {
            var events = await EventLogReader.ReadAsync(data.Work, at, Batch, CancellationToken.None);
            if (events.Count == 0)
                return;
            TaskCompletionSource<News> told;
            News news;
            lock (gate)
            {
                (told, news) = (next, new News(at, events));
                (next, at) = (Promise(), events[^1].Position);
            }

            told.SetResult(news);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Whoever waits asks again when their time is over, and is told then.
            NotRead(log, error.Message);
        }
    }

    private void OnChanged(LiveTopics topics)
    {
        if (!topics.HasFlag(LiveTopics.Flows))
            return;
        try
        {
            bell.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is ringing already.
        }
    }

    private static TaskCompletionSource<News> Promise() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(EventId = 3540, Level = LogLevel.Debug, Message = "The end of the event log could not be read, trying again: {Reason}")]
    private static partial void NotRead(ILogger log, string reason);
}
