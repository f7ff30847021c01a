using System.Text;
using ControlTower.Sync.Tables;
using ControlTower.Sync.Triage.Mappings;
using Xunit;

namespace ControlTower.Tests.Sync.Triage.Mappings;

public sealed class MappingListTests
{
    [Fact]
    public void Columns_are_found_by_their_names_and_a_mark_before_a_formula_is_taken_off()
    {
        var (said, problems, _) = Read("To;connection;Since;FROM;kind\n\nVAT21;bc-eu;2026;0.21;Tax\n\"A; B\";Books;;'=SUM;sku\n");
        Assert.Empty(problems);
        Assert.Equal([new MappingSaid("bc-eu", "tax", "0.21", "VAT21", 3), new MappingSaid("bc-eu", "sku", "=SUM", "A; B", 4)], said);
    }

    [Fact]
    public void Whatever_is_wrong_is_told_by_line_and_column_and_nothing_is_taken()
    {
        var (said, problems, wrong) = Read($"connection,kind,from,to\nbc-eu,tax,0.21,\nnobody,sku,A,B\nbc-eu,colour,A,B\nbc-eu,sku,=A1,X\nbc-eu,sku,A,A\nbc-eu,sku,C,D\nbc-eu,sku,C,E\nbc-eu,sku,{new string('x', 121)},E\nbc-eu,sku\n");
        Assert.Empty(said);
        Assert.Equal(
            ["line 2, To", "line 3, Connection", "line 4, Kind", "line 5, From", "line 6, To", "line 8, From", "line 9, From", "line 10, From"], problems.Select(p => p.Where));
        Assert.Equal(8, wrong);
        Assert.Contains("line 7", problems[5].Words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("connection,kind,to\n", "From is missing")]
    [InlineData("connection,kind,from,to\n\n", "No line")]
    [InlineData("connection,kind,from,to\n\"open", "does not end")]
    public void What_is_no_list_at_all_is_refused_in_words(string text, string words) =>
        Assert.Contains(words, Assert.Throws<FormatException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Text_that_is_not_UTF_8_and_more_than_ten_thousand_lines_are_refused()
    {
        using var latin = new MemoryStream(Encoding.Latin1.GetBytes("connection,kind,from,to\nbc-eu,sku,Größe,X\n"));
        Assert.Contains("UTF-8", Assert.Throws<FormatException>(() => MappingList.Read(TableFile.Read("list.csv", latin, 10), Named)).Message, StringComparison.Ordinal);
        var many = "connection,kind,from,to\n" + string.Concat(Enumerable.Range(0, MappingList.MostLines + 1).Select(i => $"bc-eu,sku,A{i},B\n"));
        Assert.Contains("more than 10,000", Assert.Throws<FormatException>(() => Read(many)).Message, StringComparison.Ordinal);
    }

    private static (IReadOnlyList<MappingSaid> Said, IReadOnlyList<MappingProblem> Problems, int Wrong) Read(string text) => MappingList.Read(CsvLines.Read(new StringReader(text)), Named);

    private static string? Named(string name) => name is "bc-eu" or "Books" ? "bc-eu" : null;
}
