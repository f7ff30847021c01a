using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>The estate's catalogues through the product's own connectors.</summary>
internal static class CatalogEstate
{
    public static ConnectionProfile Profile(EstateDriver estate, string id, string kind, string? currency) => new(
        id, kind, id, "northlane", "EU", currency, "Europe/Berlin", null, Texts(estate, id, "settings"), Texts(estate, id, "secrets"));

    /// <summary>All pages of a feed.</summary>
    public static async Task<(List<CatalogVariant> Variants, List<CatalogCustomer> Customers)> ReadAsync(IVendorClient client, string feed)
    {
        var (variants, customers, cursor) = (new List<CatalogVariant>(), new List<CatalogCustomer>(), (string?)null);
        FeedAnswer.Records page;
        do
        {
            page = Assert.IsType<FeedAnswer.Records>(await client.ReadAsync(new FeedRequest(feed, cursor, TimeProvider.System.GetUtcNow().AddHours(-1), TimeSpan.FromMinutes(10)), new FakeScope(), CancellationToken.None));
            variants.AddRange(page.Variants);
            customers.AddRange(page.Customers);
            cursor = page.Cursor;
        }
        while (page.More);

        Assert.True(page.Ends);
        return (variants, customers);
    }

    private static Dictionary<string, string> Texts(EstateDriver estate, string id, string member) =>
        estate.Connection(id).GetProperty(member).EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetString()!, StringComparer.Ordinal);
}
