using System.Globalization;
using System.Text;
using ControlTower.Data.Connections;
using ControlTower.Data.Overview;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Overview;

/// <summary>Something that happened while the chart ran, with the letter that marks it.</summary>
public sealed record ChartNote(string Letter, string X, string Time, string Text);

/// <summary>The geometry of the orders chart: plain numbers as SVG text, drawn on 452 × 206 with the plot from (30, 12) to (446, 180).</summary>
public sealed record MinutesDrawing(
    string Captured, string Acknowledged, IReadOnlyList<(string Y, string TextY, string Label)> Grid, IReadOnlyList<(string X, string Label)> Ticks, IReadOnlyList<ChartNote> Notes)
{
    private const double Left = 30, Right = 446, Top = 12, Bottom = 180;
    private const int MostNotes = 6;

    public static MinutesDrawing Of(OrderMinutes shown, TimeZoneInfo zone)
    {
        var minutes = shown.Minutes;
        var most = Nice(Math.Max(3, minutes.Max(minute => Math.Max(minute.Captured, minute.Acknowledged))));
        var (first, last) = (minutes[0].At, minutes[^1].At);
        double X(DateTimeOffset at) => Left + ((at - first) / (last - first) * (Right - Left));
        double Y(double count) => Bottom - (count / most * (Bottom - Top));
        string Time(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, zone).ToString("HH:mm", CultureInfo.InvariantCulture);

        var ticks = minutes.Where(minute => minute.At.Minute % 20 == 10 && X(minute.At) is > Left + 14 and < Right - 12).Select(minute => (N(X(minute.At)), Time(minute.At)));
        var grid = Enumerable.Range(0, 4).Select(i => most * i / 3).Select(count => (N(Y(count)), N(Y(count) + 4), count.ToString("0.#", CultureInfo.InvariantCulture)));
        var notes = CircuitTurns.Told(shown.Turns).Where(turn => turn.At >= first && turn.At <= last.AddMinutes(1)).TakeLast(MostNotes)
            .Select((turn, i) => new ChartNote(((char)('A' + i)).ToString(), N(Math.Min(X(turn.At), Right)), Time(turn.At), Words(turn)));
        return new MinutesDrawing(
            Path(minutes.Select(m => (X(m.At), Y(m.Captured)))), Path(minutes.Select(m => (X(m.At), Y(m.Acknowledged)))), [.. grid], [.. ticks], [.. notes]);
    }

    /// <summary>The finding, for people who cannot see the lines.</summary>
    public static string Finding(OrderMinutes shown)
    {
        var last = shown.Minutes.TakeLast(10).ToList();
        var (captured, acknowledged) = (last.Sum(m => m.Captured), last.Sum(m => m.Acknowledged));
        return string.Create(CultureInfo.InvariantCulture, $"Orders per minute, last {RollingMinutes.Shown} minutes. In the last ten {captured} were captured and {acknowledged} acknowledged.");
    }

    private static string Words(ConnectionTurn turn) => turn.What switch
    {
        "open" => turn.Reason is { Length: > 0 } reason ? $"{turn.Connection}: circuit opened, {Short(reason)}" : $"{turn.Connection}: circuit opened",
        "half-open" => $"{turn.Connection}: circuit half-open, trying",
        "closed" => $"{turn.Connection}: circuit closed",
        "paused" => turn.Reason is { Length: > 0 } reason ? $"{turn.Connection} paused: {Short(reason)}" : $"{turn.Connection} paused",
        _ => $"{turn.Connection} resumed",
    };

    // A reason goes on after a comma or colon.
    private static string Short(string text)
    {
        var reason = text.TrimEnd('.');
        reason = reason.Length > 1 && char.IsUpper(reason[0]) && char.IsLower(reason[1]) ? char.ToLowerInvariant(reason[0]) + reason[1..] : reason;
        return reason.Length <= 60 ? reason : reason[..59] + "…";
    }

    private static string Path(IEnumerable<(double X, double Y)> points)
    {
        var path = new StringBuilder("M");
        foreach (var (x, y) in points)
            path.Append(CultureInfo.InvariantCulture, $"{x:0.#} {y:0.#} ");
        return path.ToString();
    }

    /// <summary>The next number above that divides into three readable steps.</summary>
    private static double Nice(double most)
    {
        var unit = Math.Pow(10, Math.Floor(Math.Log10(most)));
        return new[] { 1.5, 3, 6, 9, 15 }.Select(step => step * unit).First(candidate => candidate >= most);
    }

    private static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
