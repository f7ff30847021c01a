namespace ControlTower.Sync.Tables;

/// <summary>A line of a list that a person brings as a file, as it stands there.</summary>
/// <param name="Line">As a spreadsheet counts, from 1.</param>
/// <param name="Cells">By column; null: the cell holds a formula.</param>
public sealed record TableLine(int Line, IReadOnlyList<string?> Cells);
