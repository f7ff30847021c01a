using System.Text.Json;
using ControlTower.Data.Kpis;
using ControlTower.Data.Live;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Live.Streams;

/// <summary>The stream <c>kpis</c>: every key figure over the last 24 hours, an item each, keyed by its id.</summary>
public sealed class KpiStream : ILiveStream, IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(15);
    private static readonly IReadOnlyList<KpiDefinition> Told = [.. KpiCatalogue.All.Where(k => k.PartOf is null)];

    private readonly SharedQueries<string, IReadOnlyList<KpiFigure>> queries;
    private readonly BrandArgument brands;

    public KpiStream(LiveFeed live, KpiQueries figures, BrandArgument brands, TimeProvider clock, ILogger<KpiStream> log)
    {
        this.brands = brands;
        queries = new(brand => new(
            "The key figures", live, LiveTopics.Kpis, Pace,
            cancel => figures.FiguresAsync(Told, new KpiScope(clock.GetUtcNow().AddHours(-24), clock.GetUtcNow().AddHours(1), Brand: brand.Length == 0 ? null : brand), cancel), clock, log));
    }

    public string Name => "kpis";

    public string Permission => Permissions.KpisRead;

    public string Scope => Scopes.KpisRead;

    public IReadOnlyList<string> Arguments { get; } = [BrandArgument.Name];

    public async Task<ILiveSource> OpenAsync(IReadOnlyDictionary<string, string> arguments, CancellationToken cancel) =>
        new KeyedSource<IReadOnlyList<KpiFigure>>(queries, await brands.OfAsync(arguments) ?? "", Items);

    public void Dispose() => queries.Dispose();

    private static IEnumerable<(string, JsonElement)> Items(IReadOnlyList<KpiFigure> figures) => figures.Select(figure =>
    {
        var kpi = KpiCatalogue.Find(figure.Kpi)!;
        return (kpi.Id, JsonSerializer.SerializeToElement(
            new KpiItem(
                kpi.Id, kpi.Title, kpi.Measure, kpi.Unit.ToString().ToLowerInvariant(), figure.Value, figure.N, figure.Open, [.. figure.Amounts.Select(a => new Data.Canonical.Money(a.Amount, a.Currency))],
                figure.Target?.Value, figure.OnTarget, Minute(figure.CompleteTo)),
            StreamJson.Default.KpiItem));
    });

    // To the second it would be another time at each look, and everybody would be told.
    private static DateTimeOffset? Minute(DateTimeOffset? at) => at is { } time ? new DateTimeOffset(time.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero) : null;
}
