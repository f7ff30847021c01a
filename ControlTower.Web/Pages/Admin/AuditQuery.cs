using System.Globalization;
using System.Text;
using ControlTower.Data.Audit;
using ControlTower.Data.Exports;
using ControlTower.Data.Flows;
using ControlTower.Sync.Exports;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Admin;

/// <summary>What the audit page shows, as its address says it. Any address gives a query; parts that cannot be understood are named in <see cref="Wrong"/>.</summary>
/// <param name="Person">The account's id, or <see cref="Nobody"/>.</param>
/// <param name="Words">Words of the reason.</param>
/// <param name="From">First day, by the store's calendar.</param>
/// <param name="To">Last day.</param>
/// <param name="Before">The page goes on below this entry; null for the newest.</param>
/// <param name="Open">The entry that is shown whole.</param>
public sealed record AuditQuery(
    string Person, string Act, string Outcome, string Subject, string Words, DateOnly? From, DateOnly? To, long? Before, long? Open, IReadOnlyList<FilterField> Wrong)
{
    /// <summary>As a person: whoever has no account.</summary>
    public const string Nobody = "nobody";

    private const int LongestAct = 100;

    public static AuditQuery All { get; } = new("", "", "", "", "", null, null, null, null, []);

    public static IReadOnlyList<string> Outcomes { get; } = ["done", "refused", "failed"];

    public bool IsNarrowed => Person.Length + Act.Length + Outcome.Length + Subject.Length + Words.Length > 0 || From is not null || To is not null;

    public static AuditQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        if (at < 0)
        {
            return All;
        }

        var parts = QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        List<FilterField> wrong = [];
        string Text(string name, int longest = OrderSearchText.MaxLength) =>
            parts.TryGetValue(name, out var values) && values is [{ } text, ..] ? new string([.. text.Where(c => !char.IsControl(c)).Take(longest)]).Trim() : "";
        string Only(string name, Func<string, bool> fits, string help)
        {
            var text = Text(name);
            if (text.Length == 0 || fits(text))
            {
                return text;
            }

            wrong.Add(new FilterField(name, text.Length > 24 ? text[..24] + "…" : text, help));
            return "";
        }

        const string Days = "Write a day like 2026-11-26.";
        return new AuditQuery(
            Only("person", text => text == Nobody || Guid.TryParse(text, out _), "Choose a person of the list."), Text("act", LongestAct),
            Only("outcome", Outcomes.Contains, $"Choose one of {string.Join(", ", Outcomes)}."), Text("subject"), Text("q"),
            Day(Only("from", text => Day(text) is not null, Days)), Day(Only("to", text => Day(text) is not null, Days)), Seq(Text("before")), Seq(Text("open")), wrong);
    }

    /// <summary>The filter for the database. Days begin and end in the store's zone.</summary>
    public AuditFilter Filter(TimeZoneInfo zone) => new()
    {
        Person = Guid.TryParse(Person, out var id) ? id : null, Nobody = Person == Nobody, Action = Act.Length > 0 ? Act : null, Outcome = Outcome.Length > 0 ? Outcome : null,
        Subject = OrderSearchText.Parse(Subject), Words = Words, From = Start(From, zone), Before = Start(To?.AddDays(1), zone),
    };

    /// <summary>All entries of this query as a file, whichever page is shown, up to one that was the newest.</summary>
    public ExportAsked Ask(ExportFormat format, TimeZoneInfo zone, long newest) => AuditExport.Ask(Filter(zone) with { UpTo = newest }, format, AsList.Href());

    /// <summary>The list alone: its newest page, nothing open.</summary>
    public AuditQuery AsList => this with { Before = null, Open = null, Wrong = [] };

    /// <summary>True if both show the same rows; what is open may differ.</summary>
    public bool SameRowsAs(AuditQuery other) => (this with { Open = null }).Href() == (other with { Open = null }).Href();

    /// <summary>The address. The same query always gives the same address.</summary>
    public string Href()
    {
        var text = new StringBuilder();
        foreach (var (name, value) in new[]
        {
            ("person", Person), ("act", Act), ("outcome", Outcome), ("subject", Subject), ("q", Words), ("from", Write(From)), ("to", Write(To)),
            ("before", Before?.ToString(CultureInfo.InvariantCulture)), ("open", Open?.ToString(CultureInfo.InvariantCulture)),
        })
        {
            if (!string.IsNullOrEmpty(value))
            {
                text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }

        return Links.Audit + text;
    }

    /// <param name="name">The name of an account's id.</param>
    public IReadOnlyList<FilterField> Fields(Func<string, string> name)
    {
        List<FilterField> fields = [];
        void Chip(string field, string value)
        {
            if (value.Length > 0)
            {
                fields.Add(new FilterField(field, value));
            }
        }

        Chip("person", Person.Length == 0 ? "" : Person == Nobody ? "without an account" : name(Person));
        Chip("act", AuditWords.Act(Act));
        Chip("outcome", Outcome);
        Chip("subject", Subject);
        Chip("from", From?.ToString("d MMM yyyy", CultureInfo.InvariantCulture) ?? "");
        Chip("to", To?.ToString("d MMM yyyy", CultureInfo.InvariantCulture) ?? "");
        return [.. fields, .. Wrong];
    }

    public AuditQuery Without(string field) => (field switch
    {
        "person" => this with { Person = "" },
        "act" => this with { Act = "" },
        "outcome" => this with { Outcome = "" },
        "subject" => this with { Subject = "" },
        "from" => this with { From = null },
        "to" => this with { To = null },
        _ => this,
    }).AsList;

    private static string? Write(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static long? Seq(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) && seq > 0 ? seq : null;

    private static DateOnly? Day(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and <= 2199 ? day : null;

    private static DateTimeOffset? Start(DateOnly? day, TimeZoneInfo zone)
    {
        if (day is not { } date)
        {
            return null;
        }

        var midnight = date.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).ToUniversalTime();
    }
}
