using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ClosedXML.Excel;
using ControlTower.Data.Exports;
using ControlTower.Sync.Exports;
using MiniExcelLibs;
using MiniExcelLibs.OpenXml;

namespace ControlTower.Bench;

/// <param name="FirstByte">Seconds until the writer gave its first byte away.</param>
/// <param name="IdleMb">What the process took before it wrote.</param>
/// <param name="PeakMb">The most that it ever took.</param>
internal sealed record ExportCost(double Seconds, double FirstByte, double IdleMb, double PeakMb, long Bytes);

/// <summary>Writes the list once with one writer, in a process of its own.</summary>
internal static class ExportChild
{
    public const string Word = "child-export";
    public const string Xlsx = "tower-xlsx", Csv = "tower-csv", Closed = "closedxml", Mini = "miniexcel";

    // As the product hands it to a response.
    private const int Piece = 32 * 1024;

    // Enough for the runtime to have made its code: a server that exports has run before.
    private const int Warm = 2_000;

    public static async Task<int> RunAsync(string[] words, TextWriter answers)
    {
        var (writer, rows, path) = (words[0], int.Parse(words[1], CultureInfo.InvariantCulture), words[2]);
        await using (var warm = new FirstWrite(path))
        {
            await WriteAsync(writer, warm, Warm);
        }

        using var process = Process.GetCurrentProcess();
        var idle = process.WorkingSet64;
        var started = Stopwatch.GetTimestamp();
        await using var file = new FirstWrite(path);
        await WriteAsync(writer, file, rows);
        await file.FlushAsync();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        process.Refresh();
        await answers.WriteLineAsync(JsonSerializer.Serialize(
            new ExportCost(seconds, Stopwatch.GetElapsedTime(started, file.At).TotalSeconds, idle / 1e6, process.PeakWorkingSet64 / 1e6, file.Length)));
        return 0;
    }

    private static Task WriteAsync(string writer, Stream to, int rows) => writer switch
    {
        Xlsx => TowerAsync(ExportFormat.Xlsx, to, rows),
        Csv => TowerAsync(ExportFormat.Csv, to, rows),
        Closed => ClosedAsync(to, rows),
        Mini => MiniExcel.SaveAsAsync(to, ExportRow.Of(rows), configuration: new OpenXmlConfiguration { FastMode = true }),
        _ => throw new ArgumentOutOfRangeException(nameof(writer), writer, "No such writer."),
    };

    private static Task TowerAsync(ExportFormat format, Stream to, int rows) => ExportFile.WriteAsync(
        format, ExportRow.Columns, ExportRow.Of(rows).Select(row => row.ToCells()).ToAsyncEnumerable(), Piece, async (bytes, cancel) => await to.WriteAsync(bytes, cancel), CancellationToken.None);

    private static Task ClosedAsync(Stream to, int rows)
    {
        using var book = new XLWorkbook();
        var sheet = book.AddWorksheet("Export");
        for (var column = 0; column < ExportRow.Columns.Count; column++)
        {
            sheet.Cell(1, column + 1).SetValue(ExportRow.Columns[column].Title);
        }

        var line = 1;
        foreach (var row in ExportRow.Of(rows))
        {
            line++;
            sheet.Cell(line, 1).SetValue(row.Number);
            sheet.Cell(line, 2).SetValue(row.Order);
            sheet.Cell(line, 3).SetValue(row.Channel);
            sheet.Cell(line, 4).SetValue(row.Store);
            sheet.Cell(line, 5).SetValue(row.City);
            sheet.Cell(line, 6).SetValue(row.Sku);
            sheet.Cell(line, 7).SetValue(row.Pieces);
            sheet.Cell(line, 8).SetValue(row.Net);
            sheet.Cell(line, 9).SetValue(row.Tax);
            sheet.Cell(line, 10).SetValue(row.Gross);
            sheet.Cell(line, 11).SetValue(row.PlacedAt);
            sheet.Cell(line, 12).SetValue(row.BookedAt);
        }

        book.SaveAs(to);
        return Task.CompletedTask;
    }

    /// <summary>A file that knows when it got its first byte.</summary>
    private sealed class FirstWrite(string path) : FileStream(path, FileMode.Create, FileAccess.ReadWrite)
    {
        public long At { get; private set; }

        public override void Write(byte[] buffer, int offset, int count)
        {
            Note();
            base.Write(buffer, offset, count);
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Note();
            base.Write(buffer);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Note();
            return base.WriteAsync(buffer, offset, count, cancellationToken);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Note();
            return base.WriteAsync(buffer, cancellationToken);
        }

        private void Note() => At = At == 0 ? Stopwatch.GetTimestamp() : At;
    }
}
