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

    [Theory]
    [InlineData("b2f9a7d0-53c1-4a8e-9a51-6f0c2d1e7b44")]
    [InlineData("B2F9A7D0-53C1-4A8E-9A51-6F0C2D1E7B44")]
    [InlineData("\"b2f9a7d0-53c1-4a8e-9a51-6f0c2d1e7b44\"")]
    public async Task An_order_is_found_by_the_id_of_a_webhook_of_any_topic_at_any_door(string pasted)
    {
        var wanted = await world.OrderAsync("NL-1");
        var other = await world.OrderAsync("NL-2");
        foreach (var (connection, topic) in new[] { (OrderWorld.Shop, "orders/create"), (OrderWorld.Shop, "orders/paid"), (OrderWorld.Erp, "invoices"), (OrderWorld.OtherShop, "order") })
        {
            await world.MessageAsync(other, connection, topic);
        }

        await world.MessageAsync(wanted, OrderWorld.OtherShop, "refunds", eventId: "b2f9a7d0-53c1-4a8e-9a51-6f0c2d1e7b44");
        await world.MessageAsync(other, OrderWorld.OtherShop, "shipments");
        Assert.Equal([wanted], await FindAsync(pasted));
    }

    [Fact]
    public async Task A_short_text_is_not_looked_for_among_events()
    {
        var order = await world.OrderAsync("NL-1");
        await world.MessageAsync(order, eventId: "1234567");
        await world.MessageAsync(order, eventId: "12345678");
        Assert.Empty(await FindAsync("1234567"));
        Assert.Equal([order], await FindAsync("12345678"));
    }

    [Theory]
    [InlineData("4bf92f3577b34da6a3ce929d0e0e4736")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [InlineData("event-that-waits")]
    public async Task A_message_that_has_not_ended_leads_to_the_order_that_its_lane_names(string pasted)
    {
        var wanted = await world.OrderAsync("NL-1", sourceId: "6104482130");
        await world.OrderAsync("FJ-1", sourceId: "6104482130", source: OrderWorld.OtherShop);
        var message = await world.MessageAsync(null, trace: "4bf92f3577b34da6a3ce929d0e0e4736", eventId: "event-that-waits", lane: "order/6104482130");
        await database.ExecuteAsync($"insert into inbox_work (message_id, connection_id, lane) select id, connection_id, lane from inbox_message where id = {message}");
        Assert.Equal([wanted], await FindAsync(pasted));
    }

    [Fact]
    public async Task A_notice_of_the_erp_that_ended_in_a_case_leads_to_the_order_of_its_posting()
    {
        var wanted = await world.OrderAsync("NL-1");
        await world.PostingAsync(wanted, "NL-1-0123456789ABCDEF");
        var message = await world.MessageAsync(null, OrderWorld.Erp, "invoices", eventId: "unreadable-invoice", lane: "posting/NL-1-0123456789ABCDEF");
        await database.ExecuteAsync($"insert into inbox_outcome (message_id, outcome) values ({message}, 'excepted')");
        Assert.Equal([wanted], await FindAsync("unreadable-invoice"));
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

    [Fact]
    public async Task A_search_for_an_event_among_many_messages_steps_through_the_unique_index_and_reads_no_more_than_the_doors()
    {
        var wanted = await world.OrderAsync("NL-1");
        await database.ExecuteAsync(
            """
            insert into inbox_message (connection_id, topic, event_id, lane, body, body_hash)
            select case n % 3 when 0 then 'bc-eu' when 1 then 'shopify-eu' else 'vendure-uk' end, 'topic-' || n % 5, 'bulk-' || n, 'other/1', '', sha256('') from generate_series(1, 30000) n;
            analyze inbox_message;
            """);
        var message = await world.MessageAsync(wanted, topic: "topic-4", eventId: "the-one-in-30000");
        await using var command = database.Sources.Read.CreateCommand("explain (analyze, costs off, timing off, summary off) " + MessageSearch.ByEvent("$1"));
        command.Parameters.Add(new Npgsql.NpgsqlParameter<string[]> { TypedValue = ["the-one-in-30000", "another-that-is-not-there"] });
        await using var reader = await command.ExecuteReaderAsync();
        List<string> plan = [];
        while (await reader.ReadAsync())
        {
            plan.Add(reader.GetString(0));
        }

        var text = string.Join('\n', plan);
        Assert.True(message > 30_000, text);
        Assert.DoesNotContain("Seq Scan on inbox_message", text);
        Assert.Equal(3, plan.Count(line => line.Contains("inbox_message_connection_id_topic_event_id_key", StringComparison.Ordinal)));
        Assert.Equal([wanted], await FindAsync("the-one-in-30000"));
    }

    private async Task<IReadOnlyList<long>> FindAsync(string pasted) => [.. (await queries.FindAsync(OrderSearchText.Parse(pasted), 10)).Select(row => row.Id)];

    private async Task<IReadOnlyList<string>> NamesAsync(OrderFilter filter) =>
        [.. (await queries.RowsAsync((await queries.KeysAsync(filter)).Ids)).Select(row => row.Name).Order(StringComparer.Ordinal)];
}
