using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// Prices of variants in the channel of the connection, as the channel keeps them: with tax or without. Vendure compares nothing, so all that a command names is read just before it is written, all
/// of it or nothing. It knows no price that another is reduced from.
/// </summary>
internal sealed class VendurePrices(ConnectionProfile profile, VendureApi api)
{
    /// <summary>Items of one look and one command.</summary>
    public const int Batch = 50;

    public async Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CancellationToken cancel)
    {
        var (shown, failure) = await ReadAsync(spots, cancel).ConfigureAwait(false);
        return failure is not null ? new PricesAnswer.Failed(failure) : new PricesAnswer.Prices(shown);
    }

    public async Task<Outcome> SendAsync(SetPrices command, CancellationToken cancel)
    {
        var (shown, failure) = await ReadAsync([.. command.Moves.Select(m => m.Spot)], cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var (undone, refused) = PriceMoves.Judge(command, shown);
        if (refused is not null || undone.Count == 0)
        {
            return refused ?? (Outcome)new Outcome.Accepted(command.Key.Value);
        }

        var scale = VendureStatement.Scale(profile);
        var rows = new JsonArray();
        foreach (var item in undone.GroupBy(t => t.Move.Spot.Item, StringComparer.Ordinal))
        {
            var prices = new JsonArray();
            foreach (var (move, at) in item)
            {
                if (move.To!.Amount * scale is var minor && minor != decimal.Truncate(minor))
                {
                    return new Outcome.Refused(FailureKind.Value, "too-precise", "The shop keeps prices with fewer decimals.", PriceMoves.Field(at));
                }

                prices.Add((JsonNode)new JsonObject { ["currencyCode"] = move.Spot.Currency, ["price"] = (long)minor });
            }

            rows.Add((JsonNode)new JsonObject { ["id"] = item.Key, ["prices"] = prices });
        }

        var (data, ended) = await api.QueryAsync(VendureQueries.SetPrices, new JsonObject { ["input"] = rows }, write: true, cancel).ConfigureAwait(false);
        return ended switch
        {
            null => data.At("updateProductVariants") is { ValueKind: JsonValueKind.Array } ? new Outcome.Accepted(command.Key.Value) : HttpOutcome.Garbled(write: true, "it does not tell what became of the prices"),
            Outcome.Refused no when undone is [var only] => no with { Field = PriceMoves.Field(only.At) },
            _ => ended,
        };
    }

    public async Task<LookUp> LookUpAsync(SetPrices command, CancellationToken cancel) => PriceMoves.LookUp(command, await PricesAsync([.. command.Moves.Select(m => m.Spot)], cancel).ConfigureAwait(false));

    private async Task<(IReadOnlyList<PriceShown> Shown, Outcome? Failure)> ReadAsync(IReadOnlyList<PriceSpot> spots, CancellationToken cancel)
    {
        var ids = new JsonArray([.. spots.Select(s => s.Item).Distinct(StringComparer.Ordinal).Select(i => (JsonNode)i)]);
        var options = new JsonObject { ["take"] = ids.Count, ["filter"] = new JsonObject { ["id"] = new JsonObject { ["in"] = ids } } };
        var (data, failure) = await api.QueryAsync(VendureQueries.Prices, new JsonObject { ["options"] = options }, write: false, cancel).ConfigureAwait(false);
        if (failure is not null || data.At("productVariants", "items") is not { ValueKind: JsonValueKind.Array })
        {
            return ([], failure ?? HttpOutcome.Garbled(write: false, "it lists no variants"));
        }

        if (data.Flag("activeChannel", "pricesIncludeTax") != (profile.Settings.GetValueOrDefault("taxesIncluded") != "false"))
        {
            return ([], new Outcome.Refused(FailureKind.Value, "tax-otherwise", "The channel keeps its prices with tax where the connection says without, or the other way round.", "taxesIncluded"));
        }

        var found = data.Items("productVariants", "items").ToLookup(v => v.Text("id") ?? "", StringComparer.Ordinal);
        return (PriceMoves.Everywhere(spots, spot => found[spot.Item].FirstOrDefault() is { ValueKind: JsonValueKind.Object } variant ? (true, Tag(variant, spot.Currency)) : (false, null)), null);
    }

    private PriceTag? Tag(JsonElement variant, string currency) =>
        variant.Items("prices").FirstOrDefault(p => p.Text("currencyCode") == currency) is { ValueKind: JsonValueKind.Object } price && price.Amount("price") is { } minor and >= 0 and < 1_000_000_000_000m
            ? new PriceTag(minor / VendureStatement.Scale(profile)) : null;
}
