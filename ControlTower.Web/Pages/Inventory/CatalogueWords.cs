using ControlTower.Data.Catalog;
using ControlTower.Data.Canonical;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>How differences of the catalogue are told, and what can be done about them.</summary>
internal static class CatalogueWords
{
    /// <summary>In the order in which they cost money.</summary>
    public static IReadOnlyList<DifferenceKind> Kinds { get; } =
    [
        DifferenceKind.Price, DifferenceKind.Currency, DifferenceKind.Inactive, DifferenceKind.MissingInErp, DifferenceKind.MissingInChannel, DifferenceKind.SameSku, DifferenceKind.NearlySame,
        DifferenceKind.SameBarcode, DifferenceKind.Barcode, DifferenceKind.NoBarcode,
    ];

    public static string Key(DifferenceKind kind) => kind switch
    {
        DifferenceKind.MissingInChannel => "missing-in-channel",
        DifferenceKind.MissingInErp => "missing-in-erp",
        DifferenceKind.SameSku => "same-sku",
        DifferenceKind.SameBarcode => "same-barcode",
        DifferenceKind.NearlySame => "nearly-same",
        DifferenceKind.NoBarcode => "no-barcode",
        _ => kind.ToString().ToLowerInvariant(),
    };

    public static string Name(DifferenceKind kind) => kind switch
    {
        DifferenceKind.Price => "Price differs",
        DifferenceKind.Currency => "No usable price",
        DifferenceKind.Inactive => "Inactive but sold",
        DifferenceKind.MissingInErp => "Missing in ERP",
        DifferenceKind.MissingInChannel => "Missing in channel",
        DifferenceKind.SameSku => "SKU twice",
        DifferenceKind.NearlySame => "Nearly the same SKU",
        DifferenceKind.SameBarcode => "Barcode of another SKU",
        DifferenceKind.Barcode => "Barcode differs",
        _ => "No barcode",
    };

    public static Status Of(DifferenceKind kind) => kind switch
    {
        DifferenceKind.Price or DifferenceKind.Inactive or DifferenceKind.MissingInErp or DifferenceKind.SameSku => Status.Bad,
        DifferenceKind.NoBarcode or DifferenceKind.MissingInChannel => Status.Off,
        _ => Status.Warn,
    };

    /// <summary>Both sides in one line.</summary>
    public static string What(Difference d) => d.Kind switch
    {
        DifferenceKind.Price => $"{Price(d.Here)} there, {Amount(d.Target, d.Here?.Currency)} in the ERP",
        DifferenceKind.Currency => d.There?.Price is null ? "The ERP has no price"
            : d.There.Currency != d.Here?.Currency ? $"{Price(d.Here)} there; the ERP has a price in {d.There.Currency} alone"
            : d.There.TaxIncluded is { } taxed && taxed != d.Here?.TaxIncluded ? $"The ERP's price is {(taxed ? "with" : "without")} tax, the channel's {(taxed ? "without" : "with")}" : "The ERP's price is nothing",
        DifferenceKind.Barcode => $"{d.Here?.Barcode} there, {d.There?.Barcode} in the ERP",
        DifferenceKind.Inactive => "Blocked in the ERP, on sale in the channel",
        DifferenceKind.MissingInErp => "On sale, but an order of it cannot be posted",
        DifferenceKind.MissingInChannel => "In the ERP, not listed in the channel",
        DifferenceKind.SameSku => d.Here is not null ? "The channel lists this SKU more than once" : "The ERP has this SKU more than once",
        DifferenceKind.NearlySame => $"{d.Here?.Sku} there, {d.There?.Sku} in the ERP",
        DifferenceKind.SameBarcode => d.There is not null ? $"{d.Here?.Barcode} is {d.There.Sku} in the ERP" : $"{d.Here?.Barcode} stands at more than one SKU of the channel",
        _ => d.There?.Barcode is { } code ? $"The ERP knows {code}" : "Nobody knows one",
    };

    /// <summary>What ends it.</summary>
    public static string Remedy(Difference d, bool publishes) => d.Kind switch
    {
        _ when d.Wanted => "The ERP's word is on its way to the channel.",
        _ when publishes => "Publish what the ERP says, change it in the ERP, or ignore it until it changes.",
        DifferenceKind.Price or DifferenceKind.Barcode => "This channel is not told by the tower: change it there or in the ERP.",
        DifferenceKind.Currency => "Nothing is converted: give the item a price in the channel's currency in the ERP, stated as the channel states it.",
        DifferenceKind.Inactive => "Take it off sale in the channel, or open it in the ERP.",
        DifferenceKind.MissingInErp => "Create the item in the ERP, or link it with the item that it is there.",
        DifferenceKind.MissingInChannel => "List it in the channel, or ignore it if it is not to be sold there.",
        DifferenceKind.SameSku => "Give each its own SKU; until then neither is matched.",
        DifferenceKind.NearlySame => "If they are one, correct the SKU at its source or link the two.",
        DifferenceKind.SameBarcode => "Correct the barcode, or link the two if they are one.",
        _ => "Enter a barcode in the ERP; it then can be published.",
    };

    public static bool CanLink(Difference d) => d.Here is not null && d.Kind is DifferenceKind.MissingInErp or DifferenceKind.NearlySame or DifferenceKind.SameBarcode or DifferenceKind.SameSku;

    public static string Price(ListedItem? item) => Amount(item?.Price, item?.Currency);

    public static string Amount(decimal? amount, string? currency) => amount is { } value && currency is not null ? Say.Money(new Money(value, currency)) : Say.None;
}
