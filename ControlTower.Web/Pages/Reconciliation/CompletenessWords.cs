using System.Globalization;
using ControlTower.Data.Reconciliation;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>Completeness in words. Only what is read can be clear.</summary>
public static class CompletenessWords
{
    /// <summary><c>all clear 14:00</c>, as of the least recent look; <c>3 missing</c>; <c>not read</c>.</summary>
    public static string Headline(IReadOnlyList<CompletenessRow> rows, TimeZoneInfo zone, CultureInfo? culture = null)
    {
        var read = rows.Where(r => r.Covered).ToList();
        return read.Sum(r => r.Missing) switch
        {
            > 0 and var missing => $"{Say.Count(missing, culture)} missing",
            _ when read.Count == 0 => "not read",
            _ when rows.Sum(r => r.Unread) is > 0 and var unread => $"{Say.Count(unread, culture)} unread",
            _ => read.Min(r => r.CheckedTo) is { } to ? $"all clear {TimeZoneInfo.ConvertTime(to, zone).ToString("HH:mm", CultureInfo.InvariantCulture)}" : "all clear",
        };
    }

    public static Status Standing(IReadOnlyList<CompletenessRow> rows) => rows.Any(r => r.Missing > 0) ? Status.Bad : !rows.Any(r => r.Covered) ? Status.Off : rows.Any(r => r.Silent || r.Unread > 0) ? Status.Warn : Status.Ok;

    public static (Status Status, string Word) Row(CompletenessRow row) => row switch
    {
        { Covered: false } => (Status.Off, "Not read"),
        { Missing: > 0 } => (Status.Bad, "Missing"),
        { Unread: > 0 } => (Status.Warn, "Messages unread"),
        _ => (Status.Ok, "All there"),
    };
}
