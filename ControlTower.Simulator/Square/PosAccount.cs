using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Square;

/// <summary>
/// One merchant of the vendor's: hundreds of stores, one catalogue, one stock per store. Each change happens under one lock and is durable before anybody is told.
/// </summary>
public sealed class PosAccount
{
    private const int FirstStock = 20;

    private readonly Lock gate = new();
    private readonly Secrets secrets;

    public PosAccount(EstateOptions options, Journal journal, Secrets secrets)
    {
        (Options, this.secrets) = (options, secrets);
        Market = Markets.All.First(m => m.Key == "eu");
        Stores = [.. Enumerable.Range(0, options.Tills).Select(n => PosStore.Nth(n, Id))];
        Articles = [.. Traffic.Range.Of(Market.Brand).Where(a => !a.Ghost)];
        Book = new EffectBook(journal, options.Clock);
        foreach (var (store, article) in Stores.SelectMany(s => Assortment(s).Select(a => (s, a)))) Tables.Keep("counts", $"{store.LocationId}/{Variation(article)}", PosStock.Count(store.LocationId, Variation(article), FirstStock, options.Clock.GetUtcNow()));
        Book.Replay(Tables.Restore);
    }

    public string SystemId => "square-eu";
    public string MerchantId => Id("merchant");
    public string AccessToken => secrets.Of(SystemId, "token")[..40];
    public string SignatureKey => secrets.Of(SystemId, "signature")[..24];
    public EstateOptions Options { get; }
    public Market Market { get; }
    public IReadOnlyList<PosStore> Stores { get; }
    public IReadOnlyList<Article> Articles { get; }
    public EffectBook Book { get; }

    internal PosTables Tables { get; } = new();

    /// <summary>Prices by SKU, in smallest units, that stores without a line go on charging.</summary>
    internal ConcurrentDictionary<string, IReadOnlyDictionary<string, long>> LastKnown { get; } = new(StringComparer.Ordinal);

    /// <summary>Told after a change is durable: type of the event, id and kind of the thing, the thing.</summary>
    internal Action<IReadOnlyList<(string Type, string Id, string Kind, JsonObject Object)>> Outbound { get; set; } = _ => { };

    /// <summary>What the stores had on their first day.</summary>
    public IEnumerable<(string Sku, string Store, int Quantity)> OpeningStock() => Stores.SelectMany(s => Assortment(s).Select(a => (a.Sku, s.Code, FirstStock)));

    /// <summary>Each store sells a dozen of the articles.</summary>
    public IEnumerable<Article> Assortment(PosStore store)
    {
        var from = int.Parse(store.Code.AsSpan(4), System.Globalization.CultureInfo.InvariantCulture) * 5;
        return Enumerable.Range(0, 12).Select(n => Articles[(from + (n * 7)) % Articles.Count]).Distinct();
    }

    public string Variation(Article article) => Id($"variation/{article.Sku}");

    public PosStore? Store(string locationId) => Stores.FirstOrDefault(s => s.LocationId == locationId);

    public T Read<T>(Func<T> read)
    {
        lock (gate) return read();
    }

    /// <summary>The vendor's kind of id: opaque letters and digits, the same for the same seed.</summary>
    internal string Id(string what) => secrets.Of(SystemId, what)[..26].ToUpperInvariant();

    /// <summary>The next id of a set; call inside a change.</summary>
    internal string Next(string set) => Id($"{set}/{Tables.Count(set)}");

    internal async Task<T> ChangeAsync<T>(Func<PosChange, T> act)
    {
        var change = new PosChange();
        T result;
        Task durable;
        lock (gate)
        {
            result = act(change);
            durable = Book.Write(change.Effects, change.Puts);
        }

        await durable;
        Outbound(change.Events);
        return result;
    }
}
