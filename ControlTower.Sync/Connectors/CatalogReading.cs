using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>Feeds of what systems list. They are read like any feed, but their pages are stored as they are instead of going through the inbox: only the newest state counts.</summary>
public static class CatalogFeeds
{
    /// <summary>What changed since the last read.</summary>
    public const string Products = "products", Customers = "customers";

    /// <summary>Everything, so that what is gone is found.</summary>
    public const string AllProducts = "products-all", AllCustomers = "customers-all";

    /// <summary>Which collections products are in, where a system tells it by products and not by variants: a change of it is no change of the variant.</summary>
    public const string Collections = "collections";

    /// <summary>Price lists and what a buyer of each is charged, whole.</summary>
    public const string PriceLists = "price-lists";

    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(10);

    /// <summary>The plans of a connector that reads both by time of change.</summary>
    public static IReadOnlyList<FeedPlan> Plans { get; } = [.. Of(Products), .. Of(Customers)];

    public static FeedPlan CollectionsPlan { get; } = new(Collections, TimeSpan.FromHours(4), TimeSpan.Zero);

    public static FeedPlan PriceListsPlan { get; } = new(PriceLists, TimeSpan.FromHours(4), TimeSpan.Zero);

    public static bool IsOne(string feed) => feed is Products or Customers or AllProducts or AllCustomers or Collections or PriceLists;

    public static bool IsWhole(string feed) => feed is AllProducts or AllCustomers;

    public static bool IsOfCustomers(string feed) => feed is Customers or AllCustomers;

    private static IEnumerable<FeedPlan> Of(string feed) => [new($"{feed}-all", TimeSpan.FromDays(1), Overlap), new(feed, TimeSpan.FromMinutes(15), Overlap)];
}

/// <summary>What the tower can change of an item at a channel.</summary>
[Flags]
public enum ListingParts
{
    None = 0,
    Price = 1,
    Barcode = 2,
    Active = 4,
}

/// <summary>Channel: make items show what the ERP says. Sets what it says and may be sent again; an item that shows something else than <see cref="ListingChange.From"/> meanwhile is refused as stale.</summary>
public sealed record ChangeListings(PostingKey Key, IReadOnlyList<ListingChange> Changes) : VendorCommand(Key)
{
    /// <summary>The code with which a client refuses when an item is not <see cref="ListingChange.From"/> any more; the field then ends in the number of the change, counted from 0.</summary>
    public const string Stale = "listing-moved";
}

/// <param name="Item">The channel's own name of the variant.</param>
/// <param name="From">What it showed when the change was decided.</param>
/// <param name="To">What it is to show; a part that is null is left as it is.</param>
public sealed record ListingChange(string Item, string Currency, Listing From, Listing To)
{
    /// <summary>Whether an item already shows what is asked for.</summary>
    public bool IsDone(Listing shown) => (To.Price ?? shown.Price) == shown.Price && (To.Barcode ?? shown.Barcode) == shown.Barcode && (To.Active ?? shown.Active) == shown.Active;

    /// <summary>Whether what is to be changed still is what was seen.</summary>
    public bool IsFresh(Listing shown) =>
        (To.Price is null || shown.Price == From.Price) && (To.Barcode is null || shown.Barcode == From.Barcode) && (To.Active is null || shown.Active == From.Active);
}

/// <summary>The parts of an item that the tower tells a channel.</summary>
public sealed record Listing(decimal? Price, string? Barcode, bool? Active);

/// <summary>What a channel shows of some items.</summary>
public abstract record ListingsAnswer
{
    /// <summary>Those that are there, of the ones that were asked for.</summary>
    public sealed record Listings(IReadOnlyList<CatalogVariant> List) : ListingsAnswer;

    public sealed record Failed(Outcome Why) : ListingsAnswer;
}

/// <summary>How a channel is told prices, as the connection's settings say.</summary>
public static class PricePublishing
{
    public const string Setting = "publishPrices";

    public const string No = "no", Changes = "changes", All = "all";

    public static SettingField Field { get; } = new(Setting, "Publish prices", "Whether the tower tells this channel the prices and barcodes of its ERP. No if nothing is chosen.", FieldKind.Choice)
    {
        Choices = [new(No, "No"), new(Changes, "When the ERP changes them; other differences wait for a person"), new(All, "Whenever they differ")],
    };

    public static bool Heals(ConnectionProfile profile) => profile.Settings.GetValueOrDefault(Setting) is All;

    internal static ListingsAnswer NotKept() => new ListingsAnswer.Failed(new Outcome.Refused(FailureKind.Ownership, "no-prices", "The tower does not know how this system is told prices."));
}
