using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Shared;

/// <summary>Rising or falling, against a target. A null value breaks the line; fewer than two points give a dot.</summary>
public sealed partial class Sparkline : ComponentBase
{
    private readonly List<(string Line, string? Area)> runs = [];
    private (string X, string Y)? last;

    [Parameter, EditorRequired]
    public IReadOnlyList<double?> Values { get; set; } = [];

    [Parameter]
    public double? Target { get; set; }

    /// <summary>Null draws in the series colour.</summary>
    [Parameter]
    public Tone? Tone { get; set; }

    [Parameter]
    public int Width { get; set; } = 72;

    [Parameter]
    public int Height { get; set; } = 20;

    /// <summary>The finding in words. Without it the drawing is hidden from screen readers, because the number stands beside it.</summary>
    [Parameter]
    public string? Label { get; set; }

    private string Colour => Tone is { } tone ? Look.Solid(tone) : "var(--ct-c1)";

    private string State => Values.Count(value => value is not null) switch
    {
        < 2 => "few",
        _ when Values.Any(value => value is null) => "gap",
        _ when Values.Max() == Values.Min() => "flat",
        _ => "trend",
    };

    private string? TargetY => Target is { } target && Span is { } ? Number(Y(target)) : null;

    private (double Low, double High)? Span
    {
        get
        {
            var known = Values.OfType<double>().Where(double.IsFinite).ToList();
            if (known.Count == 0)
                return null;
            var all = Target is { } target ? known.Append(target) : known;
            return (all.Min(), all.Max());
        }
    }

    protected override void OnParametersSet()
    {
        runs.Clear();
        last = null;
        var run = new List<(double X, double Y)>();
        for (var i = 0; i < Values.Count; i++)
        {
            if (Values[i] is { } value && double.IsFinite(value))
            {
                run.Add((X(i), Y(value)));
                last = (Number(X(i)), Number(Y(value)));
            }
            else
            {
                Close(run);
            }
        }

        Close(run);
    }

    private void Close(List<(double X, double Y)> run)
    {
        if (run.Count > 1)
        {
            var line = new StringBuilder("M");
            foreach (var (x, y) in run)
                line.Append(CultureInfo.InvariantCulture, $"{x:0.#} {y:0.#} ");
            var area = string.Create(CultureInfo.InvariantCulture, $"{line}L{run[^1].X:0.#} {Height} L{run[0].X:0.#} {Height}Z");
            runs.Add((line.ToString(), area));
        }

        run.Clear();
    }

    private double X(int index) => Values.Count < 2 ? Width - 3 : 1 + (index * (Width - 4.0) / (Values.Count - 1));

    private double Y(double value)
    {
        var (low, high) = Span ?? (0, 1);
        return high <= low ? Height / 2.0 : Height - 3 - ((value - low) / (high - low) * (Height - 6));
    }

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
