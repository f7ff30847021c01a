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

    /// <summary>Closed because the target was read back: in the last 24 hours, or on the days that are asked for.</summary>
    Proven,

    /// <summary>Closed, however: in the last 24 hours, or on the days that are asked for.</summary>
    Closed,
}

/// <summary>What a view needs to know of whoever looks at it.</summary>
/// <param name="Zone">In which days begin and end; null for UTC.</param>
public sealed record DeskReader(Guid Me, DateTimeOffset Now, TimeZoneInfo? Zone = null);

public enum CaseTab { Response, Request, Attempts, History }

/// <summary>What the desk shows, as its address says it. Any address gives a query; parts that cannot be understood are named in <see cref="Wrong"/>.</summary>
/// <param name="Cause">Fingerprint of the chosen cause, or <see cref="AllCauses"/>; null for the first.</param>
/// <param name="Case">The case in the pane; null for a closed pane.</param>
public sealed record ExceptionsQuery(
    DeskView View, string Text, IReadOnlyList<string> Failures, IReadOnlyList<string> Systems, IReadOnlyList<string> Brands, string? Cause, long? Case, CaseTab Tab,
    IReadOnlyList<FilterField> Wrong)
{
    /// <summary>In the place of a fingerprint: the cases of all causes in one list.</summary>
    public const string AllCauses = "all";

    private const int MostValues = 20;
    private const int Longest = 300;

    /// <summary>Only cases of this batch.</summary>
    public long? Batch { get; init; }

    /// <summary>With <see cref="Batch"/>: only those that ended so in it.</summary>
    public string? Result { get; init; }

    /// <summary>Days on which the cases were opened.</summary>
    public DayRange Opened { get; init; } = DayRange.Any;

    /// <summary>Days on which they were closed; an address that asks for any shows closed cases.</summary>
    public DayRange Closed { get; init; } = DayRange.Any;

    /// <summary>Only what was tried at least so often, from 2 on; null for any number.</summary>
    public int? Attempts { get; init; }

    /// <summary>What they are about, of <see cref="CaseType.All"/>.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Ids of places at which goods of the order are set aside, or were handed over.</summary>
    public IReadOnlyList<string> Stores { get; init; } = [];

    public static ExceptionsQuery All { get; } = new(DeskView.MoneyFirst, "", [], [], [], null, null, CaseTab.Response, []);

    /// <summary>Failure kinds as stored and shown in addresses.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. Enum.GetValues<FailureKind>().Select(Fingerprint.Word)];

    private static readonly Dictionary<DeskView, string> Words = new()
    {
        [DeskView.OldestFirst] = "oldest", [DeskView.Mine] = "mine", [DeskView.Soon] = "soon", [DeskView.Retrying] = "retrying", [DeskView.Snoozed] = "snoozed", [DeskView.Proven] = "proven",
        [DeskView.Closed] = "closed",
    };

    public bool IsClosed => IsOver(View);

    public bool IsAll => Cause == AllCauses;

    /// <summary>The fingerprint of the one cause that is named; null if none is.</summary>
    public string? OneCause => IsAll ? null : Cause;

    /// <summary>As one narrows or turns to another view: a cause that was chosen is let go of, all causes stay all.</summary>
    public ExceptionsQuery Anew => this with { Cause = IsAll ? Cause : null, Case = null, Wrong = [] };

    /// <summary>The view shows closed cases.</summary>
    public static bool IsOver(DeskView view) => view is DeskView.Closed or DeskView.Proven;

    public bool IsNarrowed => Text.Length > 0 || Batch is not null || Attempts is not null || !Opened.IsAny || !Closed.IsAny || Failures.Count + Systems.Count + Brands.Count + Types.Count + Stores.Count > 0;

    public static ExceptionsQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        if (at < 0)
        {
            return All;
        }

        var parts = QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        List<FilterField> wrong = [];
        string Text(string name, int longest = Longest) =>
            parts.TryGetValue(name, out var values) && values is [{ } text, ..] ? new string([.. text.Where(c => !char.IsControl(c)).Take(longest)]) : "";
        void Refuse(string name, string value, string help) => wrong.Add(new FilterField(name, value.Length > 24 ? value[..24] + "…" : value, help));
        IReadOnlyList<string> Each(string name, IReadOnlyList<string>? known = null, string what = "")
        {
            var given = parts.TryGetValue(name, out var values) ? values.OfType<string>().Where(v => v.Length > 0).Distinct().ToList() : [];
            var good = given.Where(v => v.Length <= 80 && !v.Any(char.IsControl) && known?.Contains(v) != false).Take(MostValues).ToList();
            if (given.Except(good).FirstOrDefault() is { } strange)
            {
                Refuse(name, strange, good.Count == MostValues ? $"At most {MostValues} at once." : known is null ? "This is no name of one." : $"There is no {what} \"{strange}\". Choose one of {string.Join(", ", known)}.");
            }

            return good;
        }

        string? OneOf(string name, IEnumerable<string> known)
        {
            var text = Text(name);
            if (text.Length == 0 || known.Contains(text))
            {
                return text.Length == 0 ? null : text;
            }

            Refuse(name, text, $"There is no {name} \"{text}\". Choose one of {string.Join(", ", known)}.");
            return null;
        }

        DateOnly? Day(string name)
        {
            if (Text(name) is { Length: > 0 } text && DayRange.Read(text) is null)
            {
                Refuse(name, text, "Write a day like 2026-11-26.");
            }

            return DayRange.Read(Text(name));
        }

        DayRange Days(string name)
        {
            var days = new DayRange(Day(name + "From"), Day(name + "To"));
            if (days.From > days.To)
            {
                Refuse(name, days.ToString(), "The first day is after the last. Swap them.");
                return DayRange.Any;
            }

            return days;
        }

        var batch = long.TryParse(Text("batch").TrimStart('B', 'b', '-'), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (long?)null;
        if (batch is null && Text("batch") is { Length: > 0 } unread)
        {
            Refuse("batch", unread, $"\"{unread}\" is no batch. Write its number, such as 12 or B-12.");
        }

        var attempts = int.TryParse(Text("attempts"), NumberStyles.None, CultureInfo.InvariantCulture, out var tries) && tries is >= 2 and <= 1_000 ? tries : (int?)null;
        if (attempts is null && Text("attempts") is { Length: > 0 } unknown)
        {
            Refuse("attempts", unknown, "Write a number from 2 to 1000: cases that were tried at least so often.");
        }

        var view = OneOf("view", Words.Values) is { } word ? Words.First(known => known.Value == word).Key : DeskView.MoneyFirst;
        var closed = Days("closed");
        return new ExceptionsQuery(
            closed.IsAny || view is DeskView.Proven ? view : DeskView.Closed,
            Text("q", OrderSearchText.MaxLength), Each("failure", Kinds, "failure kind"), Each("system"), Each("brand"),
            Text("cause") is { Length: > 0 } cause ? cause : null,
            long.TryParse(Text("case").TrimStart('C', 'c', '-'), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null,
            Text("tab") switch { "request" => CaseTab.Request, "attempts" => CaseTab.Attempts, "history" => CaseTab.History, _ => CaseTab.Response }, wrong)
        {
            Batch = batch, Result = batch is null ? null : OneOf("result", BatchWords.Results),
            Attempts = attempts, Types = Each("type", CaseType.All, "message type"), Stores = Each("store"), Opened = Days("opened"), Closed = closed,
        };
    }

    /// <summary>The filter of the whole desk; the cause is added for the list.</summary>
    public CaseFilter Filter(DeskReader reader)
    {
        var (opened, closed) = (Opened.In(reader.Zone), Closed.In(reader.Zone));
        return new CaseFilter
        {
            States = View switch { DeskView.Retrying => ["retrying"], DeskView.Proven => ["resolved"], DeskView.Closed => ["resolved", "discarded"], _ => [] },
            ClosedFrom = IsClosed && Closed.IsAny ? reader.Now.AddDays(-1) : closed.From, ClosedBefore = closed.Before,
            OpenedFrom = opened.From, OpenedBefore = opened.Before, Types = Types,
            ProvenOnly = View is DeskView.Proven,
            Assignee = View is DeskView.Mine ? reader.Me : null,
            Shelved = View switch { DeskView.Snoozed => true, _ => null },
            DueSoon = View is DeskView.Soon,
            Failures = Failures, Connections = Systems, Brands = Brands, Stores = Stores, Text = OrderSearchText.Parse(Text),
            AttemptsFrom = Attempts, Batch = Batch, BatchResult = Batch is null ? null : Result,
            Sort = View switch { DeskView.OldestFirst => CaseSort.Oldest, DeskView.Closed or DeskView.Proven => CaseSort.Newest, _ => CaseSort.Value },
        };
    }

    public string Href()
    {
        var text = new StringBuilder();
        Put(text, "view", Words.GetValueOrDefault(View));
        Put(text, "q", Text);
        foreach (var (name, values) in Lists)
        {
            foreach (var value in values)
            {
                Put(text, name, value);
            }
        }

        Put(text, "openedFrom", DayRange.Write(Opened.From));
        Put(text, "openedTo", DayRange.Write(Opened.To));
        Put(text, "closedFrom", DayRange.Write(Closed.From));
        Put(text, "closedTo", DayRange.Write(Closed.To));
        Put(text, "attempts", Attempts?.ToString(CultureInfo.InvariantCulture));
        Put(text, "batch", Batch?.ToString(CultureInfo.InvariantCulture));
        Put(text, "result", Batch is null ? null : Result);
        Put(text, "cause", Cause);
        Put(text, "case", Case?.ToString(CultureInfo.InvariantCulture));
        Put(text, "tab", Tab is CaseTab.Response ? null : Tab.ToString().ToLowerInvariant());
        return Links.Exceptions + text;
    }

    /// <summary>The cases of this query as a file: of the named cause, or of all.</summary>
    public ExportAsked Ask(ExportFormat format, DeskReader reader) => CaseExport.Ask(Filter(reader) with { Fingerprint = OneCause }, format, AsList.Href());

    /// <summary>The list alone, without a case in the pane.</summary>
    public ExceptionsQuery AsList => this with { Case = null, Tab = CaseTab.Response, Wrong = [] };

    /// <summary>True if both show the same list; case and tab may differ.</summary>
    public bool SameListAs(ExceptionsQuery other) => (this with { Case = null, Tab = CaseTab.Response }).Href() == (other with { Case = null, Tab = CaseTab.Response }).Href();

    public IReadOnlyList<FilterField> Fields()
    {
        List<FilterField> fields = [];
        foreach (var (name, values) in Lists)
        {
            if (values.Count > 0)
            {
                fields.Add(new FilterField(name, string.Join(", ", name switch { "failure" => values.Select(CaseWording.Tag), "type" => values.Select(CaseWording.Type), _ => values })));
            }
        }

        foreach (var (name, days) in new[] { ("opened", Opened), ("closed", Closed) })
        {
            if (!days.IsAny)
            {
                fields.Add(new FilterField(name, days.ToString()));
            }
        }

        if (Attempts is { } attempts)
        {
            fields.Add(new FilterField("attempts", string.Create(CultureInfo.InvariantCulture, $"{attempts} or more")));
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
        "type" => this with { Types = [] },
        "store" => this with { Stores = [] },
        "opened" => this with { Opened = DayRange.Any },
        "closed" => this with { Closed = DayRange.Any },
        "attempts" => this with { Attempts = null },
        "batch" => this with { Batch = null, Result = null },
        _ => this,
    }).Anew;

    private IEnumerable<(string Name, IReadOnlyList<string> Values)> Lists => [("failure", Failures), ("system", Systems), ("brand", Brands), ("store", Stores), ("type", Types)];

    private static void Put(StringBuilder text, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
