namespace ControlTower.Web.Shared;

/// <summary>
/// The one timer of a circuit, for everything on the page that grows older. It runs only while something listens, once a second, and calls only
/// those that are due.
/// </summary>
public sealed class AgeTicker(TimeProvider clock) : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<Listener> listeners = [];
    private ITimer? timer;

    public int Count
    {
        get
        {
            lock (gate)
                return listeners.Count;
        }
    }

    /// <summary>Calls <paramref name="tick"/> after each <paramref name="step"/> (asked anew every time) until disposed. Not on the renderer's thread.</summary>
    public IDisposable Listen(Func<TimeSpan> step, Action tick)
    {
        var listener = new Listener(this, step, tick) { Due = clock.GetUtcNow() + step() };
        lock (gate)
        {
            listeners.Add(listener);
            timer ??= clock.CreateTimer(_ => Tick(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        }

        return listener;
    }

    public void Dispose()
    {
        lock (gate)
        {
            listeners.Clear();
            timer?.Dispose();
            timer = null;
        }
    }

    private void Tick()
    {
        var now = clock.GetUtcNow();
        Listener[] due;
        lock (gate)
            due = [.. listeners.Where(listener => listener.Due <= now)];
        foreach (var listener in due)
        {
            listener.Due = now + listener.Step();
            listener.Call();
        }
    }

    private void Remove(Listener listener)
    {
        lock (gate)
        {
            listeners.Remove(listener);
            if (listeners.Count > 0)
                return;
            timer?.Dispose();
            timer = null;
        }
    }

    private sealed class Listener(AgeTicker owner, Func<TimeSpan> step, Action tick) : IDisposable
    {
        public DateTimeOffset Due { get; set; }

        public TimeSpan Step() => step();

        public void Call() => tick();

        public void Dispose() => owner.Remove(this);
    }
}
