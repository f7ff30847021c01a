using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Square;
using Xunit;

namespace ControlTower.Tests.Conformance.Square;

/// <summary>Payouts of Square and the entries that each is made of.</summary>
public sealed class SquarePayoutTests
{
    private const string Charge = """{"id":"poe_1","payout_id":"po_1","effective_at":"2026-11-20T10:00:00Z","type":"CHARGE","gross_amount_money":{"amount":10000,"currency":"EUR"},"fee_amount_money":{"amount":175,"currency":"EUR"},"net_amount_money":{"amount":9825,"currency":"EUR"},"type_charge_details":{"payment_id":"p2"}}""";

    private const string Refund = """{"id":"poe_2","payout_id":"po_1","effective_at":"2026-11-20T11:00:00Z","type":"REFUND","gross_amount_money":{"amount":-5000,"currency":"EUR"},"fee_amount_money":{"amount":-50,"currency":"EUR"},"type_refund_details":{"payment_id":"p2","refund_id":"p2_r0"}}""";

    [Fact]
    public async Task A_run_reads_each_location_payout_by_payout_with_its_entries()
    {
        var (lines, vendor) = await RunAsync(new()
        {
            ["L1"] = [Page("payouts", Payout("po_1", "PAID"), "next"), Page("payouts", Payout("po_2", "SENT"))],
            ["L2"] = [Page("payouts", "")],
            ["po_1"] = [Page("payout_entries", Charge, "more"), Page("payout_entries", Refund)],
            ["po_2"] = [Page("payout_entries", "")],
        });
        Assert.Equal([(MoneyKind.Payout, "po_1"), (MoneyKind.Charge, "poe_1"), (MoneyKind.ChargeRefund, "poe_2"), (MoneyKind.Payout, "po_2")], lines.Select(l => (l.Kind, l.Id)));
        Assert.Equal((new Money(48.75m, "EUR"), MoneyStatus.Final, 2L, "EU-BER1", "E2E-po_1"), (lines[0].Amount, lines[0].Status, lines[0].Version, lines[0].Store!, Assert.Single(lines[0].References)));
        Assert.Equal(MoneyStatus.Pending, lines[3].Status);
        Assert.Equal((100m, 1.75m, "po_1", "p2"), (lines[1].Amount.Amount, lines[1].Fee!.Value, lines[1].Payout!, Assert.Single(lines[1].References)));
        Assert.Equal((-50m, -0.5m), (lines[2].Amount.Amount, lines[2].Fee!.Value));
        Assert.Equal(["p2_r0", "p2"], lines[2].References);
        Assert.Equal(lines[0].Amount.Amount, lines.Where(l => l.Payout == "po_1").Sum(l => l.Net));
        // The last days are read again: a payout tells its change by its version alone.
        Assert.Contains(vendor.Requests, r => Uri.UnescapeDataString(r.Path).Contains("begin_time=2026-11-09T11:00:00Z", StringComparison.Ordinal));
        SquareWorld.Approved(vendor);
    }

    [Theory]
    [InlineData("DISPUTE", MoneyKind.Dispute)]
    [InlineData("FEE", MoneyKind.Fee)]
    [InlineData("TAX_ON_FEE", MoneyKind.Fee)]
    [InlineData("THIRD_PARTY_FEE_REFUND", MoneyKind.Fee)]
    [InlineData("RESERVE_HOLD", MoneyKind.Reserve)]
    [InlineData("RETURNED_PAYOUT", MoneyKind.Carried)]
    [InlineData("INITIAL_BALANCE_CHANGE", MoneyKind.Carried)]
    [InlineData("OTHER_ADJUSTMENT", MoneyKind.Adjustment)]
    [InlineData("LOCAL_OFFERS_CASHBACK", MoneyKind.Unknown)]
    [InlineData("TYPE_OF_NEXT_YEAR", MoneyKind.Unknown)]
    public async Task Each_type_is_told_and_one_that_nobody_knows_is_kept(string type, MoneyKind kind)
    {
        var (lines, _) = await OneAsync(Charge.Replace("CHARGE", type, StringComparison.Ordinal));
        Assert.Equal((kind, type), (lines[1].Kind, lines[1].Text!));
    }

    [Fact]
    public async Task Yen_have_no_minor_units_and_the_currency_goes_by_either_name()
    {
        var (lines, _) = await OneAsync(Charge.Replace("\"currency\":\"EUR\"", "\"currency_code\":\"JPY\"", StringComparison.Ordinal));
        Assert.Equal((new Money(10000m, "JPY"), 175m), (lines[1].Amount, lines[1].Fee!.Value));
    }

    [Fact]
    public async Task A_line_that_cannot_be_read_fails_its_page_and_is_not_passed_over()
    {
        var vendor = Vendor(new() { ["L1"] = [Page("payouts", Payout("po_1", "PAID").Replace("amount_money", "money", StringComparison.Ordinal))] });
        Assert.IsType<Outcome.NotDone>(Assert.IsType<FeedAnswer.Failed>(await Client(vendor).ReadAsync(Asked(null), new FakeScope(), CancellationToken.None)).Why);
    }

    [Fact]
    public void Payouts_are_only_read_where_the_setting_says_so()
    {
        var connector = new SquareConnector();
        Assert.DoesNotContain(connector.Feeds(SquareWorld.Profile), f => f.Feed == LedgerFeeds.Payouts);
        Assert.Contains(connector.Feeds(With("yes")), f => f.Feed == LedgerFeeds.Payouts);
        Assert.Equal("payouts", Assert.Single(connector.Check(With("perhaps"))).Field);
    }

    private static ConnectionProfile With(string payouts) => SquareWorld.Profile with { Settings = new Dictionary<string, string>(SquareWorld.Profile.Settings, StringComparer.Ordinal) { ["payouts"] = payouts } };

    private static string Payout(string id, string status) =>
        $$"""{"id":"{{id}}","status":"{{status}}","location_id":"L1","created_at":"2026-11-21T06:00:00Z","updated_at":"2026-11-22T06:00:00Z","amount_money":{"amount":4875,"currency":"EUR"},"version":2,"type":"BATCH","end_to_end_id":"E2E-{{id}}"}""";

    private static string Page(string member, string rows, string? cursor = null) => $$"""{"{{member}}":[{{rows}}]{{(cursor is null ? "" : $",\"cursor\":\"{cursor}\"")}}}""";

    private static FeedRequest Asked(string? cursor) => new(LedgerFeeds.Payouts, cursor, NetworkFault.Now.AddHours(-1), TimeSpan.FromDays(14));

    private static IVendorClient Client(FakeVendor vendor) => SquareWorld.Client(vendor, With("yes"));

    private static FakeVendor Vendor(Dictionary<string, string[]> pages)
    {
        var left = pages.ToDictionary(p => p.Key, p => new Queue<string>(p.Value), StringComparer.Ordinal);
        return new FakeVendor(request => FakeVendor.Json(request.Address.AbsolutePath.Split('/') switch
        {
            [_, _, "locations"] => """{"locations":[{"id":"L2","currency":"EUR"},{"id":"L1","currency":"EUR"}]}""",
            [_, _, "payouts"] => left[request.Address.Query.Contains("location_id=L1", StringComparison.Ordinal) ? "L1" : "L2"].Dequeue(),
            [_, _, "payouts", var id, "payout-entries"] => left[id].Dequeue(),
            _ => throw new InvalidOperationException(request.Path),
        }));
    }

    private static Task<(IReadOnlyList<MoneyLine> Lines, FakeVendor Vendor)> OneAsync(string entry)
        => RunAsync(new() { ["L1"] = [Page("payouts", Payout("po_1", "PAID"))], ["L2"] = [Page("payouts", "")], ["po_1"] = [Page("payout_entries", entry)] });

    private static async Task<(IReadOnlyList<MoneyLine> Lines, FakeVendor Vendor)> RunAsync(Dictionary<string, string[]> pages)
    {
        var vendor = Vendor(pages);
        var (lines, cursor, client) = (new List<MoneyLine>(), (string?)null, Client(vendor));
        FeedAnswer.Statement page;
        do
        {
            page = Assert.IsType<FeedAnswer.Statement>(await client.ReadAsync(Asked(cursor), new FakeScope(), CancellationToken.None));
            lines.AddRange(page.Lines);
            cursor = page.Cursor;
        }
        while (page.More);

        return (lines, vendor);
    }
}
