using System.IO.Compression;
using System.Xml;

namespace ControlTower.Sync.Tables;

/// <summary>Lines of the first sheet of an Office Open XML workbook (ECMA-376 part 1, 18.3). What a cell shows is taken as it is stored; a cell with a formula counts as one. No more is unpacked than a list can need.</summary>
public static class XlsxLines
{
    private const long MostUnpacked = 100L * 1024 * 1024;
    private const int MostColumns = 100;

    /// <summary>Of all rows together, with those that are left out between others: a few bytes of a file make a hundred of them.</summary>
    private const int MostCells = 30_000_000;
    private const int LongestText = 1_000;
    private const string Sheet = "xl/worksheets/sheet1.xml";
    private const string Texts = "xl/sharedStrings.xml";

    private static readonly XmlReaderSettings Settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreWhitespace = false, MaxCharactersInDocument = MostUnpacked };

    /// <exception cref="FormatException">It is no workbook, or larger than any list.</exception>
    public static IReadOnlyList<TableLine> Read(Stream file, int most, int mostCells = MostCells)
    {
        try
        {
            using var book = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
            var sheet = book.GetEntry(Sheet) ?? book.Entries.Where(e => e.FullName.StartsWith("xl/worksheets/", StringComparison.Ordinal) && e.FullName.EndsWith(".xml", StringComparison.Ordinal)).MinBy(e => e.FullName, StringComparer.Ordinal)
                ?? throw new FormatException("This is no workbook: it has no sheet.");
            if (book.Entries.Sum(e => Math.Max(e.Length, 0)) > MostUnpacked)
            {
                throw new FormatException("The workbook is too large when it is unpacked.");
            }

            return Lines(sheet, book.GetEntry(Texts) is { } texts ? SharedTexts(texts) : [], most, mostCells);
        }
        catch (Exception broken) when (broken is InvalidDataException or XmlException)
        {
            throw new FormatException("This is no sound workbook. Save it as .xlsx again, or as .csv.", broken);
        }
    }

    private static List<string> SharedTexts(ZipArchiveEntry entry)
    {
        var all = new List<string>();
        using var stream = entry.Open();
        using var reader = XmlReader.Create(stream, Settings);
        while (reader.Read())
        {
            if (reader is { NodeType: XmlNodeType.Element, LocalName: "si" })
            {
                all.Add(TextOf(reader));
            }
        }

        return all;
    }

    // The text of all runs; what is only a reading of East Asian signs (rPh) is left out.
    private static string TextOf(XmlReader reader)
    {
        if (reader.IsEmptyElement)
        {
            return "";
        }

        var (text, depth, inText, phonetic) = ("", reader.Depth, false, false);
        while (reader.Read() && reader.Depth > depth)
        {
            (inText, phonetic) = reader.NodeType switch
            {
                XmlNodeType.Element when reader.LocalName == "rPh" => (inText, true),
                XmlNodeType.EndElement when reader.LocalName == "rPh" => (inText, false),
                XmlNodeType.Element => (reader.LocalName == "t" && !reader.IsEmptyElement, phonetic),
                XmlNodeType.EndElement => (false, phonetic),
                _ => (inText, phonetic),
            };
            text += inText && !phonetic && text.Length <= LongestText && reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace ? reader.Value : "";
        }

        return text;
    }

    private static List<TableLine> Lines(ZipArchiveEntry sheet, List<string> texts, int most, int mostCells)
    {
        var lines = new List<TableLine>();
        using var stream = sheet.Open();
        using var reader = XmlReader.Create(stream, Settings);
        var (row, cells, all) = (0, new List<string?>(), 0);
        while (lines.Count <= most && reader.Read())
        {
            if (reader is { NodeType: XmlNodeType.Element, LocalName: "row" })
            {
                (row, cells) = (int.TryParse(reader.GetAttribute("r"), out var number) ? number : row + 1, []);
            }
            else if (reader is { NodeType: XmlNodeType.Element, LocalName: "c" })
            {
                var at = Column(reader.GetAttribute("r")) ?? cells.Count;
                if (at < MostColumns)
                {
                    var more = Math.Max(0, at + 1 - cells.Count);
                    all = (all + more) <= mostCells ? all + more : throw new FormatException("The workbook has more cells than any list. Export a shorter time, or fewer columns.");
                    cells.AddRange(Enumerable.Repeat<string?>("", more));
                    cells[at] = Cell(reader, texts);
                }
            }
            else if (reader is { NodeType: XmlNodeType.EndElement, LocalName: "row" })
            {
                lines.Add(new TableLine(row, cells));
            }
        }

        return lines;
    }

    private static string? Cell(XmlReader reader, List<string> texts)
    {
        var kind = reader.GetAttribute("t");
        if (reader.IsEmptyElement)
        {
            return "";
        }

        var (value, formula, depth) = ("", false, reader.Depth);
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            formula |= reader.LocalName == "f";
            value = reader.LocalName switch { "v" when !reader.IsEmptyElement && reader.Read() => reader.Value, "is" => TextOf(reader), _ => value };
        }

        return formula ? null : kind == "s" ? (int.TryParse(value, out var at) && at >= 0 && at < texts.Count ? texts[at] : "") : value;
    }

    /// <summary>B of <c>B12</c> is 1.</summary>
    private static int? Column(string? reference)
    {
        var column = 0;
        foreach (var sign in reference ?? "")
        {
            if (!char.IsAsciiLetterUpper(sign) || column > MostColumns)
            {
                break;
            }

            column = (column * 26) + sign - 'A' + 1;
        }

        return column == 0 ? null : column - 1;
    }
}
