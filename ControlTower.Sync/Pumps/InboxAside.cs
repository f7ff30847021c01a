using ControlTower.Data.Canonical;
using ControlTower.Data.Inbox;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Pumps;

/// <summary>A message that ends with a case, and why.</summary>
/// <param name="Worth">What hangs on it, as far as it could be read.</param>
internal sealed record UnusableMessage(ClaimedMessage Message, FailureKind Kind, string Code, string Text, string? Field, Money? Worth);

/// <summary>What of a claimed batch does not go to a flow.</summary>
internal sealed class InboxAside
{
    public List<(ClaimedMessage Message, string Reason)> Ignored { get; } = [];

    public List<(ClaimedMessage Message, string Resource)> Fetches { get; } = [];

    /// <summary>What a message is about, by its id, where that can be read if it never comes.</summary>
    public Dictionary<long, string> Missing { get; } = [];

    public List<(ClaimedMessage Message, IReadOnlyList<StockLevelTold> Levels)> Levels { get; } = [];

    public List<UnusableMessage> Excepted { get; } = [];

    /// <summary>Writes that are not taken, for the log.</summary>
    public List<NewOwnershipWrite> Writes { get; } = [];

    /// <summary>Messages that wait for a person, and did before: one may have decided meanwhile.</summary>
    public HashSet<long> Waiting { get; } = [];

    /// <summary>Messages that the rules, or a person, refuse: a case that one of them has from before ends.</summary>
    public List<long> Refused { get; } = [];

    public bool IsEmpty => Ignored.Count + Fetches.Count + Levels.Count + Excepted.Count == 0;

    public IEnumerable<ClaimedMessage> All => [.. Ignored.Select(i => i.Message), .. Fetches.Select(f => f.Message), .. Levels.Select(l => l.Message), .. Excepted.Select(e => e.Message)];

    public void End(MessageSpans spans)
    {
        Ignored.ForEach(i => spans.End(i.Message, "ignored"));
        Fetches.ForEach(f => spans.End(f.Message, "fetch"));
        Levels.ForEach(l => spans.End(l.Message, "levels"));
        Excepted.ForEach(e => spans.End(e.Message, "excepted"));
    }

    /// <param name="says">What it says, where it could be read: the most that hangs on any of it is at risk.</param>
    public void Except(ClaimedMessage message, FailureKind kind, string code, string text, string? field = null, IReadOnlyList<CanonicalEvent>? says = null) =>
        Excepted.Add(new UnusableMessage(message, kind, code, text, field, says?.Select(s => s.Worth).OfType<Money>().OrderByDescending(worth => worth.Amount).Cast<Money?>().FirstOrDefault()));
}
