namespace ControlTower.Data.Inventory;

public enum DriftView
{
    /// <summary>The last check found a difference.</summary>
    Adrift,

    /// <summary>The channel would not take the figure: waits for a person.</summary>
    Failed,

    /// <summary>All cells.</summary>
    All,
}

/// <summary>Which cells a person wants to see. Null means all.</summary>
/// <param name="Sku">How the SKU begins, in any case.</param>
public sealed record DriftFilter(DriftView View, string? ConnectionId = null, string? Location = null, string? Sku = null);

/// <summary>One place at one channel.</summary>
/// <param name="Checked">Cells that were checked at least once.</param>
/// <param name="Exact">Of these, within tolerance at their last check.</param>
/// <param name="Over">Pieces shown that are not there.</param>
/// <param name="Under">Pieces there that are not shown.</param>
/// <param name="OldestCheck">The last check of the cell that waits longest for its next.</param>
public sealed record DriftPlace(string ConnectionId, string Connection, string Location, string Name, int Cells, int Checked, int Exact, int Adrift, int Failed, long Over, long Under, DateTimeOffset? OldestCheck);

/// <summary>What the checks of a day came to.</summary>
public sealed record DriftDay(DateOnly Day, int Checked, int Exact, long Over, long Under);

/// <summary>One cell as people see it.</summary>
/// <param name="Buffer">Pieces kept back because of earlier drift.</param>
/// <param name="Repair">It is being set to what is expected.</param>
/// <param name="Due">Something is to be done about it by the tower itself.</param>
public sealed record DriftCell(
    string ConnectionId, string Connection, string Sku, string Location, string Place, int Expected, DateTimeOffset ChangedAt, int? Published, DateTimeOffset? PublishedAt, int? Seen, DateTimeOffset? SeenAt,
    int Drift, DateTimeOffset? DriftSince, int Found, DateTimeOffset? CheckedAt, string? Failure, string? Message, DateTimeOffset? FailedAt, int Buffer, bool Repair, bool Due);

/// <summary>A cell as it was when a person decided to repair it; one that is another by then is left alone.</summary>
public sealed record RepairCell(string ConnectionId, string Sku, string Location, int? Seen, int Expected);
