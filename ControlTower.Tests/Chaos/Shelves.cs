using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Tests.Conformance;

namespace ControlTower.Tests.Chaos;

/// <summary>What shops, ERPs and tills show, read by the product's own connectors with nobody in between.</summary>
internal sealed class Shelves : IDisposable
{
    private readonly Dictionary<string, IVendorClient> clients = new(StringComparer.Ordinal);
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(60) };

    private Shelves()
    {
    }

    public static async Task<Shelves> OfAsync(EstateProcess estate, CancellationToken cancel)
    {
        var shelves = new Shelves();
        await using var answer = await shelves.http.GetStreamAsync(new Uri(estate.Url, "/estate/connections"), cancel);
        using var seed = await JsonDocument.ParseAsync(answer, cancellationToken: cancel);
        foreach (var one in seed.RootElement.GetProperty("connections").EnumerateArray().Where(c => c.GetProperty("kind").GetString() is "shopify" or "business-central" or "square"))
        {
            Dictionary<string, string> Texts(string member) => one.GetProperty(member).EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetString()!, StringComparer.Ordinal);
            var (id, kind) = (one.GetProperty("id").GetString()!, one.GetProperty("kind").GetString()!);
            var profile = new ConnectionProfile(
                id, kind, id, "", null, one.TryGetProperty("currency", out var currency) ? currency.GetString() : null, one.GetProperty("timeZone").GetString()!, null, Texts("settings"), Texts("secrets"));
            shelves.clients[id] = ConnectorCatalog.Standard().Of(kind).Connect(profile, shelves.http, TimeProvider.System);
        }

        return shelves;
    }

    /// <summary>What stands at these spots of a system.</summary>
    /// <exception cref="InvalidOperationException">It did not say.</exception>
    public async Task<IReadOnlyDictionary<PriceSpot, PriceTag?>> ShownAsync(string connection, IReadOnlyList<PriceSpot> spots, CancellationToken cancel)
    {
        var shown = new Dictionary<PriceSpot, PriceTag?>();
        foreach (var some in spots.Distinct().Chunk(50))
        {
            var answer = await clients[connection].PricesAsync(some, new FakeScope(), cancel);
            foreach (var price in ((answer as PricesAnswer.Prices) ?? throw new InvalidOperationException($"{connection}: {answer}")).List)
            {
                shown[price.Spot] = price.Own;
            }
        }

        return shown;
    }

    public void Dispose()
    {
        foreach (var client in clients.Values)
        {
            (client as IDisposable)?.Dispose();
        }

        http.Dispose();
    }
}
