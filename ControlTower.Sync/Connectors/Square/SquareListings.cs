using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>
/// Item variations and customers by pages, and prices, barcodes and whether they are sold, written with the version that was read: Square refuses what somebody changed meanwhile. What stores
/// charge on their own (location overrides) is not looked at here.
/// </summary>
internal sealed class SquareListings(ConnectionProfile profile, SquareCall call, TimeProvider clock)
{
    /// <summary>Items of one look and one batch.</summary>
    public const int Batch = 100;

    private const int CatalogPage = 500;
    private const int CustomerPage = 100;

    public Task<FeedAnswer> PageAsync(FeedRequest request, CancellationToken cancel) =>
        CatalogFeeds.IsOfCustomers(request.Feed) ? CustomersAsync(request, cancel) : ItemsAsync(request, cancel);

    public async Task<ListingsAnswer> ListingsAsync(IReadOnlyList<string> items, CancellationToken cancel)
    {
        var (found, _, failure) = await FindAsync(items, cancel).ConfigureAwait(false);
        return failure is not null ? new ListingsAnswer.Failed(failure) : new ListingsAnswer.Listings([.. found.Values]);
    }

    public async Task<Outcome> SendAsync(ChangeListings command, CancellationToken cancel)
    {
        var (found, raw, failure) = await FindAsync([.. command.Changes.Select(c => c.Item)], cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var undone = new List<(int At, JsonNode Object)>();
        foreach (var (change, at) in command.Changes.Select((c, i) => (c, i)))
        {
            if (found.GetValueOrDefault(change.Item) is not { } variant)
            {
                return new Outcome.Refused(FailureKind.Missing, "unknown-item", $"Square has no item variation {VendorText.Cut(change.Item, 60)} any more.", Field(at));
            }

            var shown = Shown(variant, change.Currency);
            if (change.IsDone(shown))
            {
                continue;
            }

            if (!change.IsFresh(shown))
            {
                return new Outcome.Refused(FailureKind.Value, ChangeListings.Stale, "The item shows something else than it did.", Field(at));
            }

            if (change.To.Active == true && variant.Product?.Active == false)
            {
                return new Outcome.Refused(FailureKind.Refused, "item-archived", "The item is archived at Square; it is brought back there.", Field(at));
            }

            undone.Add((at, Changed(raw[change.Item], change)));
        }

        return undone.Count == 0 ? new Outcome.Accepted(command.Key.Value) : await UpsertAsync(command, undone, cancel).ConfigureAwait(false);
    }

    public async Task<LookUp> LookUpAsync(ChangeListings command, CancellationToken cancel)
    {
        var (found, _, failure) = await FindAsync([.. command.Changes.Select(c => c.Item)], cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure)
            : command.Changes.All(c => found.GetValueOrDefault(c.Item) is { } variant && c.IsDone(Shown(variant, c.Currency))) ? new LookUp.Found(new Outcome.Accepted(command.Key.Value))
            : new LookUp.Absent();
    }

    private async Task<Outcome> UpsertAsync(ChangeListings command, List<(int At, JsonNode Object)> undone, CancellationToken cancel)
    {
        var body = new JsonObject
        {
            ["idempotency_key"] = command.Key.Value, ["batches"] = new JsonArray(new JsonObject { ["objects"] = new JsonArray([.. undone.Select(t => t.Object)]) }),
        };
        var (answer, refused) = await call.WriteAsync(HttpMethod.Post, "v2/catalog/batch-upsert", body, cancel).ConfigureAwait(false);
        return refused switch
        {
            null => answer.At("objects") is { ValueKind: JsonValueKind.Array } ? new Outcome.Accepted(command.Key.Value) : HttpOutcome.Garbled(write: true, "it tells no objects"),
            // A key that was used for another version of the items: somebody changed them between two sendings.
            Outcome.Refused { Code: "VERSION_MISMATCH" or "IDEMPOTENCY_KEY_REUSED" } moved => moved with { Code = ChangeListings.Stale },
            Outcome.Refused other => other with { Field = Place(other.Field) is { } at && at < undone.Count ? Field(undone[at].At) : undone is [var only] ? Field(only.At) : other.Field },
            _ => refused,
        };
    }

    /// <summary>The number of the object in a field such as <c>batches[0].objects[3].item_variation_data.price_money</c>.</summary>
    public static int? Place(string? field)
    {
        var at = field?.IndexOf("objects[", StringComparison.Ordinal) ?? -1;
        var end = at < 0 ? -1 : field!.IndexOf(']', at);
        return end > 0 && int.TryParse(field.AsSpan(at + 8, end - at - 8), NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place : null;
    }

    /// <summary>The whole object as it was read, for what is left out of an upsert is deleted.</summary>
    private static JsonObject Changed(JsonElement read, ListingChange change)
    {
        var whole = JsonNode.Parse(read.GetRawText())!.AsObject();
        var data = whole["item_variation_data"]!.AsObject();
        if (change.To.Price is { } price)
        {
            data["pricing_type"] = "FIXED_PRICING";
            data["price_money"] = new JsonObject { ["amount"] = Currencies.ToMinor(price, change.Currency), ["currency"] = change.Currency };
        }

        if (change.To.Barcode is { } barcode)
        {
            data["upc"] = barcode;
        }

        if (change.To.Active is { } active)
        {
            data["sellable"] = active;
        }

        return whole;
    }

    private async Task<FeedAnswer> ItemsAsync(FeedRequest request, CancellationToken cancel)
    {
        var cursor = CatalogCursor.Of(request, clock.GetUtcNow());
        var body = new JsonObject { ["object_types"] = new JsonArray("ITEM_VARIATION"), ["include_related_objects"] = true, ["limit"] = CatalogPage };
        if (cursor.From is { } from)
        {
            body["begin_time"] = Iso(from);
        }

        var (page, failure) = await SearchAsync("v2/catalog/search", body, cursor, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var items = Items(page);
        return cursor.Answer([.. page.Items("objects").Select(o => Variant(o, items)).OfType<CatalogVariant>()], Next(page));
    }

    private async Task<FeedAnswer> CustomersAsync(FeedRequest request, CancellationToken cancel)
    {
        var cursor = CatalogCursor.Of(request, clock.GetUtcNow());
        var query = new JsonObject { ["sort"] = new JsonObject { ["field"] = "CREATED_AT", ["order"] = "ASC" } };
        if (cursor.From is { } from)
        {
            query["filter"] = new JsonObject { ["updated_at"] = new JsonObject { ["start_at"] = Iso(from) } };
        }

        var (page, failure) = await SearchAsync("v2/customers/search", new JsonObject { ["limit"] = CustomerPage, ["query"] = query }, cursor, cancel).ConfigureAwait(false);
        return failure ?? cursor.Answer([.. page.Items("customers").Select(Customer).OfType<CatalogCustomer>()], Next(page));
    }

    private async Task<(JsonElement Page, FeedAnswer? Failure)> SearchAsync(string path, JsonObject body, CatalogCursor cursor, CancellationToken cancel)
    {
        if (cursor.Page is { } at)
        {
            body["cursor"] = at;
        }

        var (page, failure) = await call.SearchAsync(path, body, cancel).ConfigureAwait(false);
        return failure is null ? (page, null) : (page, failure is Outcome.Refused && cursor.Page is not null ? cursor.Anew() : new FeedAnswer.Failed(failure));
    }

    /// <summary>Item variations that are there, of the ones that were asked for, and each as it was read.</summary>
    public async Task<(IReadOnlyDictionary<string, CatalogVariant> Found, IReadOnlyDictionary<string, JsonElement> Raw, Outcome? Failure)> FindAsync(IReadOnlyList<string> items, CancellationToken cancel)
    {
        var (found, raw) = (new Dictionary<string, CatalogVariant>(StringComparer.Ordinal), new Dictionary<string, JsonElement>(StringComparer.Ordinal));
        var body = new JsonObject { ["object_ids"] = new JsonArray([.. items.Where(SquareId.IsOne).Select(i => (JsonNode)i)]), ["include_related_objects"] = true };
        var (page, failure) = await call.SearchAsync("v2/catalog/batch-retrieve", body, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return (found, raw, failure);
        }

        var related = Items(page);
        foreach (var read in page.Items("objects"))
        {
            if (Variant(read, related) is { } variant && read.Text("type") == "ITEM_VARIATION")
            {
                (found[variant.Id], raw[variant.Id]) = (variant, read);
            }
        }

        return (found, raw, null);
    }

    private static Dictionary<string, CatalogProduct> Items(JsonElement page)
    {
        var items = new Dictionary<string, CatalogProduct>(StringComparer.Ordinal);
        foreach (var item in page.Items("related_objects"))
        {
            if (item.Text("type") == "ITEM" && item.Text("id") is { Length: > 0 and <= 120 } id)
            {
                items[id] = new CatalogProduct(id, VendorText.Plain(item.Text("item_data", "name"), 300) ?? "", item.Flag("item_data", "is_archived") != true && item.Flag("is_deleted") != true);
            }
        }

        return items;
    }

    private CatalogVariant? Variant(JsonElement read, Dictionary<string, CatalogProduct> items)
    {
        if (!SquareId.IsOne(read.Text("id")) || read.Time("updated_at") is not { } at || read.At("item_variation_data") is not { ValueKind: JsonValueKind.Object } data || read.Flag("is_deleted") == true)
        {
            return null;
        }

        var product = data.Text("item_id") is { } key ? items.GetValueOrDefault(key) : null;
        var (minor, currency) = (data.Amount("price_money", "amount"), data.Text("price_money", "currency"));
        return new CatalogVariant(
            read.Text("id")!, product, VendorText.Plain(data.Text("name"), 300) ?? "", VendorText.Plain(data.Text("sku"), 100), VendorText.Plain(data.Text("upc"), 100),
            data.Flag("sellable") != false && product?.Active != false,
            minor is >= 0 and < 1_000_000_000_000m && minor == decimal.Truncate(minor.Value) && Currencies.IsCode(currency)
                ? [new CatalogPrice(currency!, Currencies.FromMinor((long)minor, currency!))] : [],
            at);
    }

    private CatalogCustomer? Customer(JsonElement read) =>
        SquareId.IsOne(read.Text("id")) && read.Time("updated_at") is { } at
            ? new CatalogCustomer(
                read.Text("id")!, VendorText.Plain(read.Text("email_address"), 254), VendorText.Plain(read.Text("phone_number"), 60),
                profile.Settings.GetValueOrDefault(SquareSettings.Loyalty) == "reference_id" ? VendorText.Plain(read.Text("reference_id"), 60) : null,
                VendorText.Plain(read.Text("given_name"), 100), VendorText.Plain(read.Text("family_name"), 100), at)
            : null;

    private static Listing Shown(CatalogVariant variant, string currency) => new(variant.Prices.FirstOrDefault(p => p.Currency == currency)?.Amount, variant.Barcode, variant.Active);

    private static string? Next(JsonElement page) => page.Text("cursor") is { Length: > 0 } next ? next : null;

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Field(int at) => string.Create(CultureInfo.InvariantCulture, $"changes.{at}");
}
