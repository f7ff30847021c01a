using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// Promotions with the conditions and actions that Vendure brings along: a percentage off variants, and buy some, get some free. It has nothing that takes an amount off single variants, and gives what is
/// got for nothing or not at all, once an order.
/// </summary>
internal sealed class VendurePromotions(VendureApi api, TimeProvider clock) : MarkedDiscounts(clock)
{
    private const int MostOfOneMark = 100;

    protected override Outcome.Refused? Unfit(DiscountTerms terms) =>
        terms.Kind == DiscountKind.Amount ? new Outcome.Refused(FailureKind.Refused, "no-amount-off", "Vendure takes percentages off single variants, not amounts.", "kind")
            : terms is { Kind: DiscountKind.BuyXGetY, Value: not 100m } ? new Outcome.Refused(FailureKind.Refused, "free-only", "Vendure gives what is got for nothing, not for less.", "value")
            : null;

    protected override async Task<(IReadOnlyList<MarkedDiscount> Found, Outcome? Failure)> FindAsync(DiscountTerms terms, CallScope scope, CancellationToken cancel)
    {
        var mark = $"[{terms.Mark}]";
        var options = new JsonObject
        {
            ["take"] = MostOfOneMark, ["sort"] = new JsonObject { ["id"] = "ASC" }, ["filter"] = new JsonObject { ["name"] = new JsonObject { ["contains"] = mark } },
        };
        var (data, failure) = await api.QueryAsync(VendureQueries.Promotions, new JsonObject { ["options"] = options }, write: false, cancel).ConfigureAwait(false);
        return failure is not null || data.At("promotions", "items") is not { ValueKind: JsonValueKind.Array }
            ? ([], failure ?? HttpOutcome.Garbled(write: false, "it lists no promotions"))
            : ([.. data.Items("promotions", "items").Where(p => p.Text("name")?.EndsWith(mark, StringComparison.Ordinal) == true).Select(p => Read(terms, p))], null);
    }

    protected override async Task<Outcome> StandAsync(SetDiscount command, MarkedDiscount? there, CallScope scope, CancellationToken cancel)
    {
        var terms = command.Terms;
        var (data, failure) = await api.QueryAsync(VendureQueries.Language, [], write: false, cancel).ConfigureAwait(false);
        if (failure is not null || data.Text("activeChannel", "defaultLanguageCode") is not { } language)
        {
            return failure ?? HttpOutcome.Garbled(write: false, "it does not tell the language of the channel");
        }

        var (conditions, actions) = Rules(terms);
        var input = new JsonObject
        {
            ["enabled"] = true, ["startsAt"] = Iso(terms.StartsAt), ["endsAt"] = terms.EndsAt is { } end ? Iso(end) : null, ["couponCode"] = terms.Code,
            ["conditions"] = Input(conditions), ["actions"] = Input(actions), ["translations"] = new JsonArray(new JsonObject { ["languageCode"] = language, ["name"] = terms.Title }),
        };
        return await WriteAsync(there?.Id, input, cancel).ConfigureAwait(false);
    }

    protected override async Task<Outcome?> TakeOffAsync(MarkedDiscount there, CallScope scope, CancellationToken cancel) =>
        await WriteAsync(there.Id, new JsonObject { ["enabled"] = false }, cancel).ConfigureAwait(false) is var ended and not Outcome.Accepted ? ended : null;

    private async Task<Outcome> WriteAsync(string? id, JsonObject input, CancellationToken cancel)
    {
        if (id is not null)
        {
            input["id"] = id;
        }

        var name = id is null ? "createPromotion" : "updatePromotion";
        var (data, failure) = await api.QueryAsync(id is null ? VendureQueries.CreatePromotion : VendureQueries.UpdatePromotion, new JsonObject { ["input"] = input }, write: true, cancel).ConfigureAwait(false);
        return failure ?? (data.At(name) is not { ValueKind: JsonValueKind.Object } made ? HttpOutcome.Garbled(write: true, "it does not tell what became of the promotion")
            : VendureErrors.OfUnion(made) ?? (made.Text("id") is { } written ? (Outcome)new Outcome.Accepted(written) : HttpOutcome.Garbled(write: true, "it names no promotion")));
    }

    private MarkedDiscount Read(DiscountTerms terms, JsonElement read)
    {
        var (startsAt, endsAt) = (read.Time("startsAt"), read.Time("endsAt"));
        var (conditions, actions) = Rules(terms);
        var differs = Differs(read.Items("actions"), actions) ?? Differs(read.Items("conditions"), conditions)
            ?? ((read.Text("couponCode") is { Length: > 0 } code ? code : null) != terms.Code ? "code" : !IsWindow(terms, startsAt, endsAt) ? "window" : null);
        return new MarkedDiscount(read.Text("id") ?? "", read.Flag("enabled") == true && !(endsAt <= Clock.GetUtcNow()), differs, CanBecome: true, read);
    }

    /// <summary>A promotion without a code needs a condition. Vendure counts what is got among what is bought if both are of the same variants.</summary>
    private static (IReadOnlyList<Rule> Conditions, IReadOnlyList<Rule> Actions) Rules(DiscountTerms terms)
    {
        var items = new JsonArray([.. terms.Items.Order(StringComparer.Ordinal).Select(i => (JsonNode)i)]).ToJsonString();
        return terms.Kind == DiscountKind.BuyXGetY
            ? ([new Rule("buy_x_get_y_free", [("amountX", Text(terms.Buy + terms.Get)), ("variantIdsX", items), ("amountY", Text(terms.Get)), ("variantIdsY", items)])], [new Rule("buy_x_get_y_free", [])])
            : ([new Rule("contains_products", [("minimum", "1"), ("productVariantIds", items)])], [new Rule("products_percentage_discount", [("discount", Text(terms.Value)), ("productVariantIds", items)])]);
    }

    private static string? Differs(IReadOnlyList<JsonElement> shown, IReadOnlyList<Rule> wanted)
    {
        if (!shown.Select(s => s.Text("code")).SequenceEqual(wanted.Select(w => w.Code)))
        {
            return "kind";
        }

        return shown.Zip(wanted).SelectMany(p => p.Second.Arguments.Select(a => (a.Name, a.Value, Shown: p.First.Items("args").FirstOrDefault(s => s.Text("name") == a.Name))))
            .Where(a => a.Shown.ValueKind != JsonValueKind.Object || Plain(a.Shown.Text("value")) != Plain(a.Value))
            .Select(a => a.Name.Contains("Ids", StringComparison.Ordinal) ? "items" : "value").FirstOrDefault();
    }

    /// <summary>Lists in one order, numbers in one notation.</summary>
    private static string Plain(string? value) =>
        JsonReading.Parse(System.Text.Encoding.UTF8.GetBytes(value ?? "")) is { ValueKind: JsonValueKind.Array } list ? string.Join(',', list.EnumerateArray().Select(i => i.Text()).Order(StringComparer.Ordinal))
            : VendorText.Amount(value) is { } number ? Text(number) : value ?? "";

    private static JsonArray Input(IReadOnlyList<Rule> rules) => new([.. rules.Select(r => (JsonNode)new JsonObject
    {
        ["code"] = r.Code, ["arguments"] = new JsonArray([.. r.Arguments.Select(a => (JsonNode)new JsonObject { ["name"] = a.Name, ["value"] = a.Value })]),
    })]);

    private static string Text(decimal number) => number.ToString("0.############", CultureInfo.InvariantCulture);

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private sealed record Rule(string Code, IReadOnlyList<(string Name, string Value)> Arguments);
}
