using System.Globalization;
using ControlTower.Data.Exports;
using ControlTower.Sync.Exports;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Exports;

/// <summary>An export's words, looks and rights.</summary>
internal static class ExportWords
{
    /// <summary>Who may not read a list may not fetch it either.</summary>
    public static string PermissionOf(string kind) => kind switch
    {
        AuditExport.Name => Permissions.AuditRead,
        BreaksExport.Name or EvidenceExport.Name or DecisionsExport.Name or MonthBook.Name => Permissions.FinanceRead,
        OwnershipWritesExport.Name => Permissions.OwnershipRead,
        MappingsExport.Name => Permissions.ConnectionsRead,
        ReleaseBook.Name or ReleasePricesExport.Name or PlanPricesExport.Name => Permissions.PromotionsRead,
        _ => Permissions.ExceptionsRead,
    };

    public static string Title(ExportRow row) => row.Kind switch
    {
        AuditExport.Name => "Audit trail",
        BreaksExport.Name => "Reconciliation",
        EvidenceExport.Name => "Lines of a month",
        DecisionsExport.Name => "Adjustments of a month",
        MonthBook.Name => "A month of reconciliation",
        OwnershipWritesExport.Name => "Writes by others",
        MappingsExport.Name => "Mappings",
        ReleaseBook.Name => "A release",
        ReleasePricesExport.Name => "Prices of a release",
        PlanPricesExport.Name => "Prices of a plan",
        _ => "Exceptions",
    };

    public static string Format(ExportFormat format) => format is ExportFormat.Xlsx ? "Excel" : "CSV";

    public static string ContentType(ExportFormat format) =>
        format is ExportFormat.Xlsx ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" : "text/csv; charset=utf-8";

    /// <summary>A name for the file: what it is, and when it was asked for, in UTC.</summary>
    public static string FileName(string list, DateTimeOffset at, ExportFormat format) =>
        string.Create(CultureInfo.InvariantCulture, $"{list}-{at.UtcDateTime:yyyyMMdd-HHmm}.{format.Word()}");

    public static (Status Status, string Word) State(ExportRow row) => row.State switch
    {
        "queued" => (Status.Wait, "Waits for a worker"),
        "running" => (Status.Run, "Being made"),
        "done" => (Status.Ok, "Ready"),
        "failed" => (Status.Bad, "Failed"),
        "cancelled" => (Status.Off, "Cancelled"),
        _ => (Status.Off, "Expired, the file is gone"),
    };

    public static string Size(long bytes) => bytes switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000m:0} kB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000m:0.0} MB"),
    };

    /// <summary>How far it is, from 0 to 100.</summary>
    public static int Percent(ExportRow row) => row.RowsTotal == 0 ? 0 : (int)Math.Clamp(100 * row.RowsDone / row.RowsTotal, 0, 100);
}
