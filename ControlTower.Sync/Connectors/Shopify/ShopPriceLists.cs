using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Price lists of the shop, for a market or a catalogue. A price that is fixed on a list is its own; without one a buyer is charged what the list reckons from the variant's price. A fixed price is set by
/// being added and goes by being deleted.
/// </summary>
internal sealed class ShopPriceLists(GraphCall call)
{
    /// <summary>The setting that switches them on.</summary>
    public const string Setting = "priceLists";

    /// <summary>A gid of a list, and a gap in a cursor: between the place among lists and the one among prices, which are base64, and the list that those prices are of.</summary>
    private const string Gid = "gid://shopify/PriceList/", Gap = "|";

    public static bool IsOn(ConnectionProfile profile) => profile.Settings.GetValueOrDefault(Setting) == "yes";

    /// <summary>List after list, page after page of its prices.</summary>
    public async Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel)
    {
        var at = (request.Cursor ?? "").Split(Gap);
        var (list, page, of) = (Some(at[0]), at.Length > 1 ? Some(at[1]) : null, at.Length > 2 ? Some(at[2]) : null);
        var (data, failure) = await call.ReadAsync(ShopifyDocuments.PriceLists, new JsonObject { ["after"] = list, ["prices"] = page }, scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return new FeedAnswer.Failed(failure);
        }

        if (data.At("priceLists", "nodes") is not { ValueKind: JsonValueKind.Array } || data.Flag("priceLists", "pageInfo", "hasNextPage") is not { } lists)
        {
            return new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "it does not list price lists"));
        }

        if (data.Items("priceLists", "nodes") is not [var node, ..])
        {
            return new FeedAnswer.PriceLists([], "", More: false);
        }

        if (page is not null && ShopListings.Number(node.Text("id")) != of)
        {
            // The list that was being read is gone, and the next one stands in its place: that one is read from its beginning.
            return new FeedAnswer.PriceLists([], $"{list}{Gap}", More: true);
        }

        var (prices, next, end) = (node.Flag("prices", "pageInfo", "hasNextPage"), node.Text("prices", "pageInfo", "endCursor"), data.Text("priceLists", "pageInfo", "endCursor"));
        if (prices is null || (prices.Value && string.IsNullOrEmpty(next)) || (lists && string.IsNullOrEmpty(end)) || Part(node) is not { } part)
        {
            return new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "a price list has no name, no currency, or does not say where it goes on"));
        }

        var cursor = prices.Value ? $"{list}{Gap}{next}{Gap}{part.List}" : lists ? $"{end}{Gap}" : "";
        return new FeedAnswer.PriceLists([part], cursor, cursor.Length > 0);
    }

    /// <summary>What stands at spots that are price lists, by spot; what is not among them the list does not sell.</summary>
    public async Task<(IReadOnlyDictionary<PriceSpot, PriceShown> Shown, Outcome? Failure)> PricesAsync(IEnumerable<PriceSpot> spots, CallScope scope, CancellationToken cancel)
    {
        var shown = new Dictionary<PriceSpot, PriceShown>();
        foreach (var list in spots.GroupBy(s => PriceListPlace.List(s.Place)!, StringComparer.Ordinal))
        {
            var items = list.Select(s => s.Item).Where(i => i.All(char.IsAsciiDigit)).Distinct(StringComparer.Ordinal).ToList();
            if (items.Count == 0 || !list.Key.All(char.IsAsciiDigit))
            {
                continue;
            }

            var variables = new JsonObject { ["list"] = Gid + list.Key, ["first"] = items.Count, ["query"] = string.Join(" OR ", items.Select(i => $"variant_id:{i}")) };
            var (data, failure) = await call.ReadAsync(ShopifyDocuments.PriceListPrices, variables, scope, cancel).ConfigureAwait(false);
            if (failure is not null || !data.TryGetProperty("priceList", out _))
            {
                return (shown, failure ?? HttpOutcome.Garbled(write: false, "it has no price list"));
            }

            // A list that is gone has no prices.
            var found = data.Items("priceList", "prices", "nodes").Where(n => ShopListings.Number(n.Text("variant", "id")) is not null).ToDictionary(n => ShopListings.Number(n.Text("variant", "id"))!, StringComparer.Ordinal);
            foreach (var spot in list.Where(s => found.ContainsKey(s.Item)).Distinct())
            {
                var tag = Tag(found[spot.Item], spot.Currency);
                shown[spot] = new PriceShown(spot, true, found[spot.Item].Text("originType") == "FIXED" ? tag : null, tag);
            }
        }

        return (shown, null);
    }

    /// <param name="moves">At one list, with their numbers in the command.</param>
    /// <returns>How it ended if it did not take effect; else null.</returns>
    public async Task<Outcome?> WriteAsync(string list, IReadOnlyList<(PriceMove Move, int At)> moves, CallScope scope, CancellationToken cancel)
    {
        var (set, taken) = (moves.Where(m => m.Move.To is not null).ToList(), moves.Where(m => m.Move.To is null).ToList());
        var ended = set.Count == 0 ? null : await SendAsync(
            ShopifyDocuments.AddFixedPrices, "priceListFixedPricesAdd", "prices", new JsonObject { ["list"] = Gid + list, ["prices"] = new JsonArray([.. set.Select(m => (JsonNode)Input(m.Move))]) }, set, scope, cancel).ConfigureAwait(false);
        return ended ?? (taken.Count == 0 ? null : await SendAsync(
            ShopifyDocuments.DeleteFixedPrices, "priceListFixedPricesDelete", "deletedFixedPriceVariantIds",
            new JsonObject { ["list"] = Gid + list, ["variants"] = new JsonArray([.. taken.Select(m => (JsonNode)$"gid://shopify/ProductVariant/{m.Move.Spot.Item}")]) }, taken, scope, cancel).ConfigureAwait(false));
    }

    private async Task<Outcome?> SendAsync(string document, string mutation, string result, JsonObject variables, IReadOnlyList<(PriceMove Move, int At)> sent, CallScope scope, CancellationToken cancel)
    {
        var (data, failure) = await call.WriteAsync(document, variables, scope, cancel).ConfigureAwait(false);
        return failure ?? (UserErrors.Of(data, mutation) is { } error ? error with { Field = ShopListings.Named(error.Field, [.. sent.Select(m => m.At)]) }
            : data.At(mutation, result) is { ValueKind: JsonValueKind.Array } ? null : HttpOutcome.Garbled(write: true, "it does not tell what became of the prices"));
    }

    private static JsonObject Input(PriceMove move)
    {
        var input = new JsonObject { ["variantId"] = $"gid://shopify/ProductVariant/{move.Spot.Item}", ["price"] = Money(move.To!.Amount, move.Spot.Currency) };
        if ((move.WithCompareAt ? move.To.CompareAt : move.From?.CompareAt) is { } compareAt)
        {
            // Adding a price replaces the one that was fixed, with its comparison.
            input["compareAtPrice"] = Money(compareAt, move.Spot.Currency);
        }

        return input;
    }

    private static JsonObject Money(decimal amount, string currency) => new() { ["amount"] = amount.ToString(CultureInfo.InvariantCulture), ["currencyCode"] = currency };

    private static PriceTag? Tag(JsonElement node, string currency) =>
        node.Amount("price", "amount") is { } amount && node.Text("price", "currencyCode") == currency ? new PriceTag(amount, node.Amount("compareAtPrice", "amount")) : null;

    private static PriceListPart? Part(JsonElement node) =>
        ShopListings.Number(node.Text("id")) is { } id && VendorText.Plain(node.Text("name"), 200) is { } name && node.Text("currency") is { } currency && Currencies.IsCode(currency)
            ? new PriceListPart(id, name, currency,
                [
                    .. node.Items("prices", "nodes").Select(n => (Item: ShopListings.Number(n.Text("variant", "id")), Amount: n.Amount("price", "amount"), CompareAt: n.Amount("compareAtPrice", "amount"), Follows: n.Text("originType") == "RELATIVE", Currency: n.Text("price", "currencyCode")))
                        .Where(p => p.Item is not null && p.Amount is >= 0 and < 1_000_000_000_000m).DistinctBy(p => p.Item).Select(p => new ListedPrice(p.Item!, p.Amount!.Value, p.CompareAt, p.Follows, Currencies.IsCode(p.Currency) && p.Currency != currency ? p.Currency : null)),
                ])
            : null;

    private static string? Some(string text) => text.Length > 0 ? text : null;
}
