using System.Text.Json;

namespace ControlTower.Web.Live;

/// <summary>All items of a stream. What the listener had before is void.</summary>
/// <param name="Epoch">Which state the sequence belongs to.</param>
public sealed record StreamSnapshot(
    string Subscription, string Stream, IReadOnlyDictionary<string, string> Arguments, string Epoch, long Sequence, IReadOnlyDictionary<string, JsonElement> Items);

/// <summary>What changed between two moments. It fits only who is at <paramref name="After"/> of the same epoch.</summary>
/// <param name="Changed">New and changed items, whole.</param>
/// <param name="Removed">Keys of items that are gone.</param>
public sealed record StreamDelta(string Subscription, string Epoch, long After, long Sequence, IReadOnlyDictionary<string, JsonElement> Changed, IReadOnlyList<string> Removed);

/// <summary>
/// One listener of one stream. At most one message is under way; when it has gone out, the next one leads from there straight to the newest state. So who reads slowly gets fewer and larger steps,
/// and nothing piles up for them.
/// </summary>
/// <param name="snapshot">Ends when the connection has taken the message.</param>
/// <param name="delta">Likewise.</param>
public sealed class LiveSubscription(
    string id, string stream, IReadOnlyDictionary<string, string> arguments, LiveState state, Func<StreamSnapshot, Task> snapshot, Func<StreamDelta, Task> delta) : IDisposable
{
    private readonly Lock gate = new();
    private IDisposable? following;
    private LiveMoment? sent;
    private bool busy;
    private bool asked;
    private bool ended;

    public string Stream => stream;

    /// <summary>Begins, with a delta where the listener's moment is still known, else with a snapshot as soon as there is one.</summary>
    /// <returns>Whether it goes on from the moment.</returns>
    public bool Start(string? epoch = null, long sequence = 0)
    {
        sent = epoch == state.Epoch ? state.At(sequence) : null;
        var resumed = sent is not null;
        var follow = state.Follow(Nudge);
        lock (gate)
            following = follow;
        // The first message may have met a connection that was gone already.
        if (ended)
            follow.Dispose();
        Nudge();
        return resumed;
    }

    /// <summary>The listener lost its place: a snapshot follows.</summary>
    public void Refresh()
    {
        lock (gate)
            sent = null;
        Nudge();
    }

    public void Dispose()
    {
        IDisposable? left;
        lock (gate)
            (ended, left) = (true, following);
        left?.Dispose();
    }

    private void Nudge()
    {
        lock (gate)
        {
            asked = true;
            if (busy || ended)
                return;
            busy = true;
        }

        _ = SendAsync();
    }

    private async Task SendAsync()
    {
        while (Next() is { } next)
        {
            try
            {
                await (next.Before is null ? snapshot(new StreamSnapshot(id, stream, arguments, state.Epoch, next.Now.Sequence, next.Now.Items)) : delta(Between(next.Before, next.Now)));
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                // The connection is gone, or going: who comes back says where it was.
                Dispose();
            }
        }
    }

    // What to send, and from where; null when the listener has the newest.
    private (LiveMoment? Before, LiveMoment Now)? Next()
    {
        lock (gate)
        {
            while (asked && !ended)
            {
                asked = false;
                if (state.Now is { } now && now.Sequence != sent?.Sequence)
                {
                    var before = sent;
                    sent = now;
                    asked = true;
                    return (before, now);
                }
            }

            busy = false;
            return null;
        }
    }

    private StreamDelta Between(LiveMoment before, LiveMoment now) => new(
        id, state.Epoch, before.Sequence, now.Sequence,
        now.Items.Where(item => !before.Items.TryGetValue(item.Key, out var old) || !JsonElement.DeepEquals(old, item.Value)).ToDictionary(item => item.Key, item => item.Value, StringComparer.Ordinal),
        [.. before.Items.Keys.Where(key => !now.Items.ContainsKey(key))]);
}
