using ControlTower.Data.Flows;
using ControlTower.Data.Triage;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Triage;

/// <summary>A case is found by what its error says and by what the order is about, never by who bought it.</summary>
public sealed class CaseWordsTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private CaseQueries queries = null!;
    private long found;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        var world = await new OrderWorld(database).ConnectAsync();
        queries = new CaseQueries(database.Sources);
        var order = await world.OrderAsync("NL-77");
        await database.ExecuteAsync(
            $$$"""
            insert into order_document (flow_id, version, body) values ({{{order}}}, 1, '{"lines": [{"sku": "BNX-40-BLK-M", "title": "Parka Ærø", "taxes": [{"title": "MwSt 19 %", "code": "VAT19"}]}],
                "shipping": [{"code": "dhl-express", "title": "Express"}], "buyer": {"name": "Marta Wolkenstein", "email": "marta@wolkenstein.test"}}')
            """);
        found = await world.CaseAsync(order, title: "Tax code missing", message: "The VAT Posting Setup does not exist. VAT Prod. Posting Group='VAT19-DE'.");
        await world.CaseAsync(await world.OrderAsync("NL-88"), title: "Something else", message: "It broke.");
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Theory]
    [InlineData("posting setup")]
    [InlineData("setup POSTING")]
    [InlineData("VAT19-DE")]
    [InlineData("vat19")]
    [InlineData("bnx-40-blk-m")]
    [InlineData("BLK M")]
    [InlineData("park")]
    [InlineData("Ærø")]
    [InlineData("mwst")]
    [InlineData("dhl-express")]
    [InlineData("tax missing")]
    [InlineData("nl-7")]
    public async Task Words_of_the_error_and_goods_of_the_order_find_it_in_any_order_and_the_last_from_its_beginning(string text) => Assert.Equal([found], await FindAsync(text));

    [Theory]
    [InlineData("Wolkenstein")]
    [InlineData("marta@wolkenstein.test")]
    [InlineData("posting parka nonsense")]
    [InlineData("post setup")]
    [InlineData("%'%")]
    [InlineData("& | ! :*")]
    [InlineData("\\")]
    [InlineData("<->")]
    public async Task Buyers_and_nonsense_find_nothing(string text) => Assert.Empty(await FindAsync(text));

    [Fact]
    public async Task A_statement_that_is_not_as_expected_does_not_keep_a_case_from_being_opened()
    {
        var world = new OrderWorld(database);
        var order = await world.OrderAsync("NL-99");
        await database.ExecuteAsync($$"""insert into order_document (flow_id, version, body) values ({{order}}, 1, '{"lines": null, "shipping": {"code": [1, {"x": 2}]}, "buyer": 3}')""");
        Assert.True(await world.CaseAsync(order, title: "Odd") > 0);
        Assert.Single(await FindAsync("odd"));
    }

    [Fact]
    public async Task A_failure_that_says_something_new_is_found_by_its_new_words()
    {
        await database.ExecuteAsync($"update exception_case set message = 'The period is closed', occurrences = occurrences + 1 where id = {found}");
        Assert.Equal([found], await FindAsync("period closed"));
        Assert.Empty(await FindAsync("posting setup"));
    }

    private async Task<IReadOnlyList<long>> FindAsync(string text) => (await queries.KeysAsync(new CaseFilter { Text = OrderSearchText.Parse(text) }, cancel: TestContext.Current.CancellationToken)).Ids;
}
