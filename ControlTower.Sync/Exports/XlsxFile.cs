using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace ControlTower.Sync.Exports;

/// <summary>
/// A workbook of one sheet (ECMA-376), written in one pass into the zip: a bold head that stays in sight, a filter on it, set widths, numbers as numbers, times as times (UTC), text as text. Text is
/// never a formula, and stays text when somebody edits the cell. Takes at most <see cref="MostRows"/> rows.
/// </summary>
public static class XlsxFile
{
    /// <summary>What a sheet holds, without the head.</summary>
    public const int MostRows = 1_048_575;

    private const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private const string Relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    private const string Begin = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>""";

    // Styles by number: plain, head, time, amount, text.
    private static readonly (string Name, string Text)[] Frame =
    [
        ("[Content_Types].xml",
            """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"""),
        ("_rels/.rels",
            $"""<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{Relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>"""),
        ("xl/workbook.xml", $"""<workbook xmlns="{Main}" xmlns:r="{Relations}"><sheets><sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>"""),
        ("xl/_rels/workbook.xml.rels",
            $"""<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{Relations}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{Relations}/styles" Target="styles.xml"/></Relationships>"""),
        ("xl/styles.xml",
            $"""<styleSheet xmlns="{Main}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy-mm-dd hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>"""),
    ];

    // Handed to the zip when so much has been gathered.
    private const int Gathered = 48 * 1024;

    public static async Task WriteAsync(Stream to, IReadOnlyList<ExportColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken cancel)
    {
        await using var zip = await ZipArchive.CreateAsync(to, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancel);
        foreach (var (name, text) in Frame)
        {
            await using var part = await PartAsync(zip, name, cancel);
            await part.WriteAsync(Encoding.UTF8.GetBytes(Begin + text), cancel);
        }

        await using var sheet = await PartAsync(zip, "xl/worksheets/sheet1.xml", cancel);
        await SheetAsync(sheet, columns, rows, cancel);
    }

    private static async Task SheetAsync(Stream sheet, IReadOnlyList<ExportColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken cancel)
    {
        var text = new XlsxText(columns.Count);
        text.Put($"""{Begin}<worksheet xmlns="{Main}"><sheetViews><sheetView tabSelected="1" workbookViewId="0">""");
        text.Put("""<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>""");
        for (var column = 0; column < columns.Count; column++)
        {
            text.Put(string.Create(CultureInfo.InvariantCulture, $"""<col min="{column + 1}" max="{column + 1}" width="{columns[column].Width}" customWidth="1"/>"""));
        }

        text.Put("</cols><sheetData>");
        var last = 1;
        text.Row(last, [.. columns.Select(column => column.Title)], isHead: true);
        await foreach (var row in rows.WithCancellation(cancel))
        {
            text.Row(++last, row, isHead: false);
            if (text.Xml.Length >= Gathered)
            {
                await sheet.WriteAsync(text.Xml, cancel);
                text.Clear();
            }
        }

        text.Put(string.Create(CultureInfo.InvariantCulture, $"""</sheetData><autoFilter ref="A1:{XlsxText.Column(columns.Count - 1)}{last}"/></worksheet>"""));
        await sheet.WriteAsync(text.Xml, cancel);
    }

    private static Task<Stream> PartAsync(ZipArchive zip, string name, CancellationToken cancel) => zip.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancel);
}
