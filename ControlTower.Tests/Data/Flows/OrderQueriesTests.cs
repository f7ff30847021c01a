using ControlTower.Data.Flows;
using ControlTower.Data.Outbox;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Flows;

public sealed class OrderQueriesTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private OrderQueries queries = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        queries = new OrderQueries(database.Sources);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Theory]
    [InlineData("NL-1048213")]
    [InlineData("nl-1048213")]
    [InlineData(" \"NL-1048213\" ")]
    [InlineData("NL-10482")]
    [InlineData("gid://shopify/Order/6104482130")]
    [InlineData("6104482130")]
    [InlineData("https://admin.shopify.com/store/x/orders/6104482130")]
    [InlineData("SO-221904")]
    [InlineData("nl-1048213-0123456789abcdef")]
    [InlineData("JD00021234567")]
    [InlineData("4bf92f3577b34da6a3ce929d0e0e4736")]
    public async Task An_order_is_found_by_any_id_that_a_person_can_paste(string pasted)
    {
        var wanted = await world.OrderAsync("NL-1048213", sourceId: "gid://shopify/Order/6104482130");
        await world.ReferenceAsync(wanted, "shop-number", "6104482130");
        await world.ReferenceAsync(wanted, "erp-order", "SO-221904");
        await world.ReferenceAsync(wanted, "tracking", "JD00021234567");
        await world.PostingAsync(wanted, "NL-1048213-0123456789ABCDEF");
        await world.MessageAsync(wanted, trace: "4bf92f3577b34da6a3ce929d0e0e4736");
        await world.OrderAsync("NL-2000000", sourceId: "gid://shopify/Order/7");

        Assert.Equal([wanted], await FindAsync(pasted));
    }

    [Fact]
    public async Task An_order_is_found_by_our_own_id_and_by_its_case()
    {
        var wanted = await world.OrderAsync("NL-1");
        var problem = await world.CaseAsync(wanted);
        Assert.Equal([wanted], await FindAsync(OrderSearchText.FlowCode(wanted)));
        Assert.Equal([wanted], await FindAsync(OrderSearchText.CaseCode(problem)));
    }

    [Theory]
    [InlineData("%")]
    [InlineData("___")]
    [InlineData("NL-1%")]
    [InlineData("' or 1=1 --")]
    [InlineData("'; drop table flow; --")]
    [InlineData("\\")]
    [InlineData("\0NL\0")]
    [InlineData("😀😀😀")]
    [InlineData("ﷺﷺﷺﷺ")]
    [InlineData("$1 {0} @p")]
    public async Task Hostile_text_finds_nothing_and_harms_nothing(string pasted)
    {
        await world.OrderAsync("NL-1048213");
        Assert.Empty(await FindAsync(pasted));
        Assert.Equal(1, (await queries.TotalAsync(new OrderFilter())).Count);
    }

    [Fact]
    public async Task Very_long_text_is_cut_and_answered()
    {
        await world.OrderAsync("NL-1048213");
        Assert.Empty(await FindAsync(new string('x', 1_000_000)));
    }

    [Fact]
    public async Task Pages_of_the_list_meet_without_a_gap_or_a_repetition_even_among_equals()
    {
        for (var i = 0; i < 23; i++)
        {
            await world.OrderAsync($"NL-{i}", value: i % 3, age: TimeSpan.FromMinutes(i / 4));
        }

        foreach (var sort in Enum.GetValues<OrderSort>())
        {
            var whole = (await queries.KeysAsync(new OrderFilter { Sort = sort })).Ids;
            List<long> paged = [];
            OrderCursor? cursor = null;
            do
            {
                var page = await queries.KeysAsync(new OrderFilter { Sort = sort }, cursor, 5);
                paged.AddRange(page.Ids);
                cursor = page.Next;
            }
            while (cursor is not null);

            Assert.Equal(23, whole.Count);
            Assert.Equal(whole, paged);
        }
    }

    [Fact]
    public async Task Filters_join_and_totals_keep_currencies_apart()
    {
        await world.OrderAsync("A", 10m);
        await world.OrderAsync("B", 20m, stage: "posted", inStage: TimeSpan.FromHours(3));
        await world.OrderAsync("C", 30m, status: "done", stage: "paid");
        await world.OrderAsync("D", 40m, source: OrderWorld.OtherShop, currency: "GBP");

        Assert.Equal(["B"], await NamesAsync(new OrderFilter { Stages = ["posted", "acknowledged"] }));
        Assert.Equal(["C"], await NamesAsync(new OrderFilter { Statuses = ["done"] }));
        Assert.Equal(["D"], await NamesAsync(new OrderFilter { Brands = ["Fjord"] }));
        Assert.Equal(["D"], await NamesAsync(new OrderFilter { Sources = [OrderWorld.OtherShop] }));
        Assert.Equal(["B"], await NamesAsync(new OrderFilter { InStageFor = TimeSpan.FromHours(2) }));
        Assert.Equal(["B", "C"], await NamesAsync(new OrderFilter { ValueFrom = 20m, ValueTo = 30m }));
        Assert.Empty(await NamesAsync(new OrderFilter { Statuses = ["done"], Brands = ["Fjord"] }));
        var total = await queries.TotalAsync(new OrderFilter());
        Assert.Equal(4, total.Count);
        Assert.Equal([(60m, "EUR"), (40m, "GBP")], total.Value.Select(money => (money.Amount, money.Currency)));
    }

    [Fact]
    public async Task A_row_says_what_holds_the_order_up()
    {
        var id = await world.OrderAsync("NL-1", status: "attention");
        await world.PostingAsync(id, "NL-1-0123456789ABCDEF", state: "unknown");
        await world.DeliveryAsync(id, "NL-1-0123456789ABCDEF", state: 2, lane: 1, attempts: 2, failure: "unknown-outcome");
        var problem = await world.CaseAsync(id, state: "retrying", attempts: 2);
        await database.ExecuteAsync("update connection_gate set breaker = 'open' where connection_id = 'bc-eu'");

        var row = Assert.Single(await queries.RowsAsync([id, 999_999]));
        Assert.Equal((problem, "retrying", 2), (row.Case!.Id, row.Case.State, row.Case.Attempts));
        Assert.Equal((DeliveryState.Unknown, DeliveryLane.Deferred, 2), (row.Delivery!.State, row.Delivery.Lane, row.Delivery.Attempts));
        Assert.True(row.Delivery.TargetOpen);
        Assert.Equal("Business Central EU", row.Delivery.TargetName);
    }

    [Fact]
    public async Task New_orders_are_counted_and_not_slipped_into_the_list()
    {
        await world.OrderAsync("A");
        var newest = await queries.NewestIdAsync();
        await world.OrderAsync("B");
        await world.OrderAsync("C", status: "done");
        Assert.Equal(2, await queries.NewerAsync(new OrderFilter(), newest));
        Assert.Equal(1, await queries.NewerAsync(new OrderFilter { Statuses = ["done"] }, newest));
    }

    [Fact]
    public async Task A_search_among_many_references_uses_the_index()
    {
        await world.OrderAsync("A");
        await database.ExecuteAsync(
            "insert into flow_reference (flow_id, kind, value) select f.id, 'bulk', 'x-' || n from flow f, generate_series(1, 20000) n; analyze flow_reference;");
        await using var command = database.Sources.Read.CreateCommand(
            "explain select flow_id from flow_reference where lower(value) ~>=~ lower($1) and lower(value) ~<~ (lower($1) || U&'\\+10FFFF') limit 5000");
        command.Parameters.Add(new Npgsql.NpgsqlParameter<string> { TypedValue = "X-1777" });
        await using var reader = await command.ExecuteReaderAsync();
        var plan = "";
        while (await reader.ReadAsync())
        {
            plan += reader.GetString(0);
        }

        Assert.Contains("flow_reference_value", plan);
    }

    private async Task<IReadOnlyList<long>> FindAsync(string pasted) => [.. (await queries.FindAsync(OrderSearchText.Parse(pasted), 10)).Select(row => row.Id)];

    private async Task<IReadOnlyList<string>> NamesAsync(OrderFilter filter) =>
        [.. (await queries.RowsAsync((await queries.KeysAsync(filter)).Ids)).Select(row => row.Name).Order(StringComparer.Ordinal)];
}
