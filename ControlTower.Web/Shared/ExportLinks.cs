using System.Globalization;
using ControlTower.Data.Exports;

namespace ControlTower.Web.Shared;

/// <summary>Addresses of exports and of the audit trail.</summary>
public static partial class Links
{
    public const string Exports = "/exceptions/exports";
    public const string Audit = "/admin/audit";

    /// <summary>Where a list is as a file: the address of the list itself, its filter included, with one step more.</summary>
    public static string ExportOf(string list, ExportFormat format)
    {
        var query = list.IndexOf('?', StringComparison.Ordinal);
        var (path, rest) = query < 0 ? (list, "") : (list[..query], list[query..]);
        return $"{path}/export.{format.Word()}{rest}";
    }

    public const string MonthLines = Reconciliation + "/lines";
    public const string MonthAdjustments = Reconciliation + "/adjustments";
    public const string MonthBook = Reconciliation + "/month";

    /// <summary>A list of a month of a set of books.</summary>
    public static string Month(string list, string books, DateOnly month) => $"{list}?books={Uri.EscapeDataString(books)}&month={month.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}";

    /// <summary>The file of an export that was made by a worker.</summary>
    public static string ExportFile(long id) => string.Create(CultureInfo.InvariantCulture, $"{Exports}/{id}/file");
}
