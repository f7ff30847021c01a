using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// Variants and customers by pages. Vendure pages by number alone, and what is deleted before a page moves it up: pages overlap, so that nothing is passed over. It knows no barcodes.
/// </summary>
internal sealed class VendureListings(ConnectionProfile profile, VendureApi api, TimeProvider clock)
{
    private const int PageSize = 200;
    private const int Overlap = 20;

    public async Task<FeedAnswer> ReadAsync(FeedRequest request, CancellationToken cancel)
    {
        var cursor = CatalogCursor.Of(request, clock.GetUtcNow());
        var skip = int.TryParse(cursor.Page, NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : 0;
        var options = new JsonObject { ["take"] = PageSize, ["skip"] = skip, ["sort"] = new JsonObject { ["id"] = "ASC" } };
        if (cursor.From is { } from)
        {
            options["filter"] = new JsonObject { ["updatedAt"] = new JsonObject { ["after"] = from.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) } };
        }

        var customers = CatalogFeeds.IsOfCustomers(request.Feed);
        var name = customers ? "customers" : "productVariants";
        var (data, failure) = await api.QueryAsync(customers ? VendureQueries.Customers : VendureQueries.Variants, new JsonObject { ["options"] = options }, write: false, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return new FeedAnswer.Failed(failure);
        }

        if (data.At(name, "items") is not { ValueKind: JsonValueKind.Array })
        {
            return new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, $"it does not list {name}"));
        }

        var items = data.Items(name, "items");
        var next = items.Count < PageSize ? null : (skip + PageSize - Overlap).ToString(CultureInfo.InvariantCulture);
        return customers ? cursor.Answer([.. items.Select(Customer).OfType<CatalogCustomer>()], next) : cursor.Answer([.. items.Select(Variant).OfType<CatalogVariant>()], next);
    }

    private CatalogVariant? Variant(JsonElement read)
    {
        if (read.Text("id") is not { Length: > 0 and <= 64 } id || read.Time("updatedAt") is not { } at)
        {
            return null;
        }

        var taxed = profile.Settings.GetValueOrDefault("taxesIncluded") != "false";
        var (minor, currency) = (read.Amount(taxed ? "priceWithTax" : "price"), read.Text("currencyCode"));
        var product = read.Text("product", "id") is { Length: > 0 and <= 64 } key ? new CatalogProduct(key, VendorText.Plain(read.Text("product", "name"), 300) ?? "", read.Flag("product", "enabled") != false) : null;
        var changed = read.Time("product", "updatedAt") is { } later && later > at ? later : at;
        return new CatalogVariant(
            id, product, VendorText.Plain(read.Text("name"), 300) ?? "", VendorText.Plain(read.Text("sku"), 100), null, read.Flag("enabled") != false && product?.Active != false,
            minor is >= 0 and < 1_000_000_000_000m && Currencies.IsCode(currency) ? [new CatalogPrice(currency!, minor.Value / VendureStatement.Scale(profile), TaxIncluded: taxed)] : [],
            changed,
            Collections: read.At("product", "collections") is { ValueKind: JsonValueKind.Array }
                ? [.. read.Items("product", "collections").Select(c => VendorText.Plain(c.Text("name"), 200)).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] : null,
            Facets: CatalogFacet.Of(read.Items("facetValues").Concat(read.Items("product", "facetValues")).Select(f => (VendorText.Plain(f.Text("facet", "name"), 60) ?? "", VendorText.Plain(f.Text("name"), 200)))));
    }

    private static CatalogCustomer? Customer(JsonElement read) =>
        read.Text("id") is { Length: > 0 and <= 64 } id && read.Time("updatedAt") is { } at
            ? new CatalogCustomer(
                id, VendorText.Plain(read.Text("emailAddress"), 254), VendorText.Plain(read.Text("phoneNumber"), 60), null, VendorText.Plain(read.Text("firstName"), 100), VendorText.Plain(read.Text("lastName"), 100), at)
            : null;
}
