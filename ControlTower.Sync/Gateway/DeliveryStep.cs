using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Gateway;

/// <summary>What is to be done next about a claimed delivery. Nothing of it has happened yet.</summary>
public abstract record DeliveryStep
{
    /// <summary>The attempt that the claim has counted.</summary>
    public sealed record Send : DeliveryStep;

    /// <summary>A new attempt at what was sent before; opened, and so counted, before it is made.</summary>
    /// <param name="Absent">A look-up proved that no earlier attempt took effect.</param>
    public sealed record SendAgain(bool Absent) : DeliveryStep;

    /// <summary>Ask the target whether it was carried out.</summary>
    public sealed record Ask : DeliveryStep;

    public sealed record Accept(Outcome.Accepted As) : DeliveryStep;

    /// <summary>The target said yes to what a person retried: not believed until it was read back.</summary>
    public sealed record ReadBack(Outcome.Accepted As) : DeliveryStep;

    public sealed record Refuse(Outcome.Refused Why) : DeliveryStep;

    /// <summary>Sent, and nobody knows whether it happened: looked up after the pause.</summary>
    /// <param name="Counts">False: the trouble is the target's, the attempt is given back.</param>
    public sealed record Suspect(TimeSpan Pause, string Message, bool Counts) : DeliveryStep;

    /// <summary>The look-up did not decide: asked again after the pause.</summary>
    /// <param name="Counts">False: the trouble is the target's, the look-up is given back.</param>
    public sealed record AskAgain(TimeSpan Pause, string Message, bool Counts) : DeliveryStep;

    /// <summary>Certainly not done: due again after the pause.</summary>
    /// <param name="Counts">False: the trouble is the target's, the attempt is given back.</param>
    /// <param name="Defer">New orders pass it when the target is back.</param>
    public sealed record Postpone(TimeSpan Pause, FailureKind Kind, string Message, bool Counts, bool Defer) : DeliveryStep;

    /// <summary>A person decides.</summary>
    /// <param name="PerhapsDone">A retry by a person looks it up before it sends anything.</param>
    public sealed record Hold(FailureKind Kind, string Code, string Message, bool PerhapsDone) : DeliveryStep;
}
