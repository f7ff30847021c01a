using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// List prices of products, without tax, in the currency of the user's company. Products are named by their code, as orders name them. The price stands at the template: variants of one template
/// share it, so all of them move together or none. A command is one transaction over the states that were read.
/// </summary>
internal sealed class TrytonListPrices(TrytonRpc rpc)
{
    /// <summary>Products of one look and one command.</summary>
    public const int Batch = 50;

    private static readonly string[] Fields = ["code", "list_price", "template", "template._timestamp", "template.products"];

    private string? currency;

    public async Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CancellationToken cancel) => new PricesAnswer.Prices(Shown(spots, await FindAsync(spots, cancel).ConfigureAwait(false)));

    public async Task<Outcome> SendAsync(SetPrices command, CancellationToken cancel)
    {
        IReadOnlyList<PriceSpot> spots = [.. command.Moves.Select(m => m.Spot)];
        var found = await FindAsync(spots, cancel).ConfigureAwait(false);
        var (undone, refused) = PriceMoves.Judge(command, Shown(spots, found));
        if (refused is not null)
        {
            return refused;
        }

        var writes = new List<(long Id, string? Timestamp, JsonObject Values)>();
        foreach (var template in undone.GroupBy(t => found[t.Move.Spot.Item]!.Template))
        {
            var (move, at) = template.First();
            var product = found[move.Spot.Item]!;
            if (template.Select(t => t.Move.Spot.Item).Distinct(StringComparer.Ordinal).Count() < product.Siblings || template.Any(t => t.Move.To!.Amount != move.To!.Amount))
            {
                return new Outcome.Refused(FailureKind.Refused, "shared-price", "Variants of one product share its price in Tryton: all of them are to be set, and to the same.", PriceMoves.Field(at));
            }

            writes.Add((product.Template, product.Timestamp, new JsonObject { ["list_price"] = TrytonValue.Of(move.To!.Amount) }));
        }

        if (writes.Count > 0)
        {
            await rpc.WriteUnchangedAsync("product.template", writes, cancel).ConfigureAwait(false);
        }

        return new Outcome.Accepted(command.Key.Value);
    }

    public async Task<LookUp> LookUpAsync(SetPrices command, CancellationToken cancel) => PriceMoves.LookUp(command, await PricesAsync([.. command.Moves.Select(m => m.Spot)], cancel).ConfigureAwait(false));

    private IReadOnlyList<PriceShown> Shown(IReadOnlyList<PriceSpot> spots, IReadOnlyDictionary<string, Product?> found) => PriceMoves.Everywhere(
        spots, spot => found.GetValueOrDefault(spot.Item) is { } product ? (true, product.Price is { } price && spot.Currency == currency ? new PriceTag(price) : null) : (false, null));

    /// <summary>By code; null where two products have the same.</summary>
    private async Task<IReadOnlyDictionary<string, Product?>> FindAsync(IReadOnlyList<PriceSpot> spots, CancellationToken cancel)
    {
        if (currency is null)
        {
            var company = (await rpc.SessionAsync(cancel).ConfigureAwait(false)).Company;
            var row = await rpc.GetAsync("company.company", company, ["currency.code"], cancel).ConfigureAwait(false);
            currency = TrytonValue.Member(row, "currency.") is { } own ? TrytonValue.Text(own, "code") : null;
        }

        var codes = TrytonValue.Names([.. spots.Select(s => s.Item).Distinct(StringComparer.Ordinal)]);
        var found = new Dictionary<string, Product?>(StringComparer.Ordinal);
        foreach (var row in await rpc.SearchAsync("product.product", new JsonArray(TrytonValue.Clause("code", "in", codes)), Fields, cancel).ConfigureAwait(false))
        {
            if (TrytonValue.Text(row, "code") is { } code && TrytonValue.Id(row, "template") is { } template && TrytonValue.Member(row, "template.") is { } about)
            {
                found[code] = found.ContainsKey(code) ? null
                    : new Product(template, TrytonValue.Text(about, "_timestamp"), TrytonValue.IdList(about, "products").Count, TrytonValue.Number(row, "list_price"));
            }
        }

        return found;
    }

    /// <param name="Timestamp">Of the template as it was read; a write that names it fails if somebody changed it since.</param>
    /// <param name="Siblings">Products of the template, this one among them.</param>
    private sealed record Product(long Template, string? Timestamp, int Siblings, decimal? Price);
}
