using System.Collections.Concurrent;

namespace ControlTower.Sync.Pumps;

/// <summary>Wakes a pump of this node at once when there is work for it. A ring that nobody hears is no loss: pumps also look by themselves.</summary>
public sealed class Doorbell
{
    /// <summary>The inbox has new messages.</summary>
    public const string Inbox = "#inbox";

    /// <summary>Something may be due at a connection whose gate this node holds.</summary>
    public const string Gates = "#gates";

    /// <summary>A batch was started or changed.</summary>
    public const string Batches = "#batches";

    /// <summary>Somebody did something about a promotion.</summary>
    public const string Promotions = "#promotions";

    /// <summary>A plan is to be checked.</summary>
    public const string Checks = "#promotion-checks";

    /// <summary>Money was told, or somebody decided about a break.</summary>
    public const string Ledger = "#ledger";

    /// <summary>An export was asked for.</summary>
    public const string Exports = "#exports";

    /// <summary>A file of a till is there to be read.</summary>
    public const string Imports = "#imports";

    /// <summary>A business day of a feed was asked for.</summary>
    public const string Feeds = "#feeds";

    private readonly ConcurrentDictionary<string, SemaphoreSlim> bells = new(StringComparer.Ordinal);

    /// <param name="rooms">Connection ids, or <see cref="Inbox"/>.</param>
    public void Ring(params IEnumerable<string> rooms)
    {
        foreach (var room in rooms)
        {
            try
            {
                Bell(room).Release();
            }
            catch (SemaphoreFullException)
            {
                // It is ringing already.
            }
        }
    }

    /// <summary>Returns when the bell rings (true) or the time is over (false).</summary>
    public Task<bool> WaitAsync(string room, TimeSpan atMost, CancellationToken cancel) => Bell(room).WaitAsync(atMost, cancel);

    private SemaphoreSlim Bell(string room) => bells.GetOrAdd(room, _ => new SemaphoreSlim(0, 1));
}
