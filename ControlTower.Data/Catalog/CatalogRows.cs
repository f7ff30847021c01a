namespace ControlTower.Data.Catalog;

/// <summary>In which way a channel and its ERP say different things. The names are those of the database.</summary>
public enum DifferenceKind
{
    MissingInChannel,
    MissingInErp,
    SameSku,
    SameBarcode,
    NearlySame,
    Price,
    Currency,
    Barcode,
    Inactive,
    NoBarcode,
}

/// <summary>One side of a difference, as its system lists it.</summary>
/// <param name="Item">The system's own name of the variant.</param>
public sealed record ListedItem(
    string Item, string Title, string? Sku, string? Barcode, bool Active, decimal? Price, string? Currency, decimal? CompareAt, bool? TaxIncluded, DateTimeOffset ChangedAt);

/// <param name="Channel">Name of the channel.</param>
/// <param name="Mark">What the difference is about: it is another once this changes.</param>
/// <param name="Value">What lies in stock, at its price, in <paramref name="ValueCurrency"/>; null where one of them is not known.</param>
/// <param name="Here">As the channel lists it; null if it does not.</param>
/// <param name="There">As the ERP does; null if it does not.</param>
/// <param name="Target">The ERP's price as this channel could show it; null if it could not.</param>
/// <param name="Wanted">A person asked for the ERP's word there and it is on its way.</param>
/// <param name="Failure">Why the channel did not take it.</param>
public sealed record Difference(
    long Id, string ConnectionId, string Channel, string Erp, DifferenceKind Kind, string Sku, string Mark, decimal? Value, string? ValueCurrency, DateTimeOffset Since, ListedItem? Here, ListedItem? There,
    decimal? Target, string? How, bool Wanted, string? Failure, string? IgnoredBy, string? IgnoredWhy, DateTimeOffset? IgnoredAt);

/// <param name="After">The id behind which the page begins.</param>
/// <param name="Text">How the SKU or a title begins.</param>
public sealed record DifferenceFilter(DifferenceKind? Kind, string? ConnectionId, string? Text, bool Ignored, long? After = null);

/// <param name="Open">How many are not ignored.</param>
public sealed record DifferenceCount(DifferenceKind Kind, string ConnectionId, string Channel, long Open, long Ignored);

/// <summary>How far a channel's catalogue has been read and compared.</summary>
/// <param name="ReadAt">When both sides had last been read whole; null if one never was.</param>
public sealed record CatalogStanding(string ConnectionId, string Channel, string? Erp, string Publishes, DateTimeOffset? ReadAt, DateTimeOffset? ComparedAt, long Items, long Matched);
