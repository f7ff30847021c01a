using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Conformance.Stripe;

/// <summary>What Stripe's objects say as lines of money.</summary>
public sealed class StripeStatementTests
{
    private static readonly JsonObject Charge = StripeWorld.Changed("charge", c =>
    {
        (c["id"], c["amount"], c["amount_captured"], c["payment_intent"]) = ("ch_1", 4590, 4590, "pi_1");
        c["metadata"] = new JsonObject { ["order_id"] = "1001" };
        c["status"] = "succeeded";
    });

    [Fact]
    public async Task A_payment_names_its_order_first_its_cost_and_its_card()
    {
        var (lines, _) = await new StripeWorld().Moves("txn_1", 4590, 163, "charge", Charge.DeepClone()).RunAsync("ledger-balance");

        var line = Assert.Single(lines);
        Assert.Equal((MoneyKind.Charge, "txn_1", new Money(45.90m, "USD"), 1.63m, 44.27m), (line.Kind, line.Id, line.Amount, line.Fee!.Value, line.Net));
        Assert.Equal(["1001", "pi_1", "ch_1"], line.References.Take(3));
        Assert.Equal(("ch_1", "visa", null, MoneyStatus.Final), (line.Document, line.Method, line.Payout, line.Status));
    }

    [Fact]
    public async Task A_payout_is_worth_what_its_lines_are_and_its_own_entry_is_none_of_them()
    {
        var (lines, end) = await new StripeWorld { PageSize = 2 }.PaysOut("po_1", 4302)
            .Moves("txn_1", 4590, 163, "charge", Charge.DeepClone(), payout: "po_1").Moves("txn_2", -125, 0, "fee", null, payout: "po_1").Moves("txn_9", -4302, 0, "payout", "po_1", payout: "po_1")
            .RunAsync("ledger-payouts");

        var payout = Assert.Single(lines, l => l.Kind == MoneyKind.Payout);
        Assert.Equal((new Money(43.02m, "USD"), MoneyStatus.Final, 3L), (payout.Amount, payout.Status, payout.Version));
        Assert.Equal(payout.Amount.Amount, lines.Where(l => l.Payout == "po_1").Sum(l => l.Net));
        Assert.DoesNotContain(lines, l => l.Id == "txn_9");
        Assert.Equal("1795435200", end);
    }

    [Fact]
    public async Task A_line_in_a_payout_replaces_what_the_balance_said_of_it()
    {
        var world = new StripeWorld().PaysOut("po_1", 4427).Moves("txn_1", 4590, 163, "charge", Charge.DeepClone(), payout: "po_1");
        var before = Assert.Single((await world.RunAsync("ledger-balance")).Lines);
        var after = Assert.Single((await world.RunAsync("ledger-payouts")).Lines, l => l.Id == "txn_1");
        Assert.True(after.Version > before.Version);
        Assert.Equal((null, "po_1"), (before.Payout, after.Payout));
    }

    [Theory]
    [InlineData("failed", MoneyStatus.Failed)]
    [InlineData("canceled", MoneyStatus.Cancelled)]
    public async Task A_payout_that_came_back_says_so_and_its_money_is_carried_by_the_next(string status, MoneyStatus expected)
    {
        var world = new StripeWorld().PaysOut("po_2", 4427).PaysOut("po_1", 4427, status, p => (p["failure_balance_transaction"], p["failure_message"]) = ("txn_5", "The account is closed."))
            .Moves("txn_1", 4590, 163, "charge", Charge.DeepClone(), payout: "po_1").Moves("txn_5", 4427, 0, "payout_reversal", "po_1", payout: "po_2");
        var (lines, _) = await world.RunAsync("ledger-payouts");

        var failed = Assert.Single(lines, l => l.Id == "po_1");
        Assert.Equal((expected, "The account is closed. STRIPE PAYOUT"), (failed.Status, failed.Text));
        Assert.All(lines.Where(l => l.Kind == MoneyKind.PayoutReturned), l => Assert.Equal(("txn_5", "po_1", 44.27m), (l.Id, l.Payout, l.Amount.Amount)));
        foreach (var payout in lines.Where(l => l.Kind == MoneyKind.Payout))
        {
            Assert.Equal(payout.Amount.Amount, lines.Where(l => l.Payout == payout.Id && l.Kind != MoneyKind.PayoutReturned).Sum(l => l.Net));
        }
    }

    [Fact]
    public async Task A_payout_made_by_hand_is_told_without_lines_and_says_why()
    {
        var world = new StripeWorld().PaysOut("po_1", 4427, change: p => (p["automatic"], p["method"], p["reconciliation_status"]) = (false, "instant", "not_applicable"));
        var line = Assert.Single((await world.RunAsync("ledger-payouts")).Lines);
        Assert.StartsWith("Paid out by hand", line.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Vendor.Requests, r => r.Path.Contains("balance_transactions", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hint_reads_one_payout_with_all_its_pages_and_one_that_is_not_there_is_missing()
    {
        var world = new StripeWorld { PageSize = 2 }.PaysOut("po_1", 300).Moves("t1", 100, 0, "charge", "ch_1", payout: "po_1").Moves("t2", 100, 0, "charge", "ch_2", payout: "po_1").Moves("t3", 100, 0, "charge", "ch_3", payout: "po_1");
        var told = Assert.IsType<FeedAnswer.Statement>(await Read(world, "payout:po_1"));
        Assert.Equal(["po_1", "t1", "t2", "t3"], told.Lines.Select(l => l.Id));
        Assert.Equal(FailureKind.Missing, Assert.IsType<Outcome.Refused>(Assert.IsType<FeedAnswer.Failed>(await Read(world, "payout:po_404")).Why).Kind);
        Assert.Equal("no-such-feed", Assert.IsType<Outcome.Refused>(Assert.IsType<FeedAnswer.Failed>(await Read(world, "payout:../balance")).Why).Code);
    }

    [Theory]
    [InlineData("jpy", 4590, "4590")]
    [InlineData("kwd", 4590, "4.590")]
    [InlineData("isk", 459000, "4590")]
    [InlineData("eur", 4590, "45.90")]
    public async Task Minor_units_are_those_of_the_currency_as_the_vendor_counts(string currency, long minor, string major)
    {
        var (lines, _) = await new StripeWorld().Moves("txn_1", minor, 0, "charge", "ch_1", currency).RunAsync("ledger-balance");
        Assert.Equal(decimal.Parse(major, System.Globalization.CultureInfo.InvariantCulture), Assert.Single(lines).Amount.Amount);
    }

    [Fact]
    public async Task What_the_buyer_saw_is_told_where_it_was_another_currency()
    {
        var yen = Charge.DeepClone().AsObject();
        (yen["currency"], yen["amount"], yen["amount_captured"]) = ("jpy", 6800, 6800);
        var refund = StripeWorld.Changed("refund", r => (r["id"], r["currency"], r["amount"], r["charge"]) = ("re_1", "jpy", 6800, "ch_1"));
        var (lines, _) = await new StripeWorld().Moves("txn_1", 4590, 163, "charge", yen).Moves("txn_2", -4590, 0, "refund", refund).RunAsync("ledger-balance");
        Assert.Equal([new Money(6800m, "JPY"), new Money(-6800m, "JPY")], lines.Select(l => l.Presentment!.Value));
        Assert.Contains("ch_1", lines[1].References);
    }

    [Fact]
    public async Task A_disputed_payment_carries_the_fee_of_its_dispute_and_an_unknown_movement_is_shown()
    {
        var dispute = StripeWorld.Changed("dispute", d => (d["id"], d["charge"], d["reason"]) = ("dp_1", "ch_1", "fraudulent"));
        var (lines, _) = await new StripeWorld().Moves("t1", -4590, 1500, "dispute", dispute).Moves("t2", -10, 0, "of_next_year", null).RunAsync("ledger-balance");
        Assert.Equal((MoneyKind.Dispute, -60.90m), (lines[0].Kind, lines[0].Net));
        Assert.Contains("fraudulent", lines[0].Text, StringComparison.Ordinal);
        Assert.Equal((MoneyKind.Unknown, true), (lines[1].Kind, lines[1].Text!.Contains("of_next_year", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_object_that_lacks_its_amount_fails_its_page_and_is_not_left_out()
    {
        var world = new StripeWorld().Moves("txn_1", 1, 0, "charge", null, currency: "dollars");
        var failed = Assert.IsType<FeedAnswer.Failed>(await world.Client().ReadAsync(new FeedRequest("ledger-balance", null, NetworkFault.Now, TimeSpan.Zero), new FakeScope(), CancellationToken.None));
        Assert.Contains("currency", Assert.IsType<Outcome.NotDone>(failed.Why).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_what_the_vendor_knows_is_asked_and_nothing_is_ever_written()
    {
        var world = new StripeWorld().PaysOut("po_1", 4427).Moves("txn_1", 4590, 163, "charge", Charge.DeepClone(), payout: "po_1");
        await world.RunAsync("ledger-balance");
        await world.RunAsync("ledger-payouts");
        Assert.All(world.Vendor.Requests, r =>
        {
            Assert.Equal((HttpMethod.Get, "2026-10-28.endive", "Bearer rk_test_of_the_account"), (r.Method, r.Headers["Stripe-Version"], r.Headers["Authorization"]));
            Assert.Equal([], StripeSchema.Query(r.Address.AbsolutePath.Contains("payouts", StringComparison.Ordinal) ? "PayoutListParams" : "BalanceTransactionListParams", r.Address.Query));
        });
    }

    private static Task<FeedAnswer> Read(StripeWorld world, string resource)
        => world.Client().ReadAsync(new FeedRequest("", null, NetworkFault.Now, TimeSpan.Zero, resource), new FakeScope(), CancellationToken.None);
}
