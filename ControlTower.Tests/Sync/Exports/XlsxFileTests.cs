using System.IO.Compression;
using System.Text;
using ControlTower.Data.Exports;
using ControlTower.Sync.Exports;
using ControlTower.Tests.Support;
using MiniExcelLibs;
using Xunit;

namespace ControlTower.Tests.Sync.Exports;

/// <summary>Workbooks as another program reads them.</summary>
public sealed class XlsxFileTests
{
    private static readonly ExportColumn[] Columns = [new("Text", 20), new("Amount", 12), new("Count", 8), new("At", 20)];

    public static TheoryData<string> Hostile =>
    [
        "=HYPERLINK(\"http://evil\",\"click\")", "+1+1", "-2+3", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\r=1", "＝1", "0042", "1e5", "TRUE", "2026-11-26", "<c t=\"n\"><f>1</f></c>", "]]>&amp;&",
        "_x0041_", "a\u0001b", "line\nbreak", "  kept  ", "Žižkov 👟", "{\"a\":1}",
    ];

    [Promise(28)]
    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Text_comes_back_as_text_and_as_it_was(string text)
    {
        var file = await WriteAsync([[text, null, null, null]]);

        Assert.Equal(text, Assert.IsType<string>(Read(file).Single()["A"]));
        Assert.DoesNotContain("<f", Part(file, "xl/worksheets/sheet1.xml"), StringComparison.Ordinal);
    }

    [Sabotage(28)]
    [Fact]
    public async Task P28_sabotage_text_that_is_written_as_a_formula_does_not_come_back()
    {
        var file = await WriteAsync([["=1+1", null, null, null]]);
        var forged = With(file, "xl/worksheets/sheet1.xml", sheet => sheet.Replace("""t="inlineStr"><is><t xml:space="preserve">=1+1</t></is>""", "><f>1+1</f><v>2</v>", StringComparison.Ordinal));

        Assert.Contains("<f", Part(forged, "xl/worksheets/sheet1.xml"), StringComparison.Ordinal);
        Assert.NotEqual("=1+1", Read(forged).Single()["A"]?.ToString());
    }

    [Promise(28)]
    [Fact]
    public async Task Numbers_are_numbers_and_times_are_times_in_utc()
    {
        var at = new DateTimeOffset(2026, 3, 29, 3, 15, 7, TimeSpan.FromHours(2));
        var row = Read(await WriteAsync([["x", -1234.5678m, 42, at]])).Single();

        Assert.Equal((-1234.5678, 42d), (row["B"], row["C"]));
        Assert.Equal(new DateTime(2026, 3, 29, 1, 15, 7), Assert.IsType<DateTime>(row["D"]), TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task The_head_is_bold_stays_in_sight_and_has_a_filter_over_all_rows()
    {
        var file = await WriteAsync([["a", 1m, 1, null], ["b", 2m, 2, null]]);
        var sheet = Part(file, "xl/worksheets/sheet1.xml");

        Assert.Equal(["Text", "Amount", "Count", "At"], MiniExcel.Query(new MemoryStream(file)).Cast<IDictionary<string, object?>>().First().Values);
        Assert.Contains("""ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen""", sheet, StringComparison.Ordinal);
        Assert.Contains("""<autoFilter ref="A1:D3"/>""", sheet, StringComparison.Ordinal);
        Assert.Contains("""<col min="1" max="1" width="20" customWidth="1"/>""", sheet, StringComparison.Ordinal);
        Assert.Contains("""<c r="A1" s="1" """, sheet, StringComparison.Ordinal);
        Assert.Contains("<font><b/>", Part(file, "xl/styles.xml"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_characters_are_replaced_and_what_no_cell_holds_is_cut()
    {
        var rows = Read(await WriteAsync([["half \uD800 of it", null, null, null], [new string('x', 40_000), null, null, null]]));

        Assert.Equal("half \uFFFD of it", rows[0]["A"]);
        Assert.Equal(XlsxText.LongestText, ((string)rows[1]["A"]!).Length);
    }

    [Fact]
    public async Task A_list_without_rows_is_a_workbook_with_a_head()
    {
        var file = await WriteAsync([]);

        Assert.Empty(Read(file));
        Assert.Contains("""<autoFilter ref="A1:D1"/>""", Part(file, "xl/worksheets/sheet1.xml"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sheets_stand_in_one_workbook_and_what_one_cannot_hold_goes_on_on_the_next()
    {
        using var file = new MemoryStream();
        await XlsxFile.WriteAsync(
            file, [new ExportSheet("Sum", [new("All", 5)], Rows([["x"]])), new ExportSheet("Lines", Columns, Rows(Enumerable.Range(0, 7).Select(n => new object?[] { $"r{n}", 1m, n, null }))), new ExportSheet("None", Columns, Rows([]))], most: 3, default);

        Assert.Equal(["Sum", "Lines", "Lines 2", "Lines 3", "None"], MiniExcel.GetSheetNames(new MemoryStream(file.ToArray())));
        Assert.Equal([["r0", "r1", "r2"], ["r3", "r4", "r5"], ["r6"], []], new[] { "Lines", "Lines 2", "Lines 3", "None" }.Select(
            name => MiniExcel.Query(new MemoryStream(file.ToArray()), sheetName: name).Cast<IDictionary<string, object?>>().Skip(1).Select(row => (string)row["A"]!)));
        Assert.Contains("""<autoFilter ref="A1:D4"/>""", Part(file.ToArray(), "xl/worksheets/sheet2.xml"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "A")]
    [InlineData(25, "Z")]
    [InlineData(26, "AA")]
    [InlineData(701, "ZZ")]
    [InlineData(702, "AAA")]
    public void Columns_are_named_as_spreadsheets_name_them(int index, string name) => Assert.Equal(name, XlsxText.Column(index));

    [Theory]
    [InlineData(ExportFormat.Csv)]
    [InlineData(ExportFormat.Xlsx)]
    public async Task Bytes_are_handed_on_in_pieces_of_one_size_and_together_are_the_file(ExportFormat format)
    {
        const int Piece = 16 * 1024;
        var random = new Random(4);
        using var file = new MemoryStream();
        List<int> pieces = [];
        var rows = Rows(Enumerable.Range(0, 5_000).Select(i => new object?[] { $"{random.NextInt64():x}{random.NextInt64():x}", 1.5m, i, null }));
        await ExportFile.WriteAsync(format, Columns, rows, Piece, (bytes, _) =>
        {
            pieces.Add(bytes.Length);
            file.Write(bytes.Span);
            return Task.CompletedTask;
        }, default);

        Assert.True(pieces.Count > 5);
        Assert.All(pieces.SkipLast(1), piece => Assert.Equal(Piece, piece));
        Assert.Equal(5_000, format is ExportFormat.Xlsx ? Read(file.ToArray()).Count : Encoding.UTF8.GetString(file.ToArray()).Split("\r\n").Length - 2);
    }

    [Fact]
    public async Task Nothing_gathers_a_file_by_writing_it_on_the_thread()
    {
        await using var stream = new PartStream(1_000, (_, _) => Task.CompletedTask);

        Assert.Throws<NotSupportedException>(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                stream.Write(new byte[1_000]);
            }
        });
    }

    internal static IReadOnlyList<IDictionary<string, object?>> Read(byte[] file) => [.. MiniExcel.Query(new MemoryStream(file)).Cast<IDictionary<string, object?>>().Skip(1)];

    private static string Part(byte[] file, string name)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        using var reader = new StreamReader(zip.GetEntry(name)!.Open(), Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static byte[] With(byte[] file, string name, Func<string, string> change)
    {
        var text = change(Part(file, name));
        using var copy = new MemoryStream();
        copy.Write(file);
        using (var zip = new ZipArchive(copy, ZipArchiveMode.Update, leaveOpen: true))
        {
            zip.GetEntry(name)!.Delete();
            using var writer = new StreamWriter(zip.CreateEntry(name).Open());
            writer.Write(text);
        }

        return copy.ToArray();
    }

    private static async Task<byte[]> WriteAsync(object?[][] rows)
    {
        using var file = new MemoryStream();
        await XlsxFile.WriteAsync(file, [new ExportSheet("Export", Columns, Rows(rows))], default);
        return file.ToArray();
    }

    private static async IAsyncEnumerable<object?[]> Rows(IEnumerable<object?[]> rows)
    {
        foreach (var row in rows)
        {
            await Task.Yield();
            yield return row;
        }
    }
}
