using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// The unit prices of items in the company's currency. All that a command names is read before the first item is written; each is written over the version that was read. The API knows no price lists:
/// an item has one price.
/// </summary>
internal sealed class ItemPrices(ODataCall call, MasterFeeds masters)
{
    /// <summary>Items of one look and one command: the names of more would make the address too long.</summary>
    public const int Batch = 20;

    public async Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CancellationToken cancel)
    {
        var (shown, _, failure) = await ReadAsync(spots, cancel).ConfigureAwait(false);
        return failure is not null ? new PricesAnswer.Failed(failure) : new PricesAnswer.Prices(shown);
    }

    public async Task<Outcome> SendAsync(SetPrices command, CancellationToken cancel)
    {
        var (shown, found, failure) = await ReadAsync([.. command.Moves.Select(m => m.Spot)], cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var (undone, refused) = PriceMoves.Judge(command, shown);
        if (refused is not null)
        {
            return refused;
        }

        foreach (var (move, at) in undone)
        {
            var answer = await call.PatchAsync(OData.Id("items", move.Spot.Item)!, new JsonObject { ["unitPrice"] = move.To!.Amount }, found[move.Spot.Item].Tag, cancel).ConfigureAwait(false);
            if (answer.Failure is { } ended)
            {
                return ended is Outcome.Refused no ? no with { Field = PriceMoves.Field(at) } : ended;
            }

            if (answer.Body.ValueKind == JsonValueKind.Object && answer.Body.Amount("unitPrice") is null)
            {
                return HttpOutcome.Garbled(write: true, "it does not tell the price");
            }
        }

        return new Outcome.Accepted(command.Key.Value);
    }

    public async Task<LookUp> LookUpAsync(SetPrices command, CancellationToken cancel) => PriceMoves.LookUp(command, await PricesAsync([.. command.Moves.Select(m => m.Spot)], cancel).ConfigureAwait(false));

    private async Task<(IReadOnlyList<PriceShown> Shown, IReadOnlyDictionary<string, (decimal? Price, string Tag)> Found, Outcome? Failure)> ReadAsync(IReadOnlyList<PriceSpot> spots, CancellationToken cancel)
    {
        var found = new Dictionary<string, (decimal? Price, string Tag)>(StringComparer.OrdinalIgnoreCase);
        var (currency, failure) = await masters.CurrencyAsync(cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return ([], found, failure);
        }

        var wanted = spots.Select(s => Guid.TryParse(s.Item, CultureInfo.InvariantCulture, out var id) ? $"id eq {id:D}" : null).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (wanted.Count > 0)
        {
            var answer = await call.ReadAsync(OData.Where("items", string.Join(" or ", wanted), "$select=id,number,unitPrice"), cancel).ConfigureAwait(false);
            if (answer.Failure is not null || answer.Body.At("value") is not { ValueKind: JsonValueKind.Array })
            {
                return ([], found, answer.Failure ?? HttpOutcome.Garbled(write: false, "it has no list"));
            }

            foreach (var item in answer.Body.Items("value"))
            {
                found[item.Text("id") ?? ""] = (item.Amount("unitPrice"), item.Text("@odata.etag") ?? "*");
            }
        }

        return (PriceMoves.Everywhere(spots, spot => found.TryGetValue(spot.Item, out var item) ? (true, item.Price is { } price && spot.Currency == currency ? new PriceTag(price) : null) : (false, null)), found, null);
    }
}
