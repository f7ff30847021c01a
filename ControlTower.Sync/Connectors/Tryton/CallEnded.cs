namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// Unwinds a command of several calls when one of them did not go through. Never leaves this folder: the client turns it into its outcome.
/// </summary>
internal sealed class CallEnded(Outcome outcome) : Exception
{
    public Outcome Outcome { get; } = outcome;
}
