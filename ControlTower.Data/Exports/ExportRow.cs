using System.Globalization;
using ControlTower.Data.Audit;

namespace ControlTower.Data.Exports;

public enum ExportFormat { Csv, Xlsx }

public static class ExportFormats
{
    /// <summary>As stored, and as the file's name ends.</summary>
    public static string Word(this ExportFormat format) => format is ExportFormat.Xlsx ? "xlsx" : "csv";

    public static ExportFormat Of(string word) => word == "xlsx" ? ExportFormat.Xlsx : ExportFormat.Csv;
}

/// <summary>A list that somebody wants as a file.</summary>
/// <param name="Kind">Which list, as stored, such as <c>cases</c>.</param>
/// <param name="Filter">What is read, as JSON of the list's own filter. Frozen: it holds every time and person that it depends on.</param>
/// <param name="What">The address of the list, for people and the trail.</param>
public sealed record ExportAsked(string Kind, ExportFormat Format, string Filter, string What);

/// <summary>An export as it stands.</summary>
/// <param name="State"><c>queued</c>, <c>running</c>, <c>done</c>, <c>failed</c>, <c>cancelled</c>, or <c>expired</c>: it was done, and the file is gone.</param>
/// <param name="RowsTotal">While it runs: what was counted when it began.</param>
/// <param name="Size">Bytes of the file.</param>
public sealed record ExportRow(
    long Id, string Kind, ExportFormat Format, string What, DateTimeOffset AskedAt, string State, string? Why, long RowsDone, long RowsTotal, long Size, int Parts, DateTimeOffset? FinishedAt)
{
    /// <summary>For so long after its end a file can be fetched.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    public string Name => string.Create(CultureInfo.InvariantCulture, $"E-{Id}");

    /// <summary>It can be called off.</summary>
    public bool IsOpen => State is "queued" or "running";

    public bool IsReady => State is "done";
}

/// <summary>The right of one node to make a file, until its lease ends or somebody else begins anew.</summary>
/// <param name="Attempt">How often it was begun, this time included.</param>
public sealed record ExportTurn(long Id, long Fence, int Attempt, ExportAsked Asked, Actor Actor);
