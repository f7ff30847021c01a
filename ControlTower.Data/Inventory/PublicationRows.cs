namespace ControlTower.Data.Inventory;

/// <summary>One SKU at one place as a channel shows it, claimed to be looked at.</summary>
/// <param name="Fence">Of this claim; whoever lost it changes nothing.</param>
/// <param name="Expected">Pieces that the channel should show.</param>
/// <param name="Published">What the tower last left there, or found to agree; null before the first time.</param>
/// <param name="Seen">What the channel last told of itself.</param>
/// <param name="MovedAt">Since when it shows something that the tower did not leave there.</param>
/// <param name="Repair">A person wants it set to what is expected.</param>
/// <param name="Checking">This look counts as a check for drift.</param>
/// <param name="Buffer">Pieces kept back because of earlier drift.</param>
public sealed record PublicationCell(
    string Sku, string Location, long Fence, int Expected, int? Published, int? Seen, DateTimeOffset? MovedAt, bool Repair, bool Checking, int Drift, int DriftFound, int DriftClean, int Buffer);

/// <param name="Now">The database's clock at the claim.</param>
/// <param name="Heard">Up to when everything that the channel did has been heard: its orders were polled and nothing of it waits in the inbox.</param>
public sealed record PublicationClaim(IReadOnlyList<PublicationCell> Cells, DateTimeOffset Now, DateTimeOffset Heard);

/// <summary>What a look at a cell came to.</summary>
/// <param name="Step"><c>agree</c>, <c>write</c>, <c>wait</c>, <c>adrift</c> or <c>fail</c>.</param>
/// <param name="Level">What the channel shows; null if it does not list the SKU there.</param>
/// <param name="Moved"><c>now</c>, <c>clear</c> or <c>keep</c>: what becomes of the time since when it shows what the tower did not leave.</param>
/// <param name="To">For <c>write</c>: what it is to show.</param>
/// <param name="Counted">Ends a check.</param>
/// <param name="Buffer">New buffer against drift in pieces, 0 for none; null leaves it as it is.</param>
public sealed record PublicationLook(
    string Sku, string Location, long Fence, int Expected, string Step, int? Level, string? Item, string Moved, int? To, bool Counted, bool Exact, int Drift, int Found, int Clean, int? Buffer,
    string? Failure = null, string? Message = null);

/// <summary>What was asked of a channel and has no answer yet.</summary>
/// <param name="Sent">How often it was sent, this time included.</param>
public sealed record PublicationBatch(string Key, DateTimeOffset OpenedAt, int Sent, IReadOnlyList<PublicationChange> Changes);

/// <summary>One cell of a batch: from what the channel showed to what it is to show.</summary>
public sealed record PublicationChange(string Sku, string Location, int From, int To);

/// <summary>How a batch ended.</summary>
/// <param name="Outcome"><c>done</c>; <c>stale</c>, a level had moved meanwhile; <c>refused</c>; <c>dropped</c>, certainly not done.</param>
/// <param name="Culprit">The cell that the channel named.</param>
/// <param name="Counts">The failure is the cells' own and uses up an attempt.</param>
public sealed record PublicationEnd(string Outcome, string? Message = null, PublicationChange? Culprit = null, string? Failure = null, TimeSpan Pause = default, bool Counts = false);

/// <summary>A level that a channel told by itself.</summary>
/// <param name="Item">The channel's own name of the SKU.</param>
/// <param name="Location">The place as the tower calls it.</param>
public sealed record LevelHint(string ConnectionId, string Item, string Location, int Level);
