using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>One signed-in session of a connection. <see cref="Context"/> is the user's preferences, sent with every call.</summary>
internal sealed record TrytonSession(string Authorization, JsonObject Context, long Company);

/// <summary>What a process keeps per connection: the session, what was looked up, and the right to post invoices.</summary>
internal sealed class TrytonState : IDisposable
{
    public TrytonSession? Session { get; set; }

    /// <summary>One sign-in at a time: Tryton counts attempts.</summary>
    public SemaphoreSlim SignIn { get; } = new(1, 1);

    /// <summary>Invoice numbers come from a strict sequence that two transactions cannot draw from at once; the loser gets a lock error.</summary>
    public SemaphoreSlim Posting { get; } = new(1, 1);

    /// <summary>Set-up data (currency, taxes, warehouses, countries) by name. Rarely changes; forgotten after a while.</summary>
    public ConcurrentDictionary<string, (long? Id, DateTimeOffset Until)> Known { get; } = new(StringComparer.Ordinal);

    public void Dispose()
    {
        SignIn.Dispose();
        Posting.Dispose();
    }
}
