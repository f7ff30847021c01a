using System.Globalization;
using ControlTower.Data.Triage;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Overview;

/// <summary>One cause as a line of the overview. The bar is its share of the worst cause in the same currency.</summary>
public sealed record CauseLine(
    string Fingerprint, string Title, string Tag, string Cases, DateTimeOffset Since, string Value, string? More, string Width, string Css, string Icon, string Solid)
{
    public const int Most = 6;

    public static IReadOnlyList<CauseLine> Of(IReadOnlyList<Cause> causes, CultureInfo? culture)
    {
        var worst = causes.Where(cause => cause.Values.Count > 0).GroupBy(cause => cause.Values[0].Currency, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Max(cause => cause.Values[0].Amount), StringComparer.Ordinal);
        return [.. causes.Select(cause => Of(cause, worst, culture))];
    }

    /// <summary>What the list leaves out: <c>3 more causes · 40 cases · €2,582</c>.</summary>
    public static string Rest(IReadOnlyList<Cause> causes, CultureInfo? culture)
    {
        var rest = causes.Skip(Most).ToList();
        var values = rest.SelectMany(cause => cause.Values).GroupBy(value => value.Currency, StringComparer.Ordinal)
            .Select(group => new Data.Canonical.Money(group.Sum(value => value.Amount), group.Key)).ToList();
        var cases = rest.Sum(cause => cause.Count);
        return $"{Say.Count(rest.Count, culture)} more {(rest.Count == 1 ? "cause" : "causes")} · {CountOf(cases, culture)}{(values.Count == 0 ? "" : $" · {MoneyWords.Join(values, 2, culture)}")}";
    }

    private static CauseLine Of(Cause cause, Dictionary<string, decimal> worst, CultureInfo? culture)
    {
        var kind = FailureWords.Kind(cause.Failure);
        var look = Look.Of(Look.Of(kind));
        var value = cause.Values.Count > 0 ? cause.Values[0] : (Data.Canonical.Money?)null;
        var share = value is { } money && worst[money.Currency] > 0 ? (double)(money.Amount / worst[money.Currency]) : 0;
        return new CauseLine(
            cause.Fingerprint, cause.Title, Capital(Look.Tag(kind)), CountOf(cause.Count, culture), cause.FirstSeenAt, value is { } v ? Say.Money(v, MoneyStyle.Whole, culture) : Say.None,
            cause.Values.Count > 1 ? "+" + MoneyWords.More(cause.Values.Count - 1) : null, string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#}%"), look.Css, look.Icon, Look.Solid(look.Tone));
    }

    private static string CountOf(int count, CultureInfo? culture) => $"{Say.Count(count, culture)} {(count == 1 ? "case" : "cases")}";

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
