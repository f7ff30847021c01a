namespace ControlTower.Data.Kpis;

/// <summary>What was measured in one stretch of time.</summary>
internal sealed class KpiBin
{
    public long N { get; set; }

    public long Open { get; set; }

    public long Hits { get; set; }

    public double Seconds { get; set; }

    public KpiSketch Sketch { get; } = new();
}

/// <summary>What was measured of one figure, by the steps of its curve.</summary>
internal sealed class KpiMeasured
{
    private readonly SortedDictionary<DateTimeOffset, KpiBin> bins = [];

    public KpiBin Total { get; } = new();

    public void Count(DateTimeOffset step, long n, long hits, double seconds = 0, bool open = false)
    {
        foreach (var bin in new[] { Bin(step), Total })
        {
            bin.N += n;
            bin.Hits += hits;
            bin.Seconds += seconds;
            bin.Open += open ? n : 0;
        }
    }

    public void Mark(DateTimeOffset step, int mark, long n)
    {
        Bin(step).Sketch.Add(mark, n);
        Total.Sketch.Add(mark, n);
    }

    public IReadOnlyList<KpiPoint> Curve(KpiDefinition kpi) => [.. bins.Select(b => new KpiPoint(b.Key, b.Value.N, ValueOf(kpi, b.Value)))];

    /// <summary>The figure of a bin; null if nothing was measured.</summary>
    public static double? ValueOf(KpiDefinition kpi, KpiBin bin) => bin.N == 0 ? null : kpi.Statistic switch
    {
        KpiStatistic.P90 => bin.Sketch.Quantile(0.9),
        KpiStatistic.P95 => bin.Sketch.Quantile(0.95),
        KpiStatistic.Mean => bin.Seconds / bin.N,
        KpiStatistic.Share => Math.Abs((double)bin.Hits) / bin.N,
        KpiStatistic.Beyond => (double)bin.Sketch.Beyond(kpi.Limit!.Value) / bin.N,
        _ => null,
    };

    /// <summary>The figure over all, with all that a tile and a page say of it.</summary>
    public KpiFigure Figure(KpiDefinition kpi, KpiTarget? target, DateTimeOffset? completeTo)
    {
        var spans = kpi.Unit == KpiUnit.Seconds || kpi.Statistic == KpiStatistic.Beyond;
        var limit = kpi.Limit ?? (kpi.Unit == KpiUnit.Seconds ? target?.Value : null);
        return new(
            kpi.Id, Total.N, Total.Open, spans ? limit is { } l ? Total.Sketch.Beyond(l) : 0 : Total.Hits, ValueOf(kpi, Total), Total.Sketch.Quantile(0.5), Total.Sketch.Quantile(0.9), Total.Sketch.Quantile(0.95),
            Total.Sketch.Quantile(0.99), spans && Total.N > 0 ? Total.Seconds / Total.N : null, [], Curve(kpi), target, completeTo, []);
    }

    private KpiBin Bin(DateTimeOffset step) => bins.TryGetValue(step, out var bin) ? bin : bins[step] = new KpiBin();
}
