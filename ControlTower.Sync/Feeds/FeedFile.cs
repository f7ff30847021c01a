using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml;
using ControlTower.Data.Exports;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Tables;

namespace ControlTower.Sync.Feeds;

/// <summary>What a file holds, counted by reading it again from its first byte: nothing of how it was written is asked. Holds one row at a time.</summary>
public static class FeedFile
{
    private static readonly XmlReaderSettings Settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };

    /// <exception cref="FormatException">It is no whole file of this format, or not of this list.</exception>
    public static FeedCount Count(FeedSource source, ExportFormat format, Stream file)
    {
        try
        {
            using var rows = (format is ExportFormat.Xlsx ? Workbook(file) : Text(file)).GetEnumerator();
            if (!rows.MoveNext() || !rows.Current.Take(source.Columns.Count).SequenceEqual(source.Columns.Select(c => c.Title), StringComparer.Ordinal))
            {
                throw new FormatException("The file does not begin with the heads of its list.");
            }

            var (count, totals) = (0L, new Dictionary<string, decimal>(StringComparer.Ordinal));
            var currency = source.Columns.Index().FirstOrDefault(c => c.Item.IsCurrency) is { Item: not null } at ? at.Index : -1;
            for (; rows.MoveNext(); count++)
            {
                foreach (var (index, column) in source.Columns.Index().Where(c => c.Item.IsAmount))
                {
                    var key = currency < 0 ? column.Title : $"{column.Title} {Cell(rows.Current, currency)}";
                    totals[key] = totals.GetValueOrDefault(key) + (Cell(rows.Current, index) is { Length: > 0 } text ? decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) : 0m);
                }
            }

            return new FeedCount(count, totals);
        }
        catch (Exception broken) when (broken is InvalidDataException or XmlException)
        {
            throw new FormatException("The file is not whole.", broken);
        }
    }

    private static string? Cell(IReadOnlyList<string?> row, int index) => index < row.Count ? row[index] : null;

    private static IEnumerable<IReadOnlyList<string?>> Text(Stream file)
    {
        using var text = new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true, bufferSize: 64 * 1024, leaveOpen: true);
        foreach (var line in CsvLines.Read(text))
        {
            yield return line.Cells;
        }
    }

    private static IEnumerable<IReadOnlyList<string?>> Workbook(Stream file)
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
        using var sheet = (zip.GetEntry("xl/worksheets/sheet1.xml") ?? throw new FormatException("The workbook has no sheet.")).Open();
        using var reader = XmlReader.Create(sheet, Settings);
        List<string?>? row = null;
        var at = 0;
        while (reader.Read())
        {
            switch (reader)
            {
                case { NodeType: XmlNodeType.Element, LocalName: "row" }:
                    row = [];
                    break;
                case { NodeType: XmlNodeType.Element, LocalName: "c" }:
                    at = Column(reader.GetAttribute("r")!);
                    row!.AddRange(Enumerable.Repeat<string?>(null, Math.Max(0, at + 1 - row.Count)));
                    break;
                case { NodeType: XmlNodeType.Text } when row is not null:
                    row[at] += reader.Value;
                    break;
                case { NodeType: XmlNodeType.EndElement, LocalName: "row" }:
                    yield return row!;
                    row = null;
                    break;
            }
        }
    }

    // A, B … Z, AA …, before the number of the row.
    private static int Column(string cell) => cell.TakeWhile(char.IsAsciiLetterUpper).Aggregate(0, (sum, letter) => (sum * 26) + letter - 'A' + 1) - 1;
}
