using System.Text.Json;

namespace ControlTower.Web.Live;

/// <summary>A stream's items as they stood at one number of its sequence.</summary>
public sealed record LiveMoment(long Sequence, IReadOnlyDictionary<string, JsonElement> Items);

/// <summary>
/// The shared state of one stream on this node. Its sequence rises by one with each change; its epoch tells it from any other state, of another node or from before a restart. The last few moments
/// are kept, so that who was cut off for a moment hears only what it missed.
/// </summary>
public sealed class LiveState(ILiveSource source)
{
    private const int Kept = 32;

    private readonly Lock gate = new();
    private readonly Queue<LiveMoment> moments = new();
    private Action[] followers = [];
    private IDisposable? watching;
    private LiveMoment? now;
    private LiveMoment? latest;

    public string Epoch { get; } = Guid.NewGuid().ToString("N")[..12];

    /// <summary>Null while nobody knows it yet.</summary>
    public LiveMoment? Now => Volatile.Read(ref now);

    /// <summary>The moment of that number; null if it is too long ago.</summary>
    public LiveMoment? At(long sequence)
    {
        lock (gate)
            return moments.FirstOrDefault(moment => moment.Sequence == sequence);
    }

    /// <summary>Calls <paramref name="changed"/> after each change until disposed. While nobody follows, nothing is asked.</summary>
    public IDisposable Follow(Action changed)
    {
        lock (gate)
        {
            followers = [.. followers, changed];
            watching ??= source.Watch(Look);
        }

        Look();
        return new Following(this, changed);
    }

    private void Look()
    {
        Action[] told;
        lock (gate)
        {
            if (source.Read() is not { } items)
                return;
            if (latest is null || !IsSame(latest.Items, items))
            {
                latest = new LiveMoment((latest?.Sequence ?? 0) + 1, items);
                moments.Enqueue(latest);
                if (moments.Count > Kept)
                    moments.Dequeue();
            }
            else if (now is not null)
            {
                return;
            }

            Volatile.Write(ref now, latest);
            told = followers;
        }

        foreach (var changed in told)
            changed();
    }

    private static bool IsSame(IReadOnlyDictionary<string, JsonElement> one, IReadOnlyDictionary<string, JsonElement> other) =>
        one.Count == other.Count && one.All(item => other.TryGetValue(item.Key, out var value) && JsonElement.DeepEquals(item.Value, value));

    private void Leave(Action changed)
    {
        lock (gate)
        {
            var at = Array.IndexOf(followers, changed);
            if (at >= 0)
                followers = [.. followers[..at], .. followers[(at + 1)..]];
            if (followers.Length > 0)
                return;
            watching?.Dispose();
            watching = null;
            // Nobody looks from here on: what is known now is told to nobody as what stands when they come. Who comes back soon still finds the moment it left from.
            now = null;
        }
    }

    private sealed class Following(LiveState state, Action changed) : IDisposable
    {
        private int left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 0)
                state.Leave(changed);
        }
    }
}
