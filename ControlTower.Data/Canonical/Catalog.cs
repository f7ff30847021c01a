namespace ControlTower.Data.Canonical;

/// <summary>A variant that can be sold, as one system lists it.</summary>
/// <param name="Id">The system's own name of the variant, stable while it exists.</param>
/// <param name="Product">What it is a variant of; null where the system knows no products above its items.</param>
/// <param name="Sku">As the system writes it; null if it has none.</param>
/// <param name="Barcode">GTIN or another code as scanned; null if it has none.</param>
/// <param name="Active">Can be sold there.</param>
/// <param name="Prices">At most one per currency, the connection's own first.</param>
/// <param name="ChangedAt">The system's own time of the change: what is older never replaces what is newer.</param>
/// <param name="Cost">What one piece costs the retailer, without tax, in the connection's currency; null if the system does not say.</param>
/// <param name="Collections">Titles of the collections that its product is in; null if this read does not say, which keeps what was known.</param>
/// <param name="Facets">What it is, as the system says; null if this read does not say, which keeps what was known.</param>
public sealed record CatalogVariant(
    string Id, CatalogProduct? Product, string Title, string? Sku, string? Barcode, bool Active, IReadOnlyList<CatalogPrice> Prices, DateTimeOffset ChangedAt, decimal? Cost = null,
    IReadOnlyList<string>? Collections = null, IReadOnlyList<CatalogFacet>? Facets = null);

public sealed record CatalogProduct(string Key, string Title, bool Active);

/// <summary>One attribute of an item, as <c>type: Jackets</c>. An item may have several values of one name.</summary>
/// <param name="Name">One of the names below, or the system's own in lower case.</param>
public sealed record CatalogFacet(string Name, string Value)
{
    public const string Type = "type", Vendor = "vendor", Tag = "tag", Category = "category";

    /// <summary>How a collection is named among attributes; no attribute has this name.</summary>
    public const string Collection = "collection";

    /// <summary>Most values of one item that are kept, and the length to which a name or value is kept.</summary>
    public const int Most = 100, LongestName = 60, LongestValue = 200;

    /// <summary>Those that have a value, each once, in their order.</summary>
    public static IReadOnlyList<CatalogFacet> Of(IEnumerable<(string Name, string? Value)> some) =>
        [.. some.Where(f => !string.IsNullOrWhiteSpace(f.Name) && !string.IsNullOrWhiteSpace(f.Value)).Select(f => new CatalogFacet(Apart(Cut(f.Name, LongestName).ToLowerInvariant()), Cut(f.Value!, LongestValue))).Distinct().Take(Most)];

    private static string Apart(string name) => name == Collection ? $"{Collection} attribute" : name;

    private static string Cut(string text, int most) => text.Trim() is var t && t.Length <= most ? t : t[..most].TrimEnd();
}

/// <summary>The collections that a product is in.</summary>
/// <param name="Product">As <see cref="CatalogProduct.Key"/>.</param>
public sealed record ProductCollections(string Product, IReadOnlyList<string> Titles);

/// <summary>Some prices of one price list of a channel: for a market or a group of buyers, over the variants' own.</summary>
/// <param name="List">The channel's own name of the list.</param>
/// <param name="Currency">Of its prices, ISO 4217, but for those that say otherwise.</param>
public sealed record PriceListPart(string List, string Name, string Currency, IReadOnlyList<ListedPrice> Prices);

/// <param name="Item">The channel's own name of the variant.</param>
/// <param name="Amount">What a buyer of the list is charged for one piece, in major units.</param>
/// <param name="Follows">It is no price of the list's own: it is reckoned from the variant's, and changes with it.</param>
/// <param name="Currency">Of a price that is fixed in another currency than the list's; null: the list's.</param>
public sealed record ListedPrice(string Item, decimal Amount, decimal? CompareAt, bool Follows = false, string? Currency = null);

/// <param name="Amount">Of one piece, in major units.</param>
/// <param name="CompareAt">The price that it is said to be reduced from.</param>
/// <param name="TaxIncluded">Null if the system does not say.</param>
public sealed record CatalogPrice(string Currency, decimal Amount, decimal? CompareAt = null, bool? TaxIncluded = null);

/// <summary>A customer as one system knows them. Personal data: never in logs, audit entries or metrics.</summary>
/// <param name="Id">The system's own name of the customer.</param>
/// <param name="Loyalty">Number in the loyalty programme.</param>
public sealed record CatalogCustomer(string Id, string? Email, string? Phone, string? Loyalty, string? FirstName, string? LastName, DateTimeOffset ChangedAt);

/// <summary>Keys by which customers are known across systems.</summary>
public static class CustomerKeys
{
    private const int LongestEmail = 254;

    /// <summary>Trimmed, in lower case; null if it is no address. What stands behind a plus belongs to the address: two people may differ by it alone.</summary>
    public static string? Email(string? text)
    {
        var email = text?.Trim().ToLowerInvariant();
        var at = email?.IndexOf('@', StringComparison.Ordinal) ?? -1;
        return at > 0 && at == email!.LastIndexOf('@') && at < email.Length - 1 && email.Length <= LongestEmail && !email.Any(char.IsWhiteSpace) ? email : null;
    }

    /// <summary>E.164 if the text says its country itself, by a plus or the prefix 00; else null: a national number is somebody else's in the next country.</summary>
    public static string? Phone(string? text)
    {
        var trimmed = (text ?? "").Trim();
        var sign = trimmed.StartsWith('+');
        var rest = sign ? trimmed[1..] : trimmed;
        if (rest.Any(c => !char.IsAsciiDigit(c) && c is not (' ' or '-' or '.' or '/' or '(' or ')' or '\u00a0')))
        {
            return null;
        }

        // "+49 (0) 30": the zero in brackets is left out when dialled from abroad.
        var digits = string.Concat(rest.Replace("(0)", "", StringComparison.Ordinal).Where(char.IsAsciiDigit));
        digits = sign ? digits : digits.StartsWith("00", StringComparison.Ordinal) ? digits[2..] : "";
        return digits.Length is >= 7 and <= 15 && digits[0] != '0' ? $"+{digits}" : null;
    }

    /// <summary>Trimmed, in capitals, without spaces; null if empty.</summary>
    public static string? Loyalty(string? text) =>
        string.Concat((text ?? "").Where(c => !char.IsWhiteSpace(c))).ToUpperInvariant() is { Length: > 0 and <= 60 } id ? id : null;
}
