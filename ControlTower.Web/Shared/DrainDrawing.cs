using System.Globalization;
using System.Text;

namespace ControlTower.Web.Shared;

/// <summary>The geometry of <see cref="DrainForecast"/>: plain numbers as SVG text, drawn on 716 × 204 with the plot from (44, 16) to (706, 176).</summary>
internal sealed record DrainDrawing(
    IReadOnlyList<DrainDrawing.Mark> Grid, IReadOnlyList<DrainDrawing.Mark> Ticks, IReadOnlyList<DrainDrawing.Stretch> Bands,
    string? Line, string? Area, string? Ahead, string? Fan, string NowX, string NowY, string EndX)
{
    private const double Left = 44, Right = 706, Top = 22, Bottom = 176;

    public static readonly DrainDrawing Empty = new([], [], [], null, null, null, null, "44", "176", "44");

    internal sealed record Mark(string At, string TextAt, string Label);

    internal sealed record Stretch(string X, string Width, string Middle, string Anchor, string Css, string Label);

    public static DrainDrawing Of(
        IReadOnlyList<DrainPoint> history, DrainEnd? end, DateTimeOffset now, IReadOnlyList<DrainBand> bands, Func<DateTimeOffset, string> time)
    {
        var from = history.Count > 0 ? history[0].At : now - TimeSpan.FromHours(1);
        if (from >= now)
            from = now - TimeSpan.FromMinutes(1);
        var to = end is null ? now + ((now - from) / 8) : end.High + ((end.High - from) / 16);
        var most = Nice(Math.Max(4, history.Select(point => point.Count).DefaultIfEmpty(0).Max()));
        double X(DateTimeOffset at) => Math.Clamp(Left + ((at - from) / (to - from) * (Right - Left)), Left, Right);
        double Y(double count) => Bottom - (Math.Clamp(count, 0, most) / most * (Bottom - Top));

        var grid = Enumerable.Range(0, 5).Select(i => most * i / 4)
            .Select(count => new Mark(N(Y(count)), N(Y(count) + 4), Say.Count((long)count))).ToList();
        var ticks = Steps(from, to).Select(at => new Mark(N(X(at)), "", time(at))).ToList();
        var stretches = Stretches(bands.Where(band => band.To > from && band.From < to).Select(band => (X(band.From), X(band.To), band)));
        var count = history.Count > 0 ? history[^1].Count : 0;
        var line = history.Count < 2 ? null : Path(history.Select(point => (X(point.At), Y(point.Count))));
        var area = line is null ? null : string.Create(CultureInfo.InvariantCulture, $"{line}L{X(history[^1].At):0.#} {Bottom} L{X(history[0].At):0.#} {Bottom}Z");
        var start = (X(now), Y(count));
        return new(grid, ticks, stretches, line, area,
            end is null ? null : Path([start, (X(end.Likely), Bottom)]),
            end is null ? null : Path([start, (X(end.Low), Bottom), (X(end.High), Bottom)]) + "Z",
            N(start.Item1), N(start.Item2), end is null ? N(Left) : N(X(end.Likely)));
    }

    private static string Path(IEnumerable<(double X, double Y)> points)
    {
        var path = new StringBuilder("M");
        foreach (var (x, y) in points)
            path.Append(CultureInfo.InvariantCulture, $"{x:0.#} {y:0.#} ");
        return path.ToString();
    }

    /// <summary>A round number at or above, so that the axis has readable steps.</summary>
    private static double Nice(double most)
    {
        var unit = Math.Pow(10, Math.Floor(Math.Log10(most)));
        return new[] { 1, 2, 4, 6, 8, 10 }.Select(step => step * unit).First(candidate => candidate >= most);
    }

    private static IEnumerable<DateTimeOffset> Steps(DateTimeOffset from, DateTimeOffset to)
    {
        double[] minutes = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880, 10080];
        var step = TimeSpan.FromMinutes(minutes.FirstOrDefault(m => (to - from).TotalMinutes / m <= 7, 43200));
        var first = new DateTimeOffset((from.UtcTicks / step.Ticks * step.Ticks) + step.Ticks, TimeSpan.Zero);
        for (var at = first; at < to; at += step)
            yield return at;
    }

    private static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    // A label wider than its band ends at the band's right edge, where the line of now would cut it otherwise. One that would run into the last is left out: its colour says it.
    private static List<Stretch> Stretches(IEnumerable<(double From, double To, DrainBand Band)> bands)
    {
        const double Letter = 6.5;
        var taken = double.MinValue;
        List<Stretch> stretches = [];
        foreach (var (from, to, band) in bands)
        {
            var wide = band.Label.Length * Letter;
            var fits = wide < to - from;
            var begins = fits ? ((from + to) / 2) - (wide / 2) : to - 4 - wide;
            var label = begins < taken ? "" : band.Label;
            taken = label.Length == 0 ? taken : begins + wide;
            stretches.Add(new Stretch(N(from), N(to - from), N(fits ? (from + to) / 2 : to - 4), fits ? "middle" : "end", Look.Class(band.Tone), label));
        }

        return stretches;
    }
}
