using System.Globalization;
using ControlTower.Data.Exports;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>What the log of writes shows, as its address says it. Any address gives a query.</summary>
/// <param name="Days">Of so many last days; null: all that is kept.</param>
/// <param name="Waiting">Only what waits for a person.</param>
/// <param name="Change">Instead of the log: the writes that this change would not have taken.</param>
/// <param name="Left">Of those: only the ones after which no owner spoke.</param>
/// <param name="Before">The write below which the page begins.</param>
/// <param name="Open">The write that is open.</param>
public sealed record WritesQuery(string Domain, string Field, string Source, string Verdict, string Subject, int? Days, bool Waiting, int? Change, bool Left, long? Before, long? Open)
{
    public static WritesQuery Start { get; } = new("", "", "", "", "", null, false, null, false, null, null);

    public static IReadOnlyList<int> Periods { get; } = [1, 7, 30];

    public static IReadOnlyList<string> Verdicts { get; } = [Judgement.Blocked, Judgement.Quarantined, Judgement.LetThrough, Judgement.Filled];

    /// <summary>What is listed, whatever is open beside it.</summary>
    public WritesQuery Listed => this with { Open = null };

    /// <summary>The list from its top.</summary>
    public WritesQuery Top => this with { Open = null, Before = null };

    public bool Narrows => Domain.Length + Field.Length + Source.Length + Verdict.Length + Subject.Length > 0 || Days is not null;

    public static WritesQuery Parse(string uri)
    {
        var values = QueryText.Of(uri);
        var domain = OwnershipDomains.Find(values("domain"))?.Id ?? "";
        var days = QueryText.Number(values("days"));
        var change = QueryText.Number(values("change"));
        return new WritesQuery(
            domain, OwnershipDomains.Find(domain, values("field"))?.Id ?? "", values("source"), Verdicts.Contains(values("verdict"), StringComparer.Ordinal) ? values("verdict") : "", values("subject"),
            days is { } some && Periods.Contains(some) ? days : null, values("waiting") == "1", change, change is not null && values("left") == "1", QueryText.Long(values("before")), QueryText.Long(values("w")));
    }

    public OwnershipWriteFilter Filter(DateTimeOffset now) => new(Domain, Field, Source, Verdict, Subject, Days is { } days ? now.AddDays(-days) : null, Waiting);

    public ExportAsked Ask(ExportFormat format, DateTimeOffset now) => OwnershipWritesExport.Ask(Filter(now), format, Top.Href());

    public string Href() => QueryText.Href(
        Links.OwnershipWrites, ("domain", Domain), ("field", Field), ("source", Source), ("verdict", Verdict), ("subject", Subject), ("days", Days?.ToString(CultureInfo.InvariantCulture)), ("waiting", Waiting ? "1" : ""),
        ("change", Change?.ToString(CultureInfo.InvariantCulture)), ("left", Left ? "1" : ""), ("before", Before?.ToString(CultureInfo.InvariantCulture)), ("w", Open?.ToString(CultureInfo.InvariantCulture)));
}
