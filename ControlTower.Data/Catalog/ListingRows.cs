namespace ControlTower.Data.Catalog;

/// <summary>An item of a channel, claimed to be looked at.</summary>
/// <param name="Fence">Of this claim; whoever lost it changes nothing.</param>
/// <param name="Price">What the ERP says; null if it says nothing that this channel could show.</param>
/// <param name="LeftPrice">What the tower last left there, found to agree, or first heard of the ERP.</param>
/// <param name="Wanted">A person wants the ERP's word there.</param>
public sealed record ListingCell(
    string Item, long Fence, decimal? Price, string? Currency, string? Barcode, bool? Active, decimal? LeftPrice, string? LeftBarcode, bool? LeftActive, bool Wanted);

/// <summary>What a look at an item came to.</summary>
/// <param name="Step"><c>agree</c>, <c>write</c>, <c>adrift</c> or <c>fail</c>.</param>
/// <param name="Change">For <c>write</c>: what is asked of the channel.</param>
public sealed record ListingLook(string Item, long Fence, string Step, ListingAsked? Change = null, string? Failure = null, string? Message = null);

/// <summary>One item of a batch: what it showed and what it is to show. A part that is not to change has no <c>To</c>.</summary>
public sealed record ListingAsked(
    string Item, string Currency, decimal? FromPrice, string? FromBarcode, bool? FromActive, decimal? ToPrice, string? ToBarcode, bool? ToActive);

/// <summary>What was asked of a channel and has no answer yet.</summary>
/// <param name="Sent">How often it was sent, this time included.</param>
public sealed record ListingBatch(string Key, DateTimeOffset OpenedAt, int Sent, IReadOnlyList<ListingAsked> Changes);

/// <summary>How a batch ended.</summary>
/// <param name="Outcome"><c>done</c>; <c>stale</c>, an item had changed meanwhile; <c>refused</c>; <c>dropped</c>, certainly not done.</param>
/// <param name="Culprit">The item that the channel named.</param>
/// <param name="Counts">The failure is the items' own and uses up an attempt.</param>
public sealed record ListingEnd(string Outcome, string? Message = null, string? Culprit = null, string? Failure = null, TimeSpan Pause = default, bool Counts = false);
