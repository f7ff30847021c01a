using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Shopify;

/// <summary>Payouts of Shopify Payments and what moved its balance.</summary>
public sealed class ShopPayoutTests
{
    private const string Payout = """{"id":"gid://shopify/ShopifyPaymentsPayout/77","issuedAt":"2026-11-21T06:00:00Z","status":"PAID","transactionType":"DEPOSIT","externalTraceId":"TRACE-1","net":{"amount":"97.85","currencyCode":"EUR"}}""";

    private const string Charge = """
        {"id":"gid://shopify/ShopifyPaymentsBalanceTransaction/11","type":"CHARGE","test":false,"transactionDate":"2026-11-20T10:00:00Z","sourceId":"900","sourceOrderTransactionId":"5001","adjustmentReason":null,
         "amount":{"amount":"100.00","currencyCode":"EUR"},"fee":{"amount":"2.15","currencyCode":"EUR"},"associatedOrder":{"id":"gid://shopify/Order/820982911946154508","name":"#9999"},"associatedPayout":{"id":"gid://shopify/ShopifyPaymentsPayout/77"}}
        """;

    [Fact]
    public async Task A_run_reads_all_payouts_and_then_what_moved_the_balance()
    {
        var (lines, vendor) = await RunAsync([Payouts(Payout, more: true), Payouts("")], [Moves(Charge, more: true), Moves("")]);
        Assert.Equal([MoneyKind.Payout, MoneyKind.Charge], lines.Select(l => l.Kind));
        Assert.Equal(("77", new Money(97.85m, "EUR"), MoneyStatus.Final, "TRACE-1"), (lines[0].Id, lines[0].Amount, lines[0].Status, Assert.Single(lines[0].References)));
        var charge = lines[1];
        Assert.Equal(("11", 100m, 2.15m, 97.85m, "77"), (charge.Id, charge.Amount.Amount, charge.Fee!.Value, charge.Net, charge.Payout!));
        Assert.Equal(["820982911946154508", "#9999", "5001", "900"], charge.References);
        Assert.Equal([null, "c1", null, "c1"], vendor.Requests.Select(r => r.Json.Text("variables", "after")));
        // The last days are read again: nothing tells when it changed.
        Assert.Equal(["issued_at:>='2026-11-09T11:00:00Z'", "processed_at:>='2026-11-09T11:00:00Z'"], vendor.Requests.Select(r => r.Json.Text("variables", "query")!).Distinct());
    }

    [Theory]
    [InlineData("SCHEDULED", MoneyStatus.Pending, 0)]
    [InlineData("IN_TRANSIT", MoneyStatus.Pending, 1)]
    [InlineData("PAID", MoneyStatus.Final, 2)]
    [InlineData("FAILED", MoneyStatus.Failed, 3)]
    [InlineData("CANCELED", MoneyStatus.Cancelled, 3)]
    [InlineData("SOMETHING_NEW", MoneyStatus.Pending, 0)]
    public async Task A_payout_that_got_further_replaces_what_was_said_before(string said, MoneyStatus status, long version)
    {
        var (lines, _) = await RunAsync([Payouts(Payout.Replace("PAID", said, StringComparison.Ordinal))], [Moves("")]);
        Assert.Equal((status, version), (lines[0].Status, lines[0].Version));
    }

    [Theory]
    [InlineData("97.85")]
    [InlineData("-97.85")]
    public async Task A_withdrawal_is_negative_whatever_sign_it_carries(string net)
    {
        var (lines, _) = await RunAsync([Payouts(Payout.Replace("DEPOSIT", "WITHDRAWAL", StringComparison.Ordinal).Replace("97.85", net, StringComparison.Ordinal))], [Moves("")]);
        Assert.Equal(-97.85m, lines[0].Amount.Amount);
    }

    [Theory]
    [InlineData("REFUND", MoneyKind.ChargeRefund)]
    [InlineData("REFUND_FAILURE", MoneyKind.ChargeRefund)]
    [InlineData("DISPUTE_WITHDRAWAL", MoneyKind.Dispute)]
    [InlineData("CHARGEBACK_FEE", MoneyKind.Fee)]
    [InlineData("CHARGEBACK_HOLD_RELEASE", MoneyKind.Reserve)]
    [InlineData("RESERVED_FUNDS", MoneyKind.Reserve)]
    [InlineData("SHIPPING_LABEL", MoneyKind.Fee)]
    [InlineData("TAX_ADJUSTMENT_DEBIT", MoneyKind.Adjustment)]
    [InlineData("ADVANCE_FUNDING", MoneyKind.Unknown)]
    [InlineData("TYPE_OF_NEXT_YEAR", MoneyKind.Unknown)]
    public async Task Each_type_is_told_and_one_that_nobody_knows_is_kept(string type, MoneyKind kind)
    {
        var (lines, _) = await RunAsync([Payouts("")], [Moves(Charge.Replace("CHARGE", type, StringComparison.Ordinal))]);
        Assert.Equal((kind, type), (Assert.Single(lines).Kind, lines[0].Text!));
    }

    [Fact]
    public async Task A_payout_that_came_back_names_itself_and_not_the_one_that_carries_it()
    {
        var (lines, _) = await RunAsync([Payouts("")], [Moves(Charge.Replace("CHARGE", "TRANSFER_FAILURE", StringComparison.Ordinal))]);
        Assert.Equal((MoneyKind.PayoutReturned, "900"), (lines[0].Kind, lines[0].Payout));
    }

    [Fact]
    public async Task A_transaction_counts_its_payout_as_version_and_nothing_before_it_has_one()
    {
        var (lines, _) = await RunAsync([Payouts("")], [Moves($"{Charge},{Charge.Replace("Transaction/11", "Transaction/12", StringComparison.Ordinal).Replace("\"gid://shopify/ShopifyPaymentsPayout/77\"", "null", StringComparison.Ordinal)}")]);
        Assert.Equal([(77L, "77"), (0L, null)], lines.Select(l => (l.Version, l.Payout)));
    }

    [Fact]
    public async Task Yen_come_in_whole_and_a_test_counts_for_nothing()
    {
        var (lines, _) = await RunAsync([Payouts("")], [Moves(Charge.Replace("EUR", "JPY", StringComparison.Ordinal).Replace("100.00", "10000", StringComparison.Ordinal).Replace("2.15", "215", StringComparison.Ordinal).Replace("\"test\":false", "\"test\":true", StringComparison.Ordinal))]);
        Assert.Equal((new Money(10000m, "JPY"), 215m, MoneyStatus.Gone), (lines[0].Amount, lines[0].Fee!.Value, lines[0].Status));
    }

    [Fact]
    public async Task A_shop_without_Shopify_Payments_has_none_and_that_is_no_error()
    {
        var (lines, vendor) = await RunAsync(["""{"shopifyPaymentsAccount":null}"""], []);
        Assert.Empty(lines);
        Assert.Single(vendor.Requests);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"shopifyPaymentsAccount":{}}""")]
    [InlineData("""{"shopifyPaymentsAccount":{"payouts":{"nodes":[{"id":"gid://shopify/ShopifyPaymentsPayout/77"}]}}}""")]
    public async Task An_answer_that_cannot_be_read_fails_and_is_not_passed_over(string data)
    {
        var vendor = ShopifyWorld.Answering(("Payouts", data));
        Assert.IsType<Outcome.NotDone>(Assert.IsType<FeedAnswer.Failed>(await Client(vendor).ReadAsync(Asked(null), new FakeScope(), CancellationToken.None)).Why);
    }

    [Fact]
    public void Payouts_are_only_read_where_the_setting_says_so()
    {
        var connector = new ShopifyConnector();
        Assert.DoesNotContain(connector.Feeds(ShopifyWorld.Profile), f => f.Feed == LedgerFeeds.Payouts);
        Assert.Contains(connector.Feeds(With("yes")), f => f.Feed == LedgerFeeds.Payouts);
        Assert.Equal("payouts", Assert.Single(connector.Check(With("perhaps"))).Field);
    }

    private static ConnectionProfile With(string payouts) => ShopifyWorld.Profile with { Settings = new Dictionary<string, string>(ShopifyWorld.Profile.Settings, StringComparer.Ordinal) { ["payouts"] = payouts } };

    private static string Payouts(string nodes, bool more = false) => List("payouts", nodes, more);

    private static string Moves(string nodes, bool more = false) => List("balanceTransactions", nodes, more);

    private static string List(string name, string nodes, bool more) => $$"""{"shopifyPaymentsAccount":{"{{name}}":{"pageInfo":{"hasNextPage":{{(more ? "true" : "false")}},"endCursor":"c1"},"nodes":[{{nodes}}]} } }""";

    private static IVendorClient Client(FakeVendor vendor) => new ShopifyConnector().Connect(With("yes"), vendor.Client(), new FakeTimeProvider(NetworkFault.Now));

    private static FeedRequest Asked(string? cursor) => new(LedgerFeeds.Payouts, cursor, NetworkFault.Now.AddHours(-1), TimeSpan.FromDays(14));

    private static async Task<(IReadOnlyList<MoneyLine> Lines, FakeVendor Vendor)> RunAsync(IReadOnlyList<string> payouts, IReadOnlyList<string> moves)
    {
        var (first, second) = (new Queue<string>(payouts), new Queue<string>(moves));
        var vendor = new FakeVendor(request => FakeVendor.Json($$"""{"data":{{(request.Json.Text("query")!.Contains("balanceTransactions", StringComparison.Ordinal) ? second : first).Dequeue()}} }"""));
        var (lines, cursor, client) = (new List<MoneyLine>(), (string?)null, Client(vendor));
        FeedAnswer.Statement page;
        do
        {
            page = Assert.IsType<FeedAnswer.Statement>(await client.ReadAsync(Asked(cursor), new FakeScope(), CancellationToken.None));
            lines.AddRange(page.Lines);
            cursor = page.Cursor;
        }
        while (page.More);

        foreach (var request in vendor.Requests)
        {
            Assert.Equal([], await ShopifySchema.ObjectionsAsync(request.Json.Text("query")!, request.Json.GetProperty("variables").GetRawText()));
        }

        return (lines, vendor);
    }
}
