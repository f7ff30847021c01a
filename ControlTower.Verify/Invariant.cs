namespace ControlTower.Verify;

/// <summary>Something that must hold. <paramref name="Offenders"/> selects what breaks it: no row, no break.</summary>
/// <param name="Name">Stable; dashes.</param>
/// <param name="Promise">One sentence that is true of a sound tower.</param>
/// <param name="Needs">A table without which there is nothing to check.</param>
internal sealed record Invariant(string Name, string Promise, string Offenders, string? Needs = null);

/// <param name="Count">How many rows break it.</param>
/// <param name="Rows">At most ten of them.</param>
/// <param name="Skipped">Why it was not looked at; null if it was.</param>
/// <param name="Error">Why it could not be looked at.</param>
internal sealed record Finding(
    string Name, string Promise, long Count, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows, string? Skipped = null, string? Error = null);
