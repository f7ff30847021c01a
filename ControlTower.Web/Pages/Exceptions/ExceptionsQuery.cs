using System.Globalization;
using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Data.Exports;
using ControlTower.Data.Flows;
using ControlTower.Data.Triage;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Triage;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Exceptions;

public enum DeskView
{
    MoneyFirst,
    OldestFirst,

    /// <summary>In the hands of whoever looks.</summary>
    Mine,

    /// <summary>Late within the hour.</summary>
    Soon,
    Retrying,

    /// <summary>Kept off the board: snoozed, or on hold.</summary>
    Snoozed,

    /// <summary>Closed because the target was read back, in the last 24 hours.</summary>
    Proven,

    /// <summary>Closed in the last 24 hours, however.</summary>
    Closed,
}

/// <summary>What a view needs to know of whoever looks at it.</summary>
public sealed record DeskReader(Guid Me, DateTimeOffset Now);

public enum CaseTab { Response, Request, Attempts, History }

/// <summary>What the desk shows, as its address says it. Any address gives a query; parts that cannot be understood are named in <see cref="Wrong"/>.</summary>
/// <param name="Cause">Fingerprint of the chosen cause; null for the first.</param>
/// <param name="Case">The case in the pane; null for a closed pane.</param>
public sealed record ExceptionsQuery(
    DeskView View, string Text, IReadOnlyList<string> Failures, IReadOnlyList<string> Systems, IReadOnlyList<string> Brands, string? Cause, long? Case, CaseTab Tab,
    IReadOnlyList<FilterField> Wrong)
{
    private const int MostValues = 20;
    private const int Longest = 300;

    /// <summary>Only cases of this batch.</summary>
    public long? Batch { get; init; }

    /// <summary>With <see cref="Batch"/>: only those that ended so in it.</summary>
    public string? Result { get; init; }

    public static ExceptionsQuery All { get; } = new(DeskView.MoneyFirst, "", [], [], [], null, null, CaseTab.Response, []);

    /// <summary>Failure kinds as stored and shown in addresses.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. Enum.GetValues<FailureKind>().Select(Fingerprint.Word)];

    private static readonly Dictionary<DeskView, string> Words = new()
    {
        [DeskView.OldestFirst] = "oldest", [DeskView.Mine] = "mine", [DeskView.Soon] = "soon", [DeskView.Retrying] = "retrying", [DeskView.Snoozed] = "snoozed", [DeskView.Proven] = "proven",
        [DeskView.Closed] = "closed",
    };

    public bool IsClosed => View is DeskView.Closed or DeskView.Proven;

    public bool IsNarrowed => Text.Length > 0 || Batch is not null || Failures.Count + Systems.Count + Brands.Count > 0;

    public static ExceptionsQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        if (at < 0)
        {
            return All;
        }

        var parts = QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        string Text(string name, int longest = Longest) =>
            parts.TryGetValue(name, out var values) && values is [{ } text, ..] ? new string([.. text.Where(c => !char.IsControl(c)).Take(longest)]) : "";
        IReadOnlyList<string> Each(string name) =>
            parts.TryGetValue(name, out var values) ? [.. values.OfType<string>().Where(v => v.Length is > 0 and <= 80 && !v.Any(char.IsControl)).Distinct().Take(MostValues)] : [];
        List<FilterField> wrong = [];
        var kinds = Each("failure");
        if (kinds.FirstOrDefault(kind => !Kinds.Contains(kind)) is { } strange)
        {
            wrong.Add(new FilterField("failure", strange, $"There is no failure kind \"{strange}\". Choose one of {string.Join(", ", Kinds)}."));
        }

        var batch = long.TryParse(Text("batch").TrimStart('B', 'b', '-'), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (long?)null;
        if (batch is null && Text("batch") is { Length: > 0 } unread)
        {
            wrong.Add(new FilterField("batch", unread, $"\"{unread}\" is no batch. Write its number, such as 12 or B-12."));
        }

        return new ExceptionsQuery(
            Words.FirstOrDefault(word => word.Value == Text("view")).Key,
            Text("q", OrderSearchText.MaxLength), [.. kinds.Where(Kinds.Contains)], Each("system"), Each("brand"),
            Text("cause") is { Length: > 0 } cause ? cause : null,
            long.TryParse(Text("case").TrimStart('C', 'c', '-'), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null,
            Text("tab") switch { "request" => CaseTab.Request, "attempts" => CaseTab.Attempts, "history" => CaseTab.History, _ => CaseTab.Response }, wrong)
        {
            Batch = batch, Result = batch is null ? null : BatchWords.Results.FirstOrDefault(result => result == Text("result")),
        };
    }

    /// <summary>The filter of the whole desk; the cause is added for the list.</summary>
    public CaseFilter Filter(DeskReader reader) => new()
    {
        States = View switch { DeskView.Retrying => ["retrying"], DeskView.Proven => ["resolved"], DeskView.Closed => ["resolved", "discarded"], _ => [] },
        ClosedFrom = IsClosed ? reader.Now.AddDays(-1) : null,
        ProvenOnly = View is DeskView.Proven,
        Assignee = View is DeskView.Mine ? reader.Me : null,
        Shelved = View switch { DeskView.Snoozed => true, _ => null },
        DueSoon = View is DeskView.Soon,
        Failures = Failures, Connections = Systems, Brands = Brands, Text = OrderSearchText.Parse(Text),
        Batch = Batch, BatchResult = Batch is null ? null : Result,
        Sort = View switch { DeskView.OldestFirst => CaseSort.Oldest, DeskView.Closed or DeskView.Proven => CaseSort.Newest, _ => CaseSort.Value },
    };

    public string Href()
    {
        var text = new StringBuilder();
        Put(text, "view", Words.GetValueOrDefault(View));
        Put(text, "q", Text);
        foreach (var (name, values) in new[] { ("failure", Failures), ("system", Systems), ("brand", Brands) })
        {
            foreach (var value in values)
            {
                Put(text, name, value);
            }
        }

        Put(text, "batch", Batch?.ToString(CultureInfo.InvariantCulture));
        Put(text, "result", Batch is null ? null : Result);
        Put(text, "cause", Cause);
        Put(text, "case", Case?.ToString(CultureInfo.InvariantCulture));
        Put(text, "tab", Tab is CaseTab.Response ? null : Tab.ToString().ToLowerInvariant());
        return Links.Exceptions + text;
    }

    /// <summary>The cases of this query as a file: of the named cause, or of all.</summary>
    public ExportAsked Ask(ExportFormat format, DeskReader reader) => CaseExport.Ask(Filter(reader) with { Fingerprint = Cause }, format, AsList.Href());

    /// <summary>The list alone, without a case in the pane.</summary>
    public ExceptionsQuery AsList => this with { Case = null, Tab = CaseTab.Response, Wrong = [] };

    /// <summary>True if both show the same list; case and tab may differ.</summary>
    public bool SameListAs(ExceptionsQuery other) => (this with { Case = null, Tab = CaseTab.Response }).Href() == (other with { Case = null, Tab = CaseTab.Response }).Href();

    public IReadOnlyList<FilterField> Fields()
    {
        List<FilterField> fields = [];
        foreach (var (name, values) in new[] { ("failure", Failures), ("system", Systems), ("brand", Brands) })
        {
            if (values.Count > 0)
            {
                fields.Add(new FilterField(name, string.Join(", ", name == "failure" ? values.Select(CaseWording.Tag) : values)));
            }
        }

        if (Batch is { } batch)
        {
            fields.Add(new FilterField("batch", string.Create(CultureInfo.InvariantCulture, $"B-{batch}") + (Result is null ? "" : $", {Result}")));
        }

        return [.. fields, .. Wrong];
    }

    public ExceptionsQuery Without(string field) => (field switch
    {
        "failure" => this with { Failures = [] },
        "system" => this with { Systems = [] },
        "brand" => this with { Brands = [] },
        "batch" => this with { Batch = null, Result = null },
        _ => this,
    }) with { Wrong = [], Cause = null, Case = null };

    private static void Put(StringBuilder text, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
