using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// The shop's variants and customers by pages, and the prices and barcodes of variants, written product by product. Shopify compares nothing itself, so each write reads first: what already shows
/// what is asked for is passed over, what shows something else than was seen is stale.
/// </summary>
internal sealed class ShopListings(ConnectionProfile profile, GraphCall call, TimeProvider clock)
{
    /// <summary>Items of one look and one batch.</summary>
    public const int Batch = 50;

    public async Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel)
    {
        var cursor = CatalogCursor.Of(request, clock.GetUtcNow());
        var customers = CatalogFeeds.IsOfCustomers(request.Feed);
        var variables = new JsonObject
        {
            ["after"] = cursor.Page,
            ["query"] = cursor.From is { } from ? $"updated_at:>='{from.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}'" : null,
        };
        if (customers)
        {
            var (space, key) = ShopifySettings.Loyalty(profile);
            (variables["loyal"], variables["namespace"], variables["key"]) = (key.Length > 0, space, key);
        }

        var (data, failure) = await call.ReadAsync(customers ? ShopifyDocuments.Customers : ShopifyDocuments.Variants, variables, scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return new FeedAnswer.Failed(failure);
        }

        var name = customers ? "customers" : "productVariants";
        if (data.At(name, "nodes") is not { ValueKind: JsonValueKind.Array })
        {
            return new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, $"it has no {name}"));
        }

        var (more, next) = (data.Flag(name, "pageInfo", "hasNextPage"), data.Text(name, "pageInfo", "endCursor"));
        if (more is null || (more.Value && string.IsNullOrEmpty(next)))
        {
            return new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "it does not say where it goes on"));
        }

        next = more.Value ? next : null;
        return customers
            ? cursor.Answer([.. data.Items(name, "nodes").Select(Customer).OfType<CatalogCustomer>()], next)
            : cursor.Answer([.. data.Items(name, "nodes").Select(n => Variant(n, data)).OfType<CatalogVariant>()], next);
    }

    /// <summary>Which collections products are in, page by page; between runs there is no cursor.</summary>
    public async Task<FeedAnswer> CollectionsAsync(FeedRequest request, CallScope scope, CancellationToken cancel)
    {
        var variables = new JsonObject { ["after"] = request.Cursor is { Length: > 0 } after ? after : null };
        var (data, failure) = await call.ReadAsync(ShopifyDocuments.Collections, variables, scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return new FeedAnswer.Failed(failure);
        }

        var (more, next) = (data.Flag("products", "pageInfo", "hasNextPage"), data.Text("products", "pageInfo", "endCursor"));
        if (data.At("products", "nodes") is not { ValueKind: JsonValueKind.Array } || more is null || (more.Value && string.IsNullOrEmpty(next)))
        {
            return new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "it does not list products, or does not say where they go on"));
        }

        var products = data.Items("products", "nodes").Where(n => n.At("collections", "nodes") is { ValueKind: JsonValueKind.Array })
            .Select(n => (Id: Number(n.Text("id")), Titles: n.Items("collections", "nodes").Select(c => VendorText.Plain(c.Text("title"), 200)).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)))
            .Where(p => p.Id is not null).Select(p => new ProductCollections(p.Id!, [.. p.Titles]));
        return new FeedAnswer.Collections([.. products], more.Value ? next : "", more.Value);
    }

    public async Task<ListingsAnswer> ListingsAsync(IReadOnlyList<string> items, CallScope scope, CancellationToken cancel)
    {
        var (found, failure) = await FindAsync(items, scope, cancel).ConfigureAwait(false);
        return failure is not null ? new ListingsAnswer.Failed(failure) : new ListingsAnswer.Listings([.. found.Values]);
    }

    public async Task<Outcome> SendAsync(ChangeListings command, CallScope scope, CancellationToken cancel)
    {
        var (found, failure) = await FindAsync([.. command.Changes.Select(c => c.Item)], scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var undone = new List<(ListingChange Change, int At, string Product)>();
        foreach (var (change, at) in command.Changes.Select((c, i) => (c, i)))
        {
            if (found.GetValueOrDefault(change.Item) is not { Product.Key: { } product } variant)
            {
                return new Outcome.Refused(FailureKind.Missing, "unknown-item", $"The shop does not list the item {VendorText.Cut(change.Item, 60)} any more.", Field(at));
            }

            var shown = Shown(variant, change.Currency);
            if (!change.IsDone(shown))
            {
                if (!change.IsFresh(shown))
                {
                    return new Outcome.Refused(FailureKind.Value, ChangeListings.Stale, "The item shows something else than it did.", Field(at));
                }

                undone.Add((change, at, product));
            }
        }

        foreach (var product in undone.GroupBy(t => t.Product, StringComparer.Ordinal))
        {
            if (await WriteAsync(product.Key, [.. product], scope, cancel).ConfigureAwait(false) is { } ended)
            {
                return ended;
            }
        }

        return new Outcome.Accepted(command.Key.Value);
    }

    public async Task<LookUp> LookUpAsync(ChangeListings command, CallScope scope, CancellationToken cancel)
    {
        var (found, failure) = await FindAsync([.. command.Changes.Select(c => c.Item)], scope, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure)
            : command.Changes.All(c => found.GetValueOrDefault(c.Item) is { } variant && c.IsDone(Shown(variant, c.Currency))) ? new LookUp.Found(new Outcome.Accepted(command.Key.Value))
            : new LookUp.Absent();
    }

    /// <returns>How it ended if it did not take effect; else null.</returns>
    private async Task<Outcome?> WriteAsync(string product, IReadOnlyList<(ListingChange Change, int At, string Product)> changes, CallScope scope, CancellationToken cancel)
    {
        var variables = new JsonObject
        {
            ["product"] = $"gid://shopify/Product/{product}", ["variants"] = new JsonArray([.. changes.Select(c => (JsonNode)Input(c.Change))]),
        };
        var (data, failure) = await call.WriteAsync(ShopifyDocuments.SetListings, variables, scope, cancel).ConfigureAwait(false);
        return failure ?? Refusal(data, [.. changes.Select(c => c.At)]);
    }

    /// <param name="places">Where in the command each variant that was sent stands.</param>
    /// <returns>Why variants of a product were not written; null if they were.</returns>
    public static Outcome? Refusal(JsonElement data, IReadOnlyList<int> places)
    {
        if (UserErrors.Of(data, "productVariantsBulkUpdate") is { } error)
        {
            return error with { Field = Named(error.Field, places) };
        }

        return data.At("productVariantsBulkUpdate", "productVariants") is { ValueKind: JsonValueKind.Array } ? null : HttpOutcome.Garbled(write: true, "it does not tell what became of the variants");
    }

    /// <summary>A field as <c>variants.3.price</c> names the place in what was sent, not in the command.</summary>
    public static string? Named(string? field, IReadOnlyList<int> places)
    {
        var at = field?.Split('.').Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1).FirstOrDefault(n => n >= 0, -1) ?? -1;
        return at >= 0 && at < places.Count ? Field(places[at]) : places is [var only] ? Field(only) : field;
    }

    private static JsonObject Input(ListingChange change)
    {
        var input = new JsonObject { ["id"] = $"gid://shopify/ProductVariant/{change.Item}" };
        if (change.To.Price is { } price)
        {
            input["price"] = price.ToString(CultureInfo.InvariantCulture);
        }

        if (change.To.Barcode is { } barcode)
        {
            input["barcode"] = barcode;
        }

        return input;
    }

    /// <summary>Variants that are there, of the ones that were asked for, by number.</summary>
    public async Task<(IReadOnlyDictionary<string, CatalogVariant> Found, Outcome? Failure)> FindAsync(IReadOnlyList<string> items, CallScope scope, CancellationToken cancel)
    {
        var ids = new JsonArray([.. items.Where(i => i.All(char.IsAsciiDigit)).Distinct(StringComparer.Ordinal).Select(i => (JsonNode)$"gid://shopify/ProductVariant/{i}")]);
        var (data, failure) = await call.ReadAsync(ShopifyDocuments.VariantsById, new JsonObject { ["ids"] = ids }, scope, cancel).ConfigureAwait(false);
        return failure is not null || data.At("nodes") is not { ValueKind: JsonValueKind.Array }
            ? (new Dictionary<string, CatalogVariant>(StringComparer.Ordinal), failure ?? HttpOutcome.Garbled(write: false, "it has no nodes"))
            : (data.Items("nodes").Select(n => Variant(n, data)).OfType<CatalogVariant>().ToDictionary(v => v.Id, StringComparer.Ordinal), null);
    }

    private static Listing Shown(CatalogVariant variant, string currency) => new(variant.Prices.FirstOrDefault(p => p.Currency == currency)?.Amount, variant.Barcode, variant.Active);

    private static CatalogVariant? Variant(JsonElement node, JsonElement data)
    {
        if (Number(node.Text("id")) is not { } id || node.Time("updatedAt") is not { } at)
        {
            return null;
        }

        var (amount, currency) = (node.Amount("price"), data.Text("shop", "currencyCode"));
        var product = Number(node.Text("product", "id")) is { } key
            ? new CatalogProduct(key, VendorText.Plain(node.Text("product", "title"), 300) ?? "", node.Text("product", "status") == "ACTIVE") : null;
        // A product that is put away takes its variants with it and tells it by its own time alone.
        var changed = node.Time("product", "updatedAt") is { } later && later > at ? later : at;
        return new CatalogVariant(
            id, product, VendorText.Plain(node.Text("title"), 300) ?? "", VendorText.Plain(node.Text("sku"), 100), VendorText.Plain(node.Text("barcode"), 100), product?.Active != false,
            amount is >= 0 and < 1_000_000_000_000m && Currencies.IsCode(currency)
                ? [new CatalogPrice(currency!, amount.Value, node.Amount("compareAtPrice"), data.Flag("shop", "taxesIncluded"))] : [],
            changed,
            Facets: CatalogFacet.Of(
            [
                (CatalogFacet.Type, VendorText.Plain(node.Text("product", "productType"), 200)), (CatalogFacet.Vendor, VendorText.Plain(node.Text("product", "vendor"), 200)),
                .. node.Items("product", "tags").Where(t => t.ValueKind == JsonValueKind.String).Select(t => (CatalogFacet.Tag, VendorText.Plain(t.GetString(), 200))),
            ]));
    }

    private static CatalogCustomer? Customer(JsonElement node) =>
        Number(node.Text("id")) is { } id && node.Time("updatedAt") is { } at
            ? new CatalogCustomer(
                id, VendorText.Plain(node.Text("defaultEmailAddress", "emailAddress"), 254), VendorText.Plain(node.Text("defaultPhoneNumber", "phoneNumber"), 60),
                VendorText.Plain(node.Text("loyalty", "value"), 60), VendorText.Plain(node.Text("firstName"), 100), VendorText.Plain(node.Text("lastName"), 100), at)
            : null;

    /// <summary>The number at the end of a gid; null if it has none.</summary>
    public static string? Number(string? gid) => gid?[(gid.LastIndexOf('/') + 1)..] is { Length: > 0 and <= 20 } id && id.All(char.IsAsciiDigit) ? id : null;

    private static string Field(int at) => string.Create(CultureInfo.InvariantCulture, $"changes.{at}");
}
