using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Automatic discounts and those with a code, off variants or as buy some, get some. Shopify takes one off by ending it, so one stands again by its window being set anew.
/// </summary>
internal sealed class ShopDiscounts(GraphCall call, TimeProvider clock) : MarkedDiscounts(clock)
{
    protected override Outcome.Refused? Unfit(DiscountTerms terms) => terms.Items.Count > DiscountDocuments.MostItems
        ? new Outcome.Refused(FailureKind.TooLarge, "too-many-items", string.Create(CultureInfo.InvariantCulture, $"Shopify takes at most {DiscountDocuments.MostItems} items in one discount."), "items") : null;

    protected override async Task<(IReadOnlyList<MarkedDiscount> Found, Outcome? Failure)> FindAsync(DiscountTerms terms, CallScope scope, CancellationToken cancel)
    {
        var (ids, failure) = await MarkedAsync(terms, scope, cancel).ConfigureAwait(false);
        var found = new List<MarkedDiscount>();
        foreach (var id in failure is null ? ids : [])
        {
            var (data, broken) = await call.ReadAsync(DiscountDocuments.ById, new JsonObject { ["id"] = id }, scope, cancel).ConfigureAwait(false);
            if (broken is not null)
            {
                return ([], broken);
            }

            // Deleted since the list was read.
            if (data.At("discountNode", "discount") is { ValueKind: JsonValueKind.Object } read)
            {
                found.Add(Read(terms, id, read));
            }
        }

        return (found, failure);
    }

    protected override async Task<Outcome> StandAsync(SetDiscount command, MarkedDiscount? there, CallScope scope, CancellationToken cancel)
    {
        var terms = command.Terms;
        var form = Form(terms);
        var input = new JsonObject
        {
            ["title"] = terms.Title, ["startsAt"] = Iso(terms.StartsAt), ["endsAt"] = terms.EndsAt is { } end ? Iso(end) : null,
            ["customerGets"] = Side(terms, Value(terms), there, "customerGets"),
        };
        if (form.IsBuySome)
        {
            input["customerBuys"] = Side(terms, new JsonObject { ["quantity"] = Text(terms.Buy) }, there, "customerBuys");
        }

        if (terms.Code is { } code)
        {
            input["code"] = code;
        }

        if (there is null)
        {
            input["context"] = new JsonObject { ["all"] = "ALL" };
            return await WriteAsync(DiscountDocuments.Create(form), form.Mutation("Create"), form, new JsonObject { ["input"] = input }, scope, cancel).ConfigureAwait(false);
        }

        return await WriteAsync(DiscountDocuments.Update(form), form.Mutation("Update"), form, new JsonObject { ["id"] = form.Gid(there.Id), ["input"] = input }, scope, cancel).ConfigureAwait(false);
    }

    protected override async Task<Outcome?> TakeOffAsync(MarkedDiscount there, CallScope scope, CancellationToken cancel)
    {
        var form = DiscountForm.All.First(f => f.Type == there.Raw.Text("__typename"));
        var ended = await WriteAsync(DiscountDocuments.TakeOff(form), form.Deactivation, form, new JsonObject { ["id"] = form.Gid(there.Id) }, scope, cancel).ConfigureAwait(false);
        return ended is Outcome.Accepted ? null : ended;
    }

    private async Task<Outcome> WriteAsync(string document, string mutation, DiscountForm form, JsonObject variables, CallScope scope, CancellationToken cancel)
    {
        var (data, failure) = await call.WriteAsync(document, variables, scope, cancel).ConfigureAwait(false);
        return failure ?? UserErrors.Of(data, mutation) ?? (data.Text(mutation, form.Node, "id") is { } id ? (Outcome)new Outcome.Accepted(id) : HttpOutcome.Garbled(write: true, "it names no discount"));
    }

    /// <summary>The names of all discounts whose title ends in the mark.</summary>
    private async Task<(IReadOnlyList<string> Ids, Outcome? Failure)> MarkedAsync(DiscountTerms terms, CallScope scope, CancellationToken cancel)
    {
        var (ids, after) = (new List<string>(), (string?)null);
        while (true)
        {
            var (data, failure) = await call.ReadAsync(DiscountDocuments.List, new JsonObject { ["after"] = after }, scope, cancel).ConfigureAwait(false);
            if (failure is not null)
            {
                return (ids, failure);
            }

            if (data.Flag("discountNodes", "pageInfo", "hasNextPage") is not { } more || (more && data.Text("discountNodes", "pageInfo", "endCursor") is null or ""))
            {
                return (ids, HttpOutcome.Garbled(write: false, "it does not say where it goes on"));
            }

            if (terms.Kind == DiscountKind.Amount && data.Text("shop", "currencyCode") is { } currency && currency != terms.Currency)
            {
                return (ids, new Outcome.Refused(FailureKind.Value, "another-currency", $"The shop's currency is {currency}, the discount is in {terms.Currency}.", "currency"));
            }

            ids.AddRange(data.Items("discountNodes", "nodes").Where(n => n.Text("discount", "title")?.EndsWith($"[{terms.Mark}]", StringComparison.Ordinal) == true).Select(n => n.Text("id")).OfType<string>());
            if (!more)
            {
                return (ids, null);
            }

            after = data.Text("discountNodes", "pageInfo", "endCursor");
        }
    }

    private static MarkedDiscount Read(DiscountTerms terms, string id, JsonElement read)
    {
        var form = Form(terms);
        var type = read.Text("__typename");
        var differs = type != form.Type || read.Text("customerGets", "value", "__typename") != ValueType(terms) ? "kind"
            : !IsValue(terms, read) ? "value"
            : !IsItems(terms, Variants(read, "customerGets")) || (form.IsBuySome && !IsItems(terms, Variants(read, "customerBuys"))) ? "items"
            : terms.Code is { } code && !(read.Items("codes", "nodes") is [var only] && string.Equals(only.Text("code"), code, StringComparison.OrdinalIgnoreCase)) ? "code"
            : !IsWindow(terms, read.Time("startsAt"), read.Time("endsAt")) ? "window" : null;
        return new MarkedDiscount(id, read.Text("status") is "ACTIVE" or "SCHEDULED", differs, type == form.Type, read);
    }

    private static bool IsValue(DiscountTerms terms, JsonElement read)
    {
        var value = read.GetProperty("customerGets").GetProperty("value");
        return terms.Kind switch
        {
            DiscountKind.Percent => IsPercent(terms, value.Amount("percentage")),
            DiscountKind.Amount => value.Amount("amount", "amount") == terms.Value && value.Flag("appliesOnEachItem") == true,
            _ => value.Amount("quantity", "quantity") == terms.Get && IsPercent(terms, value.Amount("effect", "percentage")) && read.Amount("customerBuys", "value", "quantity") == terms.Buy,
        };
    }

    // A fraction that went through binary numbers.
    private static bool IsPercent(DiscountTerms terms, decimal? fraction) => fraction is { } part && Math.Abs((part * 100) - terms.Value) < 0.0001m;

    private static bool IsItems(DiscountTerms terms, IReadOnlyList<string> shown) => terms.Items.ToHashSet(StringComparer.Ordinal).SetEquals(shown);

    private static IReadOnlyList<string> Variants(JsonElement read, string side) =>
        [.. read.Items(side, "items", "productVariants", "nodes").Select(n => n.Text("id")).OfType<string>().Select(gid => gid[(gid.LastIndexOf('/') + 1)..])];

    /// <summary>What is bought, or got: items are told as what is to be added and taken away.</summary>
    private static JsonObject Side(DiscountTerms terms, JsonObject value, MarkedDiscount? there, string side)
    {
        var shown = there is null ? [] : Variants(there.Raw, side);
        var input = new JsonObject { ["value"] = value };
        if (!IsItems(terms, shown))
        {
            input["items"] = new JsonObject
            {
                ["products"] = new JsonObject { ["productVariantsToAdd"] = Gids(terms.Items.Except(shown, StringComparer.Ordinal)), ["productVariantsToRemove"] = Gids(shown.Except(terms.Items, StringComparer.Ordinal)) },
            };
        }

        return input;
    }

    private static JsonArray Gids(IEnumerable<string> items) => new([.. items.Select(i => (JsonNode)$"gid://shopify/ProductVariant/{i}")]);

    private static JsonObject Value(DiscountTerms terms) => terms.Kind switch
    {
        DiscountKind.Percent => new JsonObject { ["percentage"] = terms.Value / 100 },
        DiscountKind.Amount => new JsonObject { ["discountAmount"] = new JsonObject { ["amount"] = Text(terms.Value), ["appliesOnEachItem"] = true } },
        _ => new JsonObject { ["discountOnQuantity"] = new JsonObject { ["quantity"] = Text(terms.Get), ["effect"] = new JsonObject { ["percentage"] = terms.Value / 100 } } },
    };

    private static string ValueType(DiscountTerms terms) => terms.Kind switch
    {
        DiscountKind.Percent => "DiscountPercentage",
        DiscountKind.Amount => "DiscountAmount",
        _ => "DiscountOnQuantity",
    };

    private static DiscountForm Form(DiscountTerms terms) => new(terms.Code is not null, terms.Kind == DiscountKind.BuyXGetY);

    private static string Text(decimal number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
