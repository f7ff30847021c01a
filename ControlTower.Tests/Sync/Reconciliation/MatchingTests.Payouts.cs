using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Reconciliation;
using Xunit;
using static ControlTower.Tests.Sync.Reconciliation.LedgerWorld;

namespace ControlTower.Tests.Sync.Reconciliation;

/// <summary>Payouts as processors name them and banks print them, that come back, and that are booked.</summary>
public sealed partial class MatchingTests
{
    [Theory]
    [InlineData("ADYEN N.V. TX0000118XT BATCH 118, SAMPLESHOP", true)]
    [InlineData("Adyen sampleshop 118", true)]
    [InlineData("STRIPE/TX 0000118 XT", true)]
    [InlineData("STRIPE SAMPLESHOP118", true)]
    [InlineData("STRIPE SampleShop 1189", false)]
    [InlineData("STRIPE TX0000118XTA", false)]
    [InlineData("STRIPE SETTLEMENT", false)]
    public async Task A_bank_names_a_payout_by_any_name_of_it_and_prints_it_as_banks_do(string words, bool named)
    {
        foreach (var bankFirst in new[] { true, false })
        {
            await using var world = await CreateAsync();
            var payout = Payout(1, 100m) with { Id = "SampleShop/118/EUR", Document = "SampleShop 118", References = ["TX0000118XT batch 118", "TX0000118XT"] };
            await world.TellAsync(bankFirst ? Bank : Stripe, [bankFirst ? Deposit(1, 100m, words) : payout]);
            await world.SettleAsync();
            await world.TellAsync(bankFirst ? Stripe : Bank, [bankFirst ? payout : Deposit(1, 100m, words)]);
            await world.SettleAsync();
            Assert.Equal(!named, (await world.OpenAsync()).Exists(o => o.StartsWith("deposit missing-other", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_name_that_two_payouts_have_is_neithers_and_one_of_the_banks_currency_comes_first()
    {
        await using var world = await CreateAsync();
        await world.TellAsync(Bank, [Deposit(1, 100m, "STRIPE MYSHOP24 po_000001"), Deposit(2, 50m, "STRIPE MYSHOP24"), Deposit(3, 25m, "STRIPE BATCH 77001")]);
        await world.TellAsync(Stripe, [Payout(1, 100m) with { References = ["MYSHOP24"] }]);
        await world.TellAsync(Stripe, [Payout(2, 50m) with { References = ["MYSHOP24"] }]);
        await world.TellAsync(Stripe, [Payout(3, 25m) with { Document = "batch 77001" }, Payout(4, 30m) with { Document = "batch 77001", Amount = new Money(30m, "USD") }]);
        await world.SettleAsync();
        Assert.Equal(["deposit missing-first ", "deposit missing-other batch 77001", "deposit missing-other po_000002"], (await world.OpenAsync()).Where(o => o.StartsWith("deposit", StringComparison.Ordinal)));
        Assert.Equal("USD", await world.Database.ScalarAsync<string>("select currency from recon_item where state = 'open' and comparison = 'deposit' and document = 'batch 77001'"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_payout_whose_money_came_back_whole_is_not_expected_at_the_bank_whatever_is_told_first(bool payoutFirst)
    {
        await using var world = await CreateAsync();
        MoneyLine[] paid = [Charge(1, 50m, 0m, "po_000001"), Payout(1, 50m)];
        MoneyLine[] back = [new MoneyLine(MoneyKind.PayoutReturned, "b", 1, new Money(50m, "EUR"), At(10).AddDays(4), null, [], Payout: "po_000001"), new MoneyLine(MoneyKind.Carried, "b", 1, new Money(50m, "EUR"), At(10).AddDays(4), null, [], Payout: "po_000002"), Payout(2, 50m)];
        await world.TellAsync(Stripe, payoutFirst ? paid : back);
        await world.TellAsync(Stripe, payoutFirst ? back : paid);
        await world.TellAsync(Bank, [Deposit(2, 50m)]);
        await world.SettleAsync();
        Assert.DoesNotContain(await world.OpenAsync(), o => o.StartsWith("deposit", StringComparison.Ordinal) || o.StartsWith("contents", StringComparison.Ordinal));
        Assert.Equal(MoneyStatus.Failed, (await new PayoutQueries(world.Database.Sources).ListAsync(Stripe, null, null, null, 10, default)).Single(p => p.Payout == "po_000001").Status);
        await using var open = await world.Database.Sources.Work.OpenConnectionAsync();
        Assert.Equal("state", PayoutEntry.Of((await PayoutSums.ReadAsync(open, Stripe, "po_000001", default))!).Why!.Rule);
    }

    [Fact]
    public async Task A_payout_is_booked_once_somebody_explained_what_its_lines_lack_and_clearing_comes_to_what_buyers_paid()
    {
        await using var world = await CreateAsync();
        var (desk, rules) = Desks(world);
        await world.TellAsync(Stripe, [Charge(1, 100m, 0m, "po_000001"), Payout(1, 97m)]);
        await world.SettleAsync();
        await using var open = await world.Database.Sources.Work.OpenConnectionAsync();
        Assert.Equal("state", PayoutEntry.Of((await PayoutSums.ReadAsync(open, Stripe, "po_000001", default))!).Why!.Rule);

        Done(await rules.LimitAsync("Operations", "EUR", 10m, Ida, default));
        var id = await world.Database.ScalarAsync<long>("select id from recon_item where comparison = 'contents' and state = 'open'");
        Done(await desk.AdjustAsync(id, await world.Database.ScalarAsync<int>($"select version from recon_item where id = {id}"), -3m, "goodwill", "Nobody knows.", Guid.NewGuid(), Ida, default));
        var entry = PayoutEntry.Of((await PayoutSums.ReadAsync(open, Stripe, "po_000001", default))!).Entry!;
        Assert.Equal([("1460", -97m), ("1920", 97m)], entry.Lines.Select(l => (l.Account, l.Amount)).OrderBy(l => l.Account, StringComparer.Ordinal));
        // The loss is booked against clearing: what buyers paid has left it.
        Assert.Equal(
            "1460 -3, 8990 3",
            await world.Database.ScalarAsync<string>("select string_agg((l ->> 'account') || ' ' || trim_scale((l ->> 'amount')::numeric), ', ' order by l ->> 'account') from inbox_message m, jsonb_path_query(convert_from(m.body, 'UTF8')::jsonb, 'strict $.**.lines[*]') l"));
    }

    [Fact]
    public async Task A_payout_made_by_hand_is_booked_whole_against_clearing()
    {
        await using var world = await CreateAsync();
        await world.TellAsync(Stripe, [Payout(1, 97m) with { Method = MoneyLine.ByHand }]);
        await using var open = await world.Database.Sources.Work.OpenConnectionAsync();
        Assert.Equal([("1920", 97m), ("1460", -97m)], PayoutEntry.Of((await PayoutSums.ReadAsync(open, Stripe, "po_000001", default))!).Entry!.Lines.OrderByDescending(l => l.Account, StringComparer.Ordinal).Select(l => (l.Account, l.Amount)));
    }

    [Fact]
    public async Task What_was_signed_as_tolerated_stays_so_when_its_rule_is_taken_back()
    {
        await using var world = await CreateAsync();
        var (_, rules) = Desks(world);
        await world.OrdersAsync(1);
        await world.TellAsync(Stripe, [Charge(1)]);
        await world.TellAsync(Erp, [Invoice(1, Total(1) + 0.02m)]);
        Done(await rules.SaveAsync(Rule("order", "tolerance", confirms: true) with { Currency = "EUR", Above = 0.02m }, Ida, default));
        await world.SettleAsync();
        await world.ProveAsync();
        Done(await new PeriodDesk(Acting(world)).CloseAsync(Erp, new DateOnly(2026, 10, 1), 0, "Looked at.", Ida, default));
        Done(await rules.TakeBackAsync((await new ReconSettings(world.Database.Sources).RulesAsync(default)).Single().Id, "Too wide.", Ida, default));
        await world.SettleAsync();
        Assert.Equal("tolerated", await world.Database.ScalarAsync<string>("select state from recon_item where comparison = 'order'"));
        Assert.Equal(0, await world.ProveAsync());
        // What changes after the signing is told.
        await world.TellAsync(Erp, [Invoice(1, Total(1) + 0.03m) with { Version = 2 }]);
        await world.SettleAsync();
        Assert.Equal(["order rounding NL-1"], await world.OpenAsync());
    }

    [Fact]
    public async Task A_rule_of_sums_knows_percentages_and_puts_together_what_was_paid_by_its_means_alone()
    {
        await using var world = await CreateAsync();
        var (_, rules) = Desks(world);
        await world.TellAsync(Stripe, [Payout(1, 100m) with { Method = "instant" }, Payout(2, 50m) with { Method = "instant" }, Payout(3, 25m) with { Method = "standard" }]);
        await world.TellAsync(Bank, [Deposit(1, 148.5m, "STRIPE SUM")]);
        Done(await rules.SaveAsync(Rule("deposit", "sum", confirms: true) with { BelowPercent = 1m }, Ida, default));
        await world.SettleAsync();
        Assert.Contains("deposit missing-first ", await world.OpenAsync());
        Done(await rules.SaveAsync(Rule("deposit", "sum", confirms: true) with { Name = "instant", Method = "instant", BelowPercent = 0.5m }, Ida, default));
        await world.SettleAsync();
        Assert.Contains("deposit missing-first ", await world.OpenAsync());
        var rule = (await new ReconSettings(world.Database.Sources).RulesAsync(default)).Single(r => r.Name == "instant");
        Done(await rules.SaveAsync(rule with { BelowPercent = 1m }, Ida, default));
        await world.SettleAsync();
        Assert.Equal(["deposit fee po_000001", "deposit missing-other po_000003"], (await world.OpenAsync()).Where(o => o.StartsWith("deposit", StringComparison.Ordinal)));
    }
}
