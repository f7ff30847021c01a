using ControlTower.Data.Canonical;
using ControlTower.Data.Inbox;
using ControlTower.Data.Outbox;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows;

/// <summary>Something that moves flows, together with the claim that makes it ours to apply.</summary>
public abstract record FlowInput
{
    public sealed record Message(ClaimedMessage Claim, IReadOnlyList<CanonicalEvent> Events) : FlowInput
    {
        /// <summary>What it says of data that systems own, for the log of writes once it is applied.</summary>
        public IReadOnlyList<NewOwnershipWrite> Writes { get; init; } = [];
    }

    public sealed record Delivered(ClaimedDelivery Claim, Outcome.Accepted As) : FlowInput;

    /// <param name="CallId">The recorded request and response that show why.</param>
    public sealed record Refused(ClaimedDelivery Claim, Outcome.Refused Why, long? CallId) : FlowInput;

    public sealed record Due(long FlowId, string Deadline) : FlowInput;

    public sealed record Retried(long FlowId, string By) : FlowInput;
}

public abstract record FlowAnswer
{
    /// <summary>Committed.</summary>
    public sealed record Applied(Verdict Verdict) : FlowAnswer;

    /// <summary>The claim was lost to another node; nothing was changed by us.</summary>
    public sealed record Lost : FlowAnswer;

    /// <summary>This input alone could not be applied; nothing of it was saved.</summary>
    public sealed record Failed(Exception Error) : FlowAnswer;
}
