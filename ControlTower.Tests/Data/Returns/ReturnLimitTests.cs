using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Returns;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Returns;

/// <summary>Histories of returns and refunds, many at once, on the real database: never more back than was sold, never more paid than was taken.</summary>
public sealed class ReturnLimitTests
{
    private const int Orders = 6;
    private const int Sold = 4;
    private const decimal Worth = 100.03m;
    private const int Writers = 8;
    private const int ActsOfEach = 60;

    /// <summary>What went beyond the limits, whoever is to blame.</summary>
    private const string Broken = """
        select (select count(*) from refund_limit l where l.claimed > 0 and (select coalesce(sum(amount), 0) from return_claim c where c.order_flow_id = l.flow_id and c.state <> 'released')
                 + (select coalesce(sum(counted), 0) from refund_stated s where s.order_flow_id = l.flow_id) > l.captured + l.overdrawn)
             + (select count(*) from (select order_flow_id, order_line_id, sum(quantity) as pieces from return_claim where state <> 'released' group by 1, 2) c where pieces > 4)
        """;

    [Promise(6)]
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task P6_whatever_returns_and_refunds_are_raced_no_more_comes_back_than_was_sold_and_no_more_is_paid_than_was_taken(int seed)
    {
        await using var database = await CreateAsync();
        await RaceAsync(database, seed);
        Assert.Equal(0, await database.ScalarAsync<long>(Broken));
        Assert.Equal(0, await database.ScalarAsync<long>(
            """
            select count(*) from refund_limit l where l.claimed <> (select coalesce(sum(amount), 0) from return_claim c where c.order_flow_id = l.flow_id and c.state <> 'released')
                or l.stated <> (select coalesce(sum(counted), 0) from refund_stated s where s.order_flow_id = l.flow_id)
            """));
        // The race was one: some claims were held, some refused, and every order was pressed to its limit.
        Assert.True(await database.ScalarAsync<long>("select count(*) from return_claim") > Orders);
        Assert.Equal(Orders, await database.ScalarAsync<long>("select count(*) from refund_limit where claimed + stated >= captured - 30"));
    }

    [Sabotage(6)]
    [Fact]
    public async Task P6_sabotage_without_the_two_checks_more_comes_back_than_was_sold()
    {
        await using var database = await CreateAsync();
        await database.ExecuteAsync(
            "alter table refund_limit drop constraint refund_never_exceeds_capture; alter table return_limit drop constraint return_never_exceeds_sold; alter table return_limit drop constraint return_never_worth_more_than_sold");
        await RaceAsync(database, 1);
        Assert.True(await database.ScalarAsync<long>(Broken) > 0);
    }

    [Fact]
    public async Task What_a_return_paid_out_is_not_counted_again_when_the_shop_tells_of_it_whichever_comes_first()
    {
        await using var database = await CreateAsync();
        await database.ExecuteAsync($"insert into posting (key, flow_id, connection_id, kind, document_version, value, currency) values ('ORDER-REFUND-KEY', {Return(1)}, 'shop', 'RefundPayment', 0, 25, 'EUR')");
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        Assert.Null(await ClaimAsync(connection, 1, 1, 1, 25m));
        await CountAsync(connection, 1, "900", 25m, "ORDER-REFUND-KEY");
        await ReturnLimits.SettleAsync(connection, Return(1), "900", 25m, false, default);
        await CountAsync(connection, 1, "900", 25m, "ORDER-REFUND-KEY");

        // A shop that does not hand the key back: counted as its own until the answer names the refund.
        Assert.Null(await ClaimAsync(connection, 2, 1, 1, 25m));
        await CountAsync(connection, 1, "901", 25m, null);
        Assert.Equal(75m, await GivenAsync(database));
        await ReturnLimits.SettleAsync(connection, Return(2), "901", 25m, false, default);
        Assert.Equal(50m, await GivenAsync(database));
    }

    [Fact]
    public async Task A_refund_that_was_counted_before_its_return_could_be_read_is_that_returns_once_it_is_told_again()
    {
        const string piece = """[{"line": "1", "sold": 4, "worth": 0, "quantity": 1}]""";
        await using var database = await CreateAsync();
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        await CountAsync(connection, 1, "900", 25m, null, lines: piece);
        Assert.Equal("refund_never_exceeds_capture", await ClaimAsync(connection, 1, 1, Sold, Worth));
        await CountAsync(connection, 1, "900", 25m, null, "r1", piece);
        await CountAsync(connection, 1, "900", 25m, null, "r2", piece);
        Assert.Null(await ClaimAsync(connection, 1, 1, Sold, Worth));
        Assert.Equal(Worth, await GivenAsync(database));
    }

    [Fact]
    public async Task What_the_shop_gave_beyond_the_limit_leaves_nothing_for_a_return_also_after_another_gave_up()
    {
        await using var database = await CreateAsync();
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        Assert.Null(await ClaimAsync(connection, 1, 1, 2, 50m));
        await CountAsync(connection, 1, "900", Worth, null);
        Assert.Equal("refund_never_exceeds_capture", await ClaimAsync(connection, 2, 1, 1, 0.01m));
        await ReturnLimits.ReleaseAsync(connection, Return(1), null, default);
        Assert.Equal("refund_never_exceeds_capture", await ClaimAsync(connection, 3, 1, 1, 0.01m));
        Assert.Equal(0m, await database.ScalarAsync<decimal>("select overdrawn from refund_limit"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_shop_pays_for_a_return_beyond_its_claim_leaves_nothing_for_another(bool settledFirst)
    {
        await using var database = await CreateAsync();
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        Assert.Null(await ClaimAsync(connection, 1, 1, 1, 10m));
        if (settledFirst)
        {
            await ReturnLimits.SettleAsync(connection, Return(1), "900", Worth, false, default);
        }

        await CountAsync(connection, 1, "900", Worth, null, "r1");
        Assert.Equal("refund_never_exceeds_capture", await ClaimAsync(connection, 2, 1, 1, 0.01m));
        Assert.Equal(Worth, await GivenAsync(database));
    }

    [Fact]
    public async Task A_second_refund_of_one_return_counts_whether_it_names_the_return_or_not_and_parts_of_the_claim_do_not()
    {
        await using var database = await CreateAsync();
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        Assert.Null(await ClaimAsync(connection, 1, 1, 2, 50m));
        await CountAsync(connection, 1, "901", 20m, null, "r1");
        await CountAsync(connection, 1, "900", 30m, null, "r1");
        await ReturnLimits.SettleAsync(connection, Return(1), "901", 20m, false, default);
        Assert.Equal(50m, await GivenAsync(database));
        await CountAsync(connection, 1, "902", 50m, null, "r1");
        Assert.Equal(100m, await GivenAsync(database));
        await ReturnLimits.SettleAsync(connection, Return(1), "902", 50m, false, default);
        Assert.Equal(100m, await GivenAsync(database));
    }

    [Fact]
    public async Task What_was_taken_for_the_echo_of_a_return_that_was_refused_is_the_shops_own_in_money_and_in_pieces()
    {
        await using var database = await CreateAsync();
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        Assert.Null(await ClaimAsync(connection, 1, 1, 2, 50m));
        await CountAsync(connection, 1, "900", 50m, null, "r1", """[{"line": "1", "sold": 4, "worth": 0, "quantity": 2}]""");
        await ReturnLimits.ReleaseAsync(connection, Return(1), null, default);
        Assert.Equal(50m, await GivenAsync(database));
        Assert.Equal("return_never_exceeds_sold", await ClaimAsync(connection, 2, 1, 3, 40m));
        Assert.Equal("refund_never_exceeds_capture", await ClaimAsync(connection, 3, 1, 2, 50.04m));
    }

    [Fact]
    public async Task What_a_person_paid_by_hand_is_told_by_the_shop_under_another_id_and_counts_once()
    {
        await using var database = await CreateAsync();
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        Assert.Null(await ClaimAsync(connection, 1, 1, 1, 25m));
        await ReturnLimits.SettleAsync(connection, Return(1), "till 7", 25m, true, default);
        await CountAsync(connection, 1, "900", 25m, null);
        await CountAsync(connection, 1, "900", 25m, null);
        Assert.Equal(25m, await GivenAsync(database));
        await CountAsync(connection, 1, "901", 25m, null);
        Assert.Equal(50m, await GivenAsync(database));

        // The shop told first: the reference that the person gives is the refund's id.
        Assert.Null(await ClaimAsync(connection, 2, 1, 1, 20m));
        await CountAsync(connection, 1, "902", 20m, null);
        await ReturnLimits.SettleAsync(connection, Return(2), "902", 20m, true, default);
        Assert.Equal(70m, await GivenAsync(database));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_person_finished_by_hand_counts_with_the_towers_part_once_whichever_is_told_first(bool settledFirst)
    {
        await using var database = await CreateAsync();
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        await database.ExecuteAsync($"insert into posting (key, flow_id, connection_id, kind, document_version, value, currency) values ('ORDER-REFUND-KEY', {Return(1)}, 'shop', 'RefundPayment', 0, 25, 'EUR')");
        Assert.Null(await ClaimAsync(connection, 1, 1, 1, 25m));
        if (settledFirst)
        {
            await ReturnLimits.SettleAsync(connection, Return(1), "till 7", 25m, true, default);
        }

        await CountAsync(connection, 1, "900", 10m, "ORDER-REFUND-KEY");
        await ReturnLimits.SettleAsync(connection, Return(1), "till 7", 25m, true, default);
        Assert.Equal(25m, await GivenAsync(database));
        await CountAsync(connection, 1, "901", 15m, null);
        await CountAsync(connection, 1, "901", 15m, null);
        Assert.Equal(25m, await GivenAsync(database));
        await CountAsync(connection, 1, "902", 15m, null);
        Assert.Equal(40m, await GivenAsync(database));
    }

    [Fact]
    public async Task No_number_of_pieces_is_too_large_to_be_counted_and_no_lines_claim_nothing()
    {
        await using var database = await CreateAsync();
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        await CountAsync(connection, 1, "900", 1m, null, lines: """[{"line": "1", "sold": 4, "worth": 0, "quantity": 2147483647}]""");
        await CountAsync(connection, 1, "901", 1m, null, lines: """[{"line": "1", "sold": 4, "worth": 0, "quantity": 2147483647}]""");
        Assert.Equal("return_never_exceeds_sold", await ClaimAsync(connection, 1, 1, 1, 1m));
        Assert.Null(await ReturnLimits.ClaimAsync(connection, Return(2), 2, new Money(Worth, "EUR"), "[]", default));
    }

    [Fact]
    public async Task Goods_without_a_sku_keep_no_stock_and_hold_up_nobody()
    {
        await using var database = await CreateAsync();
        await database.ExecuteAsync("insert into location (id, name, kind) values ('store-1', 'Store', 'store')");
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        await ReturnLimits.PutBackAsync(connection, $$"""
            [{"flow": {{Return(1)}}, "inspection": "i", "line": "1", "sku": "", "location": "store-1", "sound": 1, "damaged": 0},
             {"flow": {{Return(1)}}, "inspection": "i", "line": "2", "sku": "A", "location": "store-1", "sound": 1, "damaged": 0}]
            """, default);
        Assert.Equal(1, await database.ScalarAsync<int>("select sum(on_hand)::integer from stock"));
    }

    private static long Return(int n) => Orders + n;

    private static Task<decimal> GivenAsync(TestDatabase database) => database.ScalarAsync<decimal>("select claimed + stated from refund_limit");

    private static async Task<TestDatabase> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync($"""
            insert into connection (id, kind, role, name) values ('shop', 'shopify', 'shop', 'Shop');
            insert into flow (kind, source, source_id) select 'order-to-cash', 'shop', n::text from generate_series(1, {Orders}) n;
            insert into flow (kind, source, source_id) select 'return-to-refund', 'shop', 'r' || n from generate_series(1, {Writers * ActsOfEach}) n;
            """);
        return database;
    }

    // Each writer acts on returns of its own, as the lock of a flow ensures; all of them share the orders.
    private static Task RaceAsync(TestDatabase database, int seed) => Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
    {
        var random = new Random((seed * 1_000) + writer);
        List<int> held = [];
        for (var act = 0; act < ActsOfEach; act++)
        {
            var n = (writer * ActsOfEach) + act + 1;
            var order = random.Next(Orders) + 1;
            await using var connection = await database.Sources.Work.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            switch (random.Next(10))
            {
                case < 6:
                    var pieces = random.Next(1, Sold + 1);
                    if (await ClaimAsync(connection, n, order, pieces, decimal.Round(Worth * pieces / Sold, 2)) is null)
                    {
                        held.Add(n);
                    }

                    break;
                case 6 when held.Count > 0:
                    await ReturnLimits.ReleaseAsync(connection, Return(held[random.Next(held.Count)]), null, default);
                    break;
                case 7 when held.Count > 0:
                    await ReturnLimits.SettleAsync(connection, Return(held[random.Next(held.Count)]), random.Next(2) == 0 ? null : $"refund-{n}", random.Next(1, 20), random.Next(4) == 0, default);
                    break;
                default:
                    await CountAsync(connection, order, $"own-{random.Next(40)}", random.Next(1, 20), null, random.Next(3) == 0 && held.Count > 0 ? $"r{held[^1]}" : null);
                    break;
            }

            await transaction.CommitAsync();
        }
    })));

    private static Task<string?> ClaimAsync(Npgsql.NpgsqlConnection connection, int returned, int order, int pieces, decimal amount) => ReturnLimits.ClaimAsync(
        connection, Return(returned), order, new Money(Worth, "EUR"), string.Create(CultureInfo.InvariantCulture,
            $$"""[{"line": "1", "sku": "A", "sold": {{Sold}}, "worth": {{Worth}}, "quantity": {{pieces}}, "amount": {{amount}}}]"""), default);

    private static Task CountAsync(Npgsql.NpgsqlConnection connection, int order, string refund, decimal amount, string? key, string? returned = null, string lines = "[]") =>
        ReturnLimits.CountAsync(connection, new StatedRefund(order, refund, new Money(amount, "EUR"), Worth, key, returned, lines), default);
}
