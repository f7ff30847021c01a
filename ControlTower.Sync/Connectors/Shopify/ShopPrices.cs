using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Prices of variants and what they are reduced from, written product by product: of one product all or none; and prices fixed on price lists, list by list. Shopify compares nothing itself, so all that a
/// command names is read before anything is written.
/// </summary>
internal sealed class ShopPrices(ShopListings listings, ShopPriceLists lists, GraphCall call)
{
    public async Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CallScope scope, CancellationToken cancel)
    {
        var (shown, _, failure) = await ReadAsync(spots, scope, cancel).ConfigureAwait(false);
        return failure is not null ? new PricesAnswer.Failed(failure) : new PricesAnswer.Prices(shown);
    }

    public async Task<Outcome> SendAsync(SetPrices command, CallScope scope, CancellationToken cancel)
    {
        var (shown, found, failure) = await ReadAsync([.. command.Moves.Select(m => m.Spot)], scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var (undone, refused) = PriceMoves.Judge(command, shown, PriceListPlace.Is);
        if (refused is not null)
        {
            return refused;
        }

        foreach (var list in undone.Where(t => PriceListPlace.Is(t.Move.Spot.Place)).GroupBy(t => PriceListPlace.List(t.Move.Spot.Place)!, StringComparer.Ordinal))
        {
            if (await lists.WriteAsync(list.Key, [.. list], scope, cancel).ConfigureAwait(false) is { } ended)
            {
                return ended;
            }
        }

        foreach (var product in undone.Where(t => !PriceListPlace.Is(t.Move.Spot.Place)).GroupBy(t => found[t.Move.Spot.Item].Product!.Key, StringComparer.Ordinal))
        {
            if (await WriteAsync(product.Key, [.. product], scope, cancel).ConfigureAwait(false) is { } ended)
            {
                return ended;
            }
        }

        return new Outcome.Accepted(command.Key.Value);
    }

    public async Task<LookUp> LookUpAsync(SetPrices command, CallScope scope, CancellationToken cancel) =>
        PriceMoves.LookUp(command, await PricesAsync([.. command.Moves.Select(m => m.Spot)], scope, cancel).ConfigureAwait(false));

    private async Task<(IReadOnlyList<PriceShown> Shown, IReadOnlyDictionary<string, CatalogVariant> Found, Outcome? Failure)> ReadAsync(
        IReadOnlyList<PriceSpot> spots, CallScope scope, CancellationToken cancel)
    {
        var own = spots.Where(s => !PriceListPlace.Is(s.Place)).ToList();
        var (found, failure) = own.Count == 0 ? (new Dictionary<string, CatalogVariant>(StringComparer.Ordinal), null) : await listings.FindAsync([.. own.Select(s => s.Item)], scope, cancel).ConfigureAwait(false);
        var (listed, broken) = failure is not null ? (new Dictionary<PriceSpot, PriceShown>(), failure) : await lists.PricesAsync(spots.Except(own), scope, cancel).ConfigureAwait(false);
        var everywhere = PriceMoves.Everywhere(spots, spot => found.GetValueOrDefault(spot.Item) is { Product: not null } variant ? (true, Tag(variant, spot.Currency)) : (false, null));
        return ([.. everywhere.Select(s => PriceListPlace.Is(s.Spot.Place) ? listed.GetValueOrDefault(s.Spot) ?? new PriceShown(s.Spot, IsListed: false, null, null) : s)], found, broken);
    }

    private static PriceTag? Tag(CatalogVariant variant, string currency) => variant.Prices.FirstOrDefault(p => p.Currency == currency) is { } price ? new PriceTag(price.Amount, price.CompareAt) : null;

    /// <returns>How it ended if it did not take effect; else null.</returns>
    private async Task<Outcome?> WriteAsync(string product, IReadOnlyList<(PriceMove Move, int At)> moves, CallScope scope, CancellationToken cancel)
    {
        var variables = new JsonObject { ["product"] = $"gid://shopify/Product/{product}", ["variants"] = new JsonArray([.. moves.Select(m => (JsonNode)Input(m.Move))]) };
        var (data, failure) = await call.WriteAsync(ShopifyDocuments.SetListings, variables, scope, cancel).ConfigureAwait(false);
        return failure ?? ShopListings.Refusal(data, [.. moves.Select(m => m.At)]);
    }

    private static JsonObject Input(PriceMove move)
    {
        var input = new JsonObject { ["id"] = $"gid://shopify/ProductVariant/{move.Spot.Item}", ["price"] = Text(move.To!.Amount) };
        if (move.WithCompareAt)
        {
            input["compareAtPrice"] = move.To.CompareAt is { } compareAt ? Text(compareAt) : null;
        }

        return input;
    }

    private static string Text(decimal amount) => amount.ToString(CultureInfo.InvariantCulture);
}
