using System.Globalization;
using ControlTower.Data.Kpis;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>A step of a figure as a bar against its limit, in percent of the longest.</summary>
/// <param name="Limit">Null where the step has none.</param>
public sealed record KpiStep(KpiDefinition Kpi, string Value, string Width, string? Limit, Status? Status, string Word)
{
    // The longest bar or limit leaves some of the track free, so that a limit at its end is seen.
    private const double Room = 1.1;

    public static IReadOnlyList<KpiStep> Of(IReadOnlyList<KpiDefinition> parts, FiguresFound found, CultureInfo? culture)
    {
        var figures = parts.Select(part => (Part: part, Figure: found.Of(part.Id))).Where(p => p.Figure is not null).ToList();
        var most = figures.Select(p => Math.Max(p.Figure!.Value ?? 0, p.Figure.Target?.Value ?? 0)).DefaultIfEmpty().Max() * Room;
        return [.. figures.Select(p => Of(p.Part, p.Figure!, most, culture))];
    }

    private static KpiStep Of(KpiDefinition part, KpiFigure figure, double most, CultureInfo? culture)
    {
        var state = KpiWords.State(part, figure);
        var limit = figure.Target?.Value;
        return new KpiStep(
            part, figure is { N: > 0, Value: { } value } ? KpiWords.Number(part, value, culture) : Say.None, Share(figure.N > 0 ? figure.Value ?? 0 : 0, most), limit is { } at ? Share(at, most) : null, state?.Status,
            figure.N == 0 ? "nothing measured" : limit is not { } l ? "" : $"{(state?.Status is Shared.Status.Ok ? "within" : "limit")} {KpiWords.Number(part, l, culture)}");
    }

    private static string Share(double value, double most) => (most > 0 ? Math.Min(100, 100 * value / most) : 0).ToString("0.#", CultureInfo.InvariantCulture);
}

/// <summary>A place where a figure is worst.</summary>
/// <param name="Longest">The step that takes longest there; null where the figure is not made of steps of time.</param>
public sealed record KpiWorst(KpiShare Share, string? Longest)
{
    public static IReadOnlyList<KpiWorst> Of(KpiDefinition kpi, SharesFound found, int most)
    {
        var known = found.Shares.Where(s => s.Key.Length > 0 && s.Figure.N >= kpi.Least && (kpi.Source is KpiSource.Level || s.Figure.Value is not null));
        var ranked = kpi.Source is KpiSource.Level ? known.OrderByDescending(s => s.Figure.N) : kpi.LowerIsBetter ? known.OrderByDescending(s => s.Figure.Value) : known.OrderBy(s => s.Figure.Value);
        return [.. ranked.Take(most).Select(s => new KpiWorst(s, LongestOf(kpi, found, s.Key)))];
    }

    private static string? LongestOf(KpiDefinition kpi, SharesFound found, string place)
    {
        if (kpi.Unit != KpiUnit.Seconds || found.Steps.Count == 0)
        {
            return null;
        }

        return found.Steps.Select(step => (step.Key, Value: step.Value.FirstOrDefault(s => s.Key == place)?.Figure.Value)).Where(s => s.Value is not null).OrderByDescending(s => s.Value)
            .Select(s => KpiCatalogue.Find(s.Key)!.Title).FirstOrDefault() ?? Say.None;
    }
}
