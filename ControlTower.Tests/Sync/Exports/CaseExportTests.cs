using ControlTower.Data.Exports;
using ControlTower.Data.Flows;
using ControlTower.Data.Triage;
using ControlTower.Sync.Exports;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Pages.Exceptions;
using Xunit;

namespace ControlTower.Tests.Sync.Exports;

public sealed class CaseExportTests
{
    [Promise(28)]
    [Theory]
    [InlineData("=HYPERLINK(\"http://evil\")", "\"'=HYPERLINK(\"\"http://evil\"\")\"")]
    [InlineData("+1", "'+1")]
    [InlineData("-2", "'-2")]
    [InlineData("@sum", "'@sum")]
    [InlineData("  =1", "'  =1")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("＝1", "'＝1")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("line\r\nbreak", "\"line\r\nbreak\"")]
    [InlineData("NL-1048213", "NL-1048213")]
    public void Text_never_becomes_a_formula_or_another_cell(string text, string cell) => Assert.Equal(cell + ",12.5\r\n", CsvText.Line([text, 12.5m]));

    [Fact]
    public void A_negative_number_stays_a_number() => Assert.Equal("-12.5,3\r\n", CsvText.Line([-12.5m, 3]));

    [Fact]
    public async Task The_file_holds_exactly_the_rows_of_the_filter_in_their_order_and_the_trail_says_who_took_it()
    {
        await using var tower = await TestTower.StartAsync(settings: ["Tower:Roles=web"]);
        var world = await new OrderWorld(tower.Database).ConnectAsync();
        var order = await world.OrderAsync("NL-1");
        for (var i = 0; i < 1_005; i++)
        {
            await world.CaseAsync(order, title: i == 7 ? "=cmd|' /C calc'!A0" : "Tax", value: i);
        }

        await world.CaseAsync(order, failure: "parse", value: 5_000m);
        using var client = await tower.SignInAsAsync(Roles.Operations);
        using var answer = await client.GetAsync(new Uri("/exceptions/export.csv?failure=missing", UriKind.Relative));
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("Case,About,State", lines[0].TrimStart('\uFEFF'), StringComparison.Ordinal);
        Assert.Equal(1_006, lines.Length);
        Assert.Equal(Enumerable.Range(0, 1_005).Reverse().Select(i => $"{i}"), lines.Skip(1).Select(line => line.Split(',')[10]));
        Assert.DoesNotContain(lines, line => line.Contains(",=cmd", StringComparison.Ordinal));
        Assert.Equal("1005 cases", await tower.Database.ScalarAsync<string>("select subject from audit where action = 'exceptions:case:export'"));
    }

    [Fact]
    public void A_filter_that_was_kept_means_the_same_when_it_is_read_again()
    {
        var reader = new DeskReader(Guid.CreateVersion7(), new DateTimeOffset(2026, 11, 26, 12, 0, 0, TimeSpan.Zero));
        foreach (var view in Enum.GetValues<DeskView>())
        {
            var query = ExceptionsQuery.Parse($"/exceptions?q=NL-1&failure=missing&failure=parse&system=bc-eu&brand=Fjord&batch=3&result=failed&cause=a%3Ab") with { View = view };
            var asked = query.Ask(ExportFormat.Csv, reader).Filter;
            var expected = CaseSql.Conditions(query.Filter(reader) with { Fingerprint = "a:b" });
            var read = CaseSql.Conditions(System.Text.Json.JsonSerializer.Deserialize(asked, CaseFilterJson.Default.CaseFilter)!);

            Assert.Equal(expected.Where, read.Where);
            Assert.Equal(Values(expected), Values(read));
        }

        static IEnumerable<string> Values(ControlTower.Data.Db.SqlFilter filter) => filter.Command("select").Parameters.Select(p => p.Value is string[] many ? string.Join(',', many) : $"{p.Value}");
    }
}
