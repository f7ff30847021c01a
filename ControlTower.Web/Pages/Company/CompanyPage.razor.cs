using ControlTower.Data.Promotions;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Company;

/// <summary>A brand as the tower knows it.</summary>
/// <param name="Channels">Shops and tills that sell under it, by name.</param>
/// <param name="OwnZone">Stores with a time zone of their own; the others live in their connection's.</param>
public sealed record BrandLine(string Name, IReadOnlyList<ConnectionProfile> Channels, int Stores, int OwnZone)
{
    /// <summary>All brands that a connection or a store names, by name; what names none comes last.</summary>
    public static IReadOnlyList<BrandLine> Of(IReadOnlyList<ConnectionProfile> channels, IReadOnlyList<PromotionStore> stores) =>
    [
        .. channels.Select(channel => channel.Brand).Concat(stores.Select(store => store.Brand ?? "")).Distinct(StringComparer.Ordinal)
            .OrderBy(brand => brand.Length == 0).ThenBy(brand => brand, StringComparer.OrdinalIgnoreCase)
            .Select(brand => new BrandLine(
                brand, [.. channels.Where(channel => channel.Brand == brand).OrderBy(channel => channel.Name, StringComparer.OrdinalIgnoreCase)],
                stores.Count(store => (store.Brand ?? "") == brand), stores.Count(store => (store.Brand ?? "") == brand && store.TimeZone is not null))),
    ];
}

/// <summary>Brands, channels and stores in one place; each is changed where it is set up.</summary>
public sealed partial class CompanyPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private IReadOnlyList<BrandLine> brands = [];

    [Inject] private ConnectionDirectory Connections { get; set; } = default!;
    [Inject] private PromotionQueries Queries { get; set; } = default!;

    protected override Following Follows => new("The company");

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var stores = await Queries.StoresAsync(cancel);
        brands = BrandLine.Of([.. Connections.All.Where(c => c.Connector?.Role == SystemRole.Shop).Select(c => c.Profile)], stores);
    }
}
