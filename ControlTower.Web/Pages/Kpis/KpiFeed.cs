using ControlTower.Data.Kpis;
using ControlTower.Data.Live;
using ControlTower.Web.Live;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>Figures over a time, and over the time that it is compared with.</summary>
/// <param name="Ids">Joined by commas, in the order in which they are wanted.</param>
public sealed record FiguresAsked(string Ids, KpiScope Scope, KpiScope? Against);

public sealed record FiguresFound(IReadOnlyList<KpiFigure> Now, IReadOnlyList<KpiFigure> Before)
{
    public KpiFigure? Of(string id) => Now.FirstOrDefault(f => f.Kpi == id);

    public KpiFigure? BeforeOf(string id) => Before.FirstOrDefault(f => f.Kpi == id);
}

/// <summary>A figure by a dimension, and the steps of which it is made by the same.</summary>
public sealed record SharesAsked(string Id, KpiScope Scope, string Dimension, bool Steps);

/// <param name="Steps">By id of the step.</param>
public sealed record SharesFound(IReadOnlyList<KpiShare> Shares, IReadOnlyDictionary<string, IReadOnlyList<KpiShare>> Steps);

public sealed record CostsAsked(DateTimeOffset From, DateTimeOffset Until, string Zone, string? Brand);

public sealed record CostsFound(IReadOnlyList<KpiCostWeek> Weeks, IReadOnlyList<KpiAnnotation> Annotations, IReadOnlyList<KpiAssumption> Assumptions);

public sealed record NotesAsked(DateTimeOffset From, DateTimeOffset Until, string? Brand);

/// <summary>What the screens of key figures show: each question once for everybody who looks at the same on this node. What lasts is measured by the clock, so all of it is asked again now and then.</summary>
public sealed class KpiFeed : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SlowPace = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    private readonly ITimer ticker;

    public KpiFeed(LiveFeed live, KpiQueries queries, KpiSettings settings, KpiCosts costs, KpiPlaces places, TimeProvider clock, ILogger<KpiFeed> log)
    {
        Figures = new(key => new("The figures", live, LiveTopics.Kpis, Pace, cancel => FiguresAsync(queries, key, cancel), clock, log));
        Shares = new(key => new("The places", live, LiveTopics.Kpis, SlowPace, cancel => SharesAsync(queries, key, cancel), clock, log));
        Costs = new(key => new("The cost", live, LiveTopics.Kpis, SlowPace, cancel => CostsAsync(costs, settings, key, cancel), clock, log));
        Notes = new(key => new("What happened", live, LiveTopics.Kpis, Pace, async cancel => (IReadOnlyList<KpiAnnotation>)await settings.AnnotationsAsync(key.From, key.Until, key.Brand, cancel), clock, log));
        History = new(key => new("The targets", live, LiveTopics.Kpis, Pace, async cancel => (IReadOnlyList<KpiTarget>)await queries.TargetHistoryAsync(key, cancel), clock, log));
        Known = new("Brands and places", live, LiveTopics.Connections, SlowPace, places.ReadAsync, clock, log);
        ticker = clock.CreateTimer(_ => _ = Figures.AskAllAsync(), null, Again, Again);
    }

    public SharedQueries<FiguresAsked, FiguresFound> Figures { get; }

    public SharedQueries<SharesAsked, SharesFound> Shares { get; }

    public SharedQueries<CostsAsked, CostsFound> Costs { get; }

    public SharedQueries<NotesAsked, IReadOnlyList<KpiAnnotation>> Notes { get; }

    /// <summary>What a figure was to reach, by its id, the newest first.</summary>
    public SharedQueries<string, IReadOnlyList<KpiTarget>> History { get; }

    public SharedQuery<KpiKnown> Known { get; }

    public void Dispose()
    {
        ticker.Dispose();
        Figures.Dispose();
        Shares.Dispose();
        Costs.Dispose();
        Notes.Dispose();
        History.Dispose();
        Known.Dispose();
    }

    private static async Task<FiguresFound> FiguresAsync(KpiQueries queries, FiguresAsked asked, CancellationToken cancel)
    {
        var kpis = asked.Ids.Split(',').Select(id => KpiCatalogue.Find(id)!).ToList();
        var now = await queries.FiguresAsync(kpis, asked.Scope, cancel);
        return new FiguresFound(now, asked.Against is { } against ? await queries.FiguresAsync([.. kpis.Where(k => k.Source is not KpiSource.Level)], against, cancel) : []);
    }

    private static async Task<SharesFound> SharesAsync(KpiQueries queries, SharesAsked asked, CancellationToken cancel)
    {
        var shares = await queries.SharesAsync(KpiCatalogue.Find(asked.Id)!, asked.Scope, asked.Dimension, cancel);
        var steps = new Dictionary<string, IReadOnlyList<KpiShare>>(StringComparer.Ordinal);
        foreach (var step in asked.Steps ? KpiCatalogue.PartsOf(asked.Id) : [])
        {
            steps[step.Id] = await queries.SharesAsync(step, asked.Scope, asked.Dimension, cancel);
        }

        return new SharesFound(shares, steps);
    }

    private static async Task<CostsFound> CostsAsync(KpiCosts costs, KpiSettings settings, CostsAsked asked, CancellationToken cancel) => new(
        await costs.WeeksAsync(asked.From, asked.Until, asked.Zone, asked.Brand, cancel), await settings.AnnotationsAsync(asked.From, asked.Until, asked.Brand, cancel), await settings.AssumptionsAsync(cancel));
}
