using System.Globalization;
using System.Text;
using ControlTower.Data.Kpis;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Kpis;

public enum KpiTab { Board, Operations, Finance, Merchandising }

/// <summary>Something in an address that nothing can be shown for.</summary>
/// <param name="Parameter">As it stands in the address.</param>
public sealed record KpiProblem(string Parameter, string Words);

/// <summary>What the screens of key figures show, as their address says it. What an address says wrongly is a problem, never left out in silence: another number would be shown than was asked for.</summary>
/// <param name="Period">One of <see cref="Periods"/>.</param>
/// <param name="From">First day of a free period; with <paramref name="To"/>, its last.</param>
/// <param name="Against">One of <see cref="Comparisons"/>.</param>
/// <param name="Zone">IANA id; empty: that of the stores.</param>
/// <param name="Brand">Empty, like the other places: all.</param>
/// <param name="Kpi">The figure whose steps are shown beside the board; empty: one that is made of steps, or the first.</param>
/// <param name="By">The dimension of the table of a figure's page.</param>
/// <param name="Only">Of a figure's rows: <c>over</c> the target, <c>hits</c>, or empty for all.</param>
/// <param name="Table">The chart as a table.</param>
public sealed record KpiQuery(
    KpiTab Tab = KpiTab.Board, string Period = KpiQuery.UsualPeriod, DateOnly? From = null, DateOnly? To = null, string Against = KpiQuery.UsualComparison, string Zone = "", string Brand = "", string Channel = "",
    string Store = "", string System = "", string Kpi = "", string By = "", string Only = "", bool Table = false)
{
    public const string UsualPeriod = "28d";
    public const string UsualComparison = "before";
    public const string Free = "free";

    public static IReadOnlyList<string> Periods { get; } = ["today", "7d", "28d", "12w", "12m", Free];

    public static IReadOnlyList<string> Comparisons { get; } = ["before", "week", "weekday", "year", "none"];

    /// <summary>What is wrong with the address, by itself; what only the database knows is not looked at.</summary>
    public IReadOnlyList<KpiProblem> Problems { get; init; } = [];

    /// <summary>The same narrowing and time, without what belongs to one screen.</summary>
    public KpiQuery Scope => new(KpiTab.Board, Period, From, To, Against, Zone, Brand, Channel, Store, System);

    public bool Equals(KpiQuery? other) => other is not null && other.Href("") == Href("") && other.Problems.SequenceEqual(Problems);

    public override int GetHashCode() => Href("").GetHashCode(StringComparison.Ordinal);

    public static KpiQuery Parse(string uri)
    {
        var asked = QueryText.Of(uri);
        var problems = new List<KpiProblem>();
        var (from, to) = (Day("from"), Day("to"));
        var period = OneOf("period", Periods, from is null && to is null ? UsualPeriod : Free);
        if (period == Free && (from is null || to is null))
        {
            problems.Add(new(from is null ? "from" : "to", "A free period needs a first and a last day. Write both as 2026-11-30."));
        }

        var tab = Enum.Parse<KpiTab>(OneOf("tab", [.. Enum.GetNames<KpiTab>().Select(t => t.ToLowerInvariant())], "board"), ignoreCase: true);
        var found = new KpiQuery(
            tab, period, from, to, OneOf("against", Comparisons, UsualComparison), asked("zone"), asked("brand"), asked("channel"), asked("store"), asked("system"), OneOf("kpi", [.. KpiCatalogue.All.Select(k => k.Id)], ""),
            OneOf("by", KpiQueries.Dimensions, ""), OneOf("only", ["over", "hits"], ""), asked("chart") == "table");
        return found with { Problems = problems };

        string OneOf(string name, IReadOnlyList<string> known, string otherwise)
        {
            var text = asked(name);
            if (text.Length > 0 && !known.Contains(text, StringComparer.Ordinal))
            {
                problems.Add(new(name, name == "kpi" ? $"There is no figure “{text}”. Choose one on the board." : $"“{text}” is not known. Choose one of {string.Join(", ", known)}."));
            }

            return text.Length > 0 && known.Contains(text, StringComparer.Ordinal) ? text : otherwise;
        }

        DateOnly? Day(string name)
        {
            if (asked(name) is not { Length: > 0 } text)
            {
                return null;
            }

            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                return day;
            }

            problems.Add(new(name, $"“{text}” is not a day. Write it as 2026-11-30."));
            return null;
        }
    }

    /// <summary>Narrowed to one place more, or free of it again.</summary>
    /// <param name="dimension">One of <see cref="KpiQueries.Dimensions"/>.</param>
    public KpiQuery With(string dimension, string id) => dimension switch
    {
        "brand" => this with { Brand = id },
        "channel" => this with { Channel = id },
        "store" => this with { Store = id },
        _ => this with { System = id },
    };

    /// <param name="path">The screen that it is the query of.</param>
    public string Href(string path)
    {
        var text = new StringBuilder();
        Put("tab", Tab is KpiTab.Board ? "" : Tab.ToString().ToLowerInvariant());
        Put("period", Period is UsualPeriod or Free ? "" : Period);
        Put("from", Period == Free ? Day(From) : "");
        Put("to", Period == Free ? Day(To) : "");
        Put("against", Against == UsualComparison ? "" : Against);
        Put("zone", Zone);
        Put("brand", Brand);
        Put("channel", Channel);
        Put("store", Store);
        Put("system", System);
        Put("kpi", Kpi);
        Put("by", By);
        Put("only", Only);
        Put("chart", Table ? "table" : "");
        return path + text;

        static string Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";

        void Put(string name, string value)
        {
            if (value.Length > 0)
            {
                text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }
}
