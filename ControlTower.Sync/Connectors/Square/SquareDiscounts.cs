using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>
/// Automatic reductions at the tills: a catalogue discount, the product sets that it is for, and a pricing rule that joins them, written together or not at all, in all stores of the account. Square knows no codes. A
/// rule's window is the wall time of each store. It is on as long as its rule is there: taken off, it is deleted with all that was made for it.
/// Source: Square API 2025-08-20, CatalogDiscount, CatalogProductSet, CatalogPricingRule, BatchDeleteCatalogObjects.
/// </summary>
internal sealed class SquareDiscounts(SquareCall call, TimeProvider clock) : MarkedDiscounts(clock)
{
    /// <summary>Of one product set.</summary>
    public const int MostItems = 500;

    private const int Page = 100;

    private static readonly (string Part, string Data)[] Parts = [("rule", "pricing_rule_data"), ("discount", "discount_data"), ("match", "product_set_data"), ("exclude", "product_set_data")];

    protected override Outcome.Refused? Unfit(DiscountTerms terms) =>
        terms.Code is not null ? new Outcome.Refused(FailureKind.Value, "no-codes", "A till of Square takes no codes. Leave the code out, or take the connection out.", "code")
        : terms.Items.Count > MostItems ? new Outcome.Refused(FailureKind.TooLarge, "too-many-items", string.Create(CultureInfo.InvariantCulture, $"Square takes at most {MostItems} items in one reduction."), "items")
        : null;

    protected override async Task<(IReadOnlyList<MarkedDiscount> Found, Outcome? Failure)> FindAsync(DiscountTerms terms, CallScope scope, CancellationToken cancel)
    {
        var (found, cursor) = (new List<MarkedDiscount>(), (string?)null);
        do
        {
            var body = new JsonObject { ["object_types"] = new JsonArray("PRICING_RULE"), ["include_related_objects"] = true, ["limit"] = Page };
            if (cursor is not null)
            {
                body["cursor"] = cursor;
            }

            var (page, failure) = await call.SearchAsync("v2/catalog/search", body, cancel).ConfigureAwait(false);
            if (failure is not null)
            {
                return ([], failure);
            }

            var related = page.Items("related_objects").Where(o => o.Flag("is_deleted") != true && o.Text("id") is not null).DistinctBy(o => o.Text("id")).ToDictionary(o => o.Text("id")!, StringComparer.Ordinal);
            found.AddRange(page.Items("objects").Where(o => o.Flag("is_deleted") != true && SquareId.IsOne(o.Text("id")) && o.Text("pricing_rule_data", "name")?.EndsWith($"[{terms.Mark}]", StringComparison.Ordinal) == true)
                .Select(o => Read(terms, o, related)));
            cursor = page.Text("cursor") is { Length: > 0 } next ? next : null;
        }
        while (cursor is not null);

        return ([.. found.OrderBy(f => f.Id, StringComparer.Ordinal)], null);
    }

    protected override async Task<Outcome> StandAsync(SetDiscount command, MarkedDiscount? there, CallScope scope, CancellationToken cancel)
    {
        var terms = command.Terms;
        var discount = Object(there, "discount", "DISCOUNT", "#discount");
        discount["discount_data"] = new JsonObject
        {
            ["name"] = terms.Title, ["discount_type"] = terms.Kind == DiscountKind.Amount ? "FIXED_AMOUNT" : "FIXED_PERCENTAGE", ["modify_tax_basis"] = "MODIFY_TAX_BASIS",
            [terms.Kind == DiscountKind.Amount ? "amount_money" : "percentage"] = terms.Kind == DiscountKind.Amount
                ? new JsonObject { ["amount"] = Currencies.ToMinor(terms.Value, terms.Currency), ["currency"] = terms.Currency } : terms.Value.ToString("0.####", CultureInfo.InvariantCulture),
        };
        var match = Set(there, "match", terms, Matched(terms));
        var rule = Object(there, "rule", "PRICING_RULE", "#rule");
        var (from, until) = (Wall(terms.WallStarts), Wall(terms.WallEnds));
        var data = new JsonObject
        {
            ["name"] = terms.Title, ["discount_id"] = discount["id"]!.DeepClone(), ["match_products_id"] = match["id"]!.DeepClone(), ["valid_from_date"] = from.Date, ["valid_from_local_time"] = from.Time,
        };
        if (until.Date is not null)
        {
            (data["valid_until_date"], data["valid_until_local_time"]) = (until.Date, until.Time);
        }

        var objects = new List<JsonNode> { discount, match, rule };
        if (terms.Kind == DiscountKind.BuyXGetY)
        {
            // What is paid for is left out of the reduction: the dearest of each group.
            var paid = Set(there, "exclude", terms, terms.Buy);
            (data["exclude_products_id"], data["exclude_strategy"]) = (paid["id"]!.DeepClone(), "MOST_EXPENSIVE");
            objects.Insert(2, paid);
        }

        rule["pricing_rule_data"] = data;
        return await WriteAsync(command.Key, objects, cancel).ConfigureAwait(false);
    }

    protected override async Task<Outcome?> TakeOffAsync(MarkedDiscount there, CallScope scope, CancellationToken cancel)
    {
        // What somebody put in the place of a part is theirs and stays.
        var name = there.Raw.Text("rule", "pricing_rule_data", "name");
        var own = Parts.Where(p => there.Raw.Text(p.Part, p.Data, "name") == name).Select(p => there.Raw.Text(p.Part, "id")).OfType<string>().Select(id => (JsonNode)id).ToArray();
        var (_, refused) = await call.WriteAsync(HttpMethod.Post, "v2/catalog/batch-delete", new JsonObject { ["object_ids"] = new JsonArray(own) }, cancel).ConfigureAwait(false);
        // Gone already is what was asked for.
        return refused is Outcome.Refused { Code: "NOT_FOUND" } ? null : refused;
    }

    private async Task<Outcome> WriteAsync(PostingKey command, List<JsonNode> objects, CancellationToken cancel)
    {
        var batches = new JsonArray(new JsonObject { ["objects"] = new JsonArray([.. objects]) });
        // The same command over what was found the same is one write; each command is another, for what it made may be deleted since.
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{command.Value}/{batches.ToJsonString()}")))[..40];
        var (answer, refused) = await call.WriteAsync(HttpMethod.Post, "v2/catalog/batch-upsert", new JsonObject { ["idempotency_key"] = key, ["batches"] = batches }, cancel).ConfigureAwait(false);
        return refused switch
        {
            null => answer.Items("objects").FirstOrDefault(o => o.Text("type") == "PRICING_RULE").Text("id") is { } id ? new Outcome.Accepted(id) : HttpOutcome.Garbled(write: true, "it tells no pricing rule"),
            // Somebody changed it since it was read: it is read anew next time.
            Outcome.Refused { Code: "VERSION_MISMATCH" or "IDEMPOTENCY_KEY_REUSED" } moved => new Outcome.NotDone(FailureKind.Intermittent, moved.Message),
            _ => refused,
        };
    }

    private static MarkedDiscount Read(DiscountTerms terms, JsonElement rule, Dictionary<string, JsonElement> related)
    {
        var data = rule.GetProperty("pricing_rule_data");
        var (discount, match, exclude) = (Related(data.Text("discount_id")), Related(data.Text("match_products_id")), Related(data.Text("exclude_products_id")));
        var buySome = terms.Kind == DiscountKind.BuyXGetY;
        var differs = discount.Text("discount_data", "discount_type") != (terms.Kind == DiscountKind.Amount ? "FIXED_AMOUNT" : "FIXED_PERCENTAGE") || buySome != (data.Text("exclude_products_id") is not null)
                || (buySome && data.Text("exclude_strategy") != "MOST_EXPENSIVE") ? "kind"
            : !IsValue(terms, discount) || !IsCount(match, Matched(terms)) || (buySome && !IsCount(exclude, terms.Buy)) ? "value"
            : !IsItems(terms, match) || (buySome && !IsItems(terms, exclude)) ? "items"
            : data.Items("customer_group_ids_any").Count > 0 || data.Items("time_period_ids").Count > 0 || data.At("minimum_order_subtotal_money") is { ValueKind: JsonValueKind.Object } ? "conditions"
            : (data.Text("valid_from_date"), data.Text("valid_from_local_time")) != Wall(terms.WallStarts) || (data.Text("valid_until_date"), data.Text("valid_until_local_time")) != Wall(terms.WallEnds) ? "window"
            : null;
        var whole = new JsonObject { ["rule"] = JsonNode.Parse(rule.GetRawText()), ["discount"] = Node(discount), ["match"] = Node(match), ["exclude"] = Node(exclude) };
        return new MarkedDiscount(rule.Text("id")!, On: true, differs, CanBecome: true, JsonReading.Parse(Encoding.UTF8.GetBytes(whole.ToJsonString()))!.Value);

        JsonElement Related(string? id) => id is not null && related.TryGetValue(id, out var one) ? one : default;

        static JsonNode? Node(JsonElement one) => one.ValueKind == JsonValueKind.Object ? JsonNode.Parse(one.GetRawText()) : null;
    }

    private static bool IsValue(DiscountTerms terms, JsonElement discount) => terms.Kind == DiscountKind.Amount
        ? discount.Amount("discount_data", "amount_money", "amount") == Currencies.ToMinor(terms.Value, terms.Currency) && discount.Text("discount_data", "amount_money", "currency") == terms.Currency
        : decimal.TryParse(discount.Text("discount_data", "percentage"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent == terms.Value;

    private static bool IsCount(JsonElement set, int? exact) => set.Amount("product_set_data", "quantity_exact") == exact;

    private static bool IsItems(DiscountTerms terms, JsonElement set) =>
        terms.Items.ToHashSet(StringComparer.Ordinal).SetEquals(set.Items("product_set_data", "product_ids_any").Select(i => i.Text()).OfType<string>());

    /// <summary>How many pieces are one match: one for an amount off each, a whole group for buy some, get some; any number for a percentage.</summary>
    private static int? Matched(DiscountTerms terms) => terms.Kind switch { DiscountKind.Amount => 1, DiscountKind.BuyXGetY => terms.Buy + terms.Get, _ => null };

    private static JsonObject Set(MarkedDiscount? there, string part, DiscountTerms terms, int? exact)
    {
        var set = Object(there, part, "PRODUCT_SET", $"#{part}");
        var data = new JsonObject { ["name"] = terms.Title, ["product_ids_any"] = new JsonArray([.. terms.Items.Select(i => (JsonNode)i)]) };
        if (exact is { } count)
        {
            data["quantity_exact"] = count;
        }

        set["product_set_data"] = data;
        return set;
    }

    /// <summary>What stands there with its version, or a new one under a name of this batch alone.</summary>
    private static JsonObject Object(MarkedDiscount? there, string part, string type, string fresh)
    {
        var read = there?.Raw.At(part) is { ValueKind: JsonValueKind.Object } found ? found : default;
        var one = new JsonObject { ["type"] = type, ["id"] = read.Text("id") ?? fresh, ["present_at_all_locations"] = true };
        if (read.Amount("version") is { } version)
        {
            one["version"] = (long)version;
        }

        return one;
    }

    private static (string? Date, string? Time) Wall(DateTime? at) => (at?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), at?.ToString("HH:mm:ss", CultureInfo.InvariantCulture));
}
