using System.IO.Compression;
using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Promotions;
using ControlTower.Sync.Tables;
using Xunit;

namespace ControlTower.Tests.Sync.Promotions;

public sealed class SkuFileTests
{
    private static readonly HashSet<string> Listed = new(["A-1", "B-2", "TEE M"], StringComparer.Ordinal);

    [Fact]
    public async Task SKUs_and_prices_are_taken_by_the_names_of_their_columns()
    {
        var answer = await CsvAsync("Note;Price;sku;Currency\r\nx;12.50;A-1;eur\r\n\"semi;colon\";;\"TEE M\";\r\n;9;A-1;GBP\r\n;;;\r\n");
        Assert.Empty(answer.Problems);
        Assert.Equal(["A-1", "TEE M"], answer.Skus);
        Assert.Equal([new SkuPrice("A-1", "EUR", 12.5m), new SkuPrice("A-1", "GBP", 9m)], answer.Prices);
    }

    [Fact]
    public async Task Whatever_is_wrong_is_told_by_line_and_column_and_nothing_is_taken()
    {
        var answer = await CsvAsync("SKU,currency,price\nA-1,EUR,\"12,50\"\nB-2,EUR,0\nB-2,EUR,9.999\nB-2,,5\nA-1,,\nA-1,,\nNO-1,,\n=A1,,\n,EUR,5\nTEE M,XXZ?,5\n");
        Assert.Empty(answer.Skus);
        Assert.Empty(answer.Prices);
        Assert.Equal(
            [(2, "price"), (3, "price"), (4, "price"), (5, "currency"), (7, "SKU"), (8, "SKU"), (9, "SKU"), (10, "SKU"), (11, "currency")], answer.Problems.Select(p => (p.Line, p.Column)));
        Assert.Equal("A-1 stands in line 6 already.", answer.Problems[4].Wrong);
        Assert.Equal("No channel and no ERP lists NO-1.", answer.Problems[5].Wrong);
        Assert.Equal("This is a formula. Paste its value.", answer.Problems[6].Wrong);
    }

    [Theory]
    [InlineData("", "The file is empty")]
    [InlineData("article,price\nA-1,5\n", "No column is called SKU")]
    [InlineData("SKU\n", "No line gives a SKU")]
    public async Task A_file_without_SKUs_says_so(string text, string wrong) => Assert.StartsWith(wrong, Assert.Single((await CsvAsync(text)).Problems).Wrong, StringComparison.Ordinal);

    [Fact]
    public async Task More_lines_than_a_promotion_holds_are_refused_whole()
    {
        var text = new StringBuilder("SKU\n");
        for (var i = 0; i <= PromotionCheck.MostSkus; i++)
        {
            text.Append("S-").Append(i).Append('\n');
        }

        var answer = await SkuFile.ReadAsync(CsvLines.Read(new StringReader(text.ToString())), skus => Task.FromResult<IReadOnlySet<string>>(skus.ToHashSet(StringComparer.Ordinal)));
        Assert.Equal((100_002, "More than 100,000 lines. Split the file."), (Assert.Single(answer.Problems).Line, answer.Problems[0].Wrong));
        Assert.Empty(answer.Skus);
    }

    [Fact]
    public void A_quotation_that_does_not_end_is_no_file() => Assert.Throws<FormatException>(() => CsvLines.Read(new StringReader("SKU\n\"A-1\nB-2\n")).ToList());

    [Fact]
    public async Task A_workbook_is_read_by_shared_and_inline_texts_numbers_and_gaps_and_its_formulas_are_refused()
    {
        const string sheet = """
            <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
            <row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>price</t></is></c><c r="D1" t="s"><v>1</v></c></row>
            <row r="2"><c r="A2" t="s"><v>2</v></c><c r="C2"><v>12.5</v></c><c r="D2" t="inlineStr"><is><t>EUR</t></is></c></row>
            <row r="4"><c r="A4" t="str"><f>"B"&amp;"-2"</f><v>B-2</v></c></row>
            </sheetData></worksheet>
            """;
        const string texts = """<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>SKU</t></si><si><t>currency</t></si><si><r><t xml:space="preserve">TEE </t></r><r><t>M</t></r><rPh><t>no</t></rPh></si></sst>""";
        var answer = await BookAsync(sheet, texts);
        Assert.Equal((4, "SKU", "This is a formula. Paste its value."), (Assert.Single(answer.Problems).Line, answer.Problems[0].Column, answer.Problems[0].Wrong));
        answer = await BookAsync(sheet.Replace("""<f>"B"&amp;"-2"</f>""", "", StringComparison.Ordinal), texts);
        Assert.Equal(["TEE M", "B-2"], answer.Skus);
        Assert.Equal([new SkuPrice("TEE M", "EUR", 12.5m)], answer.Prices);
    }

    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"b\">]><worksheet><sheetData><row><c><v>&a;</v></c></row></sheetData></worksheet>")]
    [InlineData("<worksheet><sheetData><row>")]
    public void An_unsound_workbook_is_told_as_that(string sheet) => Assert.Throws<FormatException>(() => XlsxLines.Read(Book(sheet, "<sst/>"), 10));

    [Fact]
    public void What_is_no_workbook_is_told_as_that() => Assert.Throws<FormatException>(() => XlsxLines.Read(new MemoryStream([1, 2, 3]), 10));

    private static Task<SkuFileAnswer> CsvAsync(string text) => SkuFile.ReadAsync(CsvLines.Read(new StringReader(text)), _ => Task.FromResult<IReadOnlySet<string>>(Listed));

    private static Task<SkuFileAnswer> BookAsync(string sheet, string texts) => SkuFile.ReadAsync(XlsxLines.Read(Book(sheet, texts), 10), _ => Task.FromResult<IReadOnlySet<string>>(Listed));

    private static MemoryStream Book(string sheet, string texts)
    {
        var bytes = new MemoryStream();
        using (var book = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Put(book, "xl/worksheets/sheet1.xml", sheet);
            Put(book, "xl/sharedStrings.xml", texts);
        }

        bytes.Position = 0;
        return bytes;
    }

    private static void Put(ZipArchive book, string name, string text)
    {
        using var entry = book.CreateEntry(name).Open();
        entry.Write(Encoding.UTF8.GetBytes(text));
    }
}
