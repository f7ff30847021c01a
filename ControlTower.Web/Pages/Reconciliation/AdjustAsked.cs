namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>What a person takes upon themselves.</summary>
/// <param name="Amount">In major units, of the sign of the difference.</param>
/// <param name="Reason">A code.</param>
public sealed record AdjustAsked(decimal Amount, string Reason, string Words);
