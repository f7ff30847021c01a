using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace ControlTower.Sync.Exports;

/// <summary>
/// A workbook (ECMA-376), written in one pass into the zip: on each sheet a bold head that stays in sight, a filter on it, set widths, numbers as numbers, times as times (UTC), text as text. Text is
/// never a formula, and stays text when somebody edits the cell. What one sheet cannot hold goes on on the next.
/// </summary>
public static class XlsxFile
{
    /// <summary>What a sheet holds, without the head.</summary>
    public const int MostRows = 1_048_575;

    private const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private const string Relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    private const string Packages = "http://schemas.openxmlformats.org/package/2006";
    private const string Kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    private const string Begin = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>""";

    // By number: plain, head, time, amount, text.
    private const string Styles =
        $"""<styleSheet xmlns="{Main}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy-mm-dd hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>""";

    // Handed to the zip when so much has been gathered.
    private const int Gathered = 48 * 1024;

    public static Task WriteAsync(Stream to, IReadOnlyList<ExportSheet> sheets, CancellationToken cancel) => WriteAsync(to, sheets, MostRows, cancel);

    /// <param name="most">Rows of one sheet.</param>
    internal static async Task WriteAsync(Stream to, IReadOnlyList<ExportSheet> sheets, int most, CancellationToken cancel)
    {
        await using var zip = await ZipArchive.CreateAsync(to, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancel);
        List<string> names = [];
        foreach (var sheet in sheets)
        {
            await using var rows = sheet.Rows.GetAsyncEnumerator(cancel);
            var (more, first) = (await rows.MoveNextAsync(), names.Count);
            do
            {
                names.Add(names.Count == first ? sheet.Name : string.Create(CultureInfo.InvariantCulture, $"{sheet.Name} {names.Count - first + 1}"));
                await using var part = await PartAsync(zip, Path(names.Count), cancel);
                more = await SheetAsync(part, sheet.Columns, rows, more, most, isFirst: names.Count == 1, cancel);
            }
            while (more);
        }

        // Behind the sheets, because only now is it known how many they are.
        foreach (var (name, text) in Frame(names))
        {
            await using var part = await PartAsync(zip, name, cancel);
            await part.WriteAsync(Encoding.UTF8.GetBytes(Begin + text), cancel);
        }
    }

    /// <returns>Whether there are more rows than fit; the next of them is read.</returns>
    private static async Task<bool> SheetAsync(Stream sheet, IReadOnlyList<ExportColumn> columns, IAsyncEnumerator<object?[]> rows, bool more, int most, bool isFirst, CancellationToken cancel)
    {
        var text = new XlsxText(columns.Count);
        text.Put($"""{Begin}<worksheet xmlns="{Main}"><sheetViews><sheetView{(isFirst ? " tabSelected=\"1\"" : "")} workbookViewId="0">""");
        text.Put("""<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>""");
        for (var column = 0; column < columns.Count; column++)
        {
            text.Put(string.Create(CultureInfo.InvariantCulture, $"""<col min="{column + 1}" max="{column + 1}" width="{columns[column].Width}" customWidth="1"/>"""));
        }

        text.Put("</cols><sheetData>");
        var last = 1;
        text.Row(last, [.. columns.Select(column => column.Title)], isHead: true);
        for (; more && last <= most; more = await rows.MoveNextAsync())
        {
            text.Row(++last, rows.Current, isHead: false);
            if (text.Xml.Length >= Gathered)
            {
                await sheet.WriteAsync(text.Xml, cancel);
                text.Clear();
            }
        }

        text.Put(string.Create(CultureInfo.InvariantCulture, $"""</sheetData><autoFilter ref="A1:{XlsxText.Column(columns.Count - 1)}{last}"/></worksheet>"""));
        await sheet.WriteAsync(text.Xml, cancel);
        return more;
    }

    private static (string Name, string Text)[] Frame(List<string> sheets) =>
    [
        ("xl/styles.xml", Styles),
        ("xl/workbook.xml", $"""<workbook xmlns="{Main}" xmlns:r="{Relations}"><sheets>{Each(sheets, n => $"""<sheet name="{sheets[n - 1]}" sheetId="{n}" r:id="rId{n}"/>""")}</sheets></workbook>"""),
        ("xl/_rels/workbook.xml.rels",
            $"""<Relationships xmlns="{Packages}/relationships">{Each(sheets, n => $"""<Relationship Id="rId{n}" Type="{Relations}/worksheet" Target="worksheets/sheet{n}.xml"/>""")}<Relationship Id="rId{sheets.Count + 1}" Type="{Relations}/styles" Target="styles.xml"/></Relationships>"""),
        ("_rels/.rels", $"""<Relationships xmlns="{Packages}/relationships"><Relationship Id="rId1" Type="{Relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>"""),
        ("[Content_Types].xml",
            $"""<Types xmlns="{Packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{Kinds}.sheet.main+xml"/>{Each(sheets, n => $"""<Override PartName="/{Path(n)}" ContentType="{Kinds}.worksheet+xml"/>""")}<Override PartName="/xl/styles.xml" ContentType="{Kinds}.styles+xml"/></Types>"""),
    ];

    private static string Each(List<string> sheets, Func<int, FormattableString> of) => string.Concat(Enumerable.Range(1, sheets.Count).Select(n => FormattableString.Invariant(of(n))));

    private static string Path(int number) => string.Create(CultureInfo.InvariantCulture, $"xl/worksheets/sheet{number}.xml");

    private static Task<Stream> PartAsync(ZipArchive zip, string name, CancellationToken cancel) => zip.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancel);
}
