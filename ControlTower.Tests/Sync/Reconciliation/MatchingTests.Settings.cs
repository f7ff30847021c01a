using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Reconciliation;
using Xunit;
using static ControlTower.Tests.Sync.Reconciliation.LedgerWorld;

namespace ControlTower.Tests.Sync.Reconciliation;

/// <summary>What finance sets: suggested rules, reasons, ends of business days.</summary>
public sealed partial class MatchingTests
{
    [Fact]
    public async Task Suggested_rules_can_all_be_switched_on_offer_and_confirm_nothing()
    {
        await using var world = await CreateAsync();
        var (_, rules) = Desks(world);
        await world.TellAsync(Stripe, [Payout(1, 100m)]);
        await world.TellAsync(Bank, [Deposit(1, 100m, "STRIPE TRANSFER")]);
        await world.SettleAsync();
        foreach (var rule in SuggestedRules.All)
        {
            Done(await rules.SaveAsync(rule, Ida, default));
        }

        await world.SettleAsync();
        Assert.Empty(SuggestedRules.Missing(await new ReconSettings(world.Database.Sources).RulesAsync(default)));
        Assert.Equal("suggested 1", await world.Database.ScalarAsync<string>("select string_agg(s, ', ') from (select state || ' ' || count(*) as s from recon_link group by state) x"));
    }

    [Fact]
    public async Task A_reason_is_added_changed_and_switched_off_and_then_nobody_can_give_it()
    {
        await using var world = await CreateAsync();
        var (_, rules) = Desks(world);
        foreach (var (field, bad) in new[] { ("code", new ReconReason("Fee 1", "Fee", null, true)), ("title", new ReconReason("card-fee", " ", null, true)), ("account", new ReconReason("card-fee", "Fee", "Konto 1", true)) })
        {
            Assert.Equal(field, Refused(await rules.ReasonAsync(bad, Ida, default)).Problems![0].Field);
        }

        Done(await rules.ReasonAsync(new ReconReason("card-fee", "Fee of the card", "fees", true), Ida, default));
        await using var open = await world.Database.Sources.Work.OpenConnectionAsync();
        Assert.Equal(("Fee of the card", "fees"), await ReconActs.ReasonAsync(open, "card-fee", default));
        Done(await rules.ReasonAsync(new ReconReason("card-fee", "Fee of the card", " ", false), Ida, default));
        Assert.Null(await ReconActs.ReasonAsync(open, "card-fee", default));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from audit where subject = 'reconciliation/reason/card-fee'"));
    }

    [Fact]
    public async Task A_business_day_ends_when_finance_says_so_for_what_is_told_from_then_on()
    {
        await using var world = await CreateAsync();
        var (_, rules) = Desks(world);
        var late = At(0).Date.AddHours(20);
        await world.TellAsync(Stripe, [Charge(1, at: new DateTimeOffset(late, TimeSpan.Zero))]);
        Done(await rules.CutOffAsync(Stripe, new TimeOnly(18, 0), Ida, default));
        Assert.Equal("unknown", Refused(await rules.CutOffAsync("nobody", new TimeOnly(18, 0), Ida, default)).Rule);
        await world.TellAsync(Stripe, [Charge(2, at: new DateTimeOffset(late, TimeSpan.Zero)), Charge(3, at: new DateTimeOffset(late.AddHours(-3), TimeSpan.Zero))]);
        Assert.Equal("ch-1 01, ch-2 02, ch-3 01", await world.Database.ScalarAsync<string>("select string_agg(external_id || to_char(day, ' DD'), ', ' order by external_id) from ledger_line"));
        Assert.Equal(new TimeOnly(18, 0), (await new ReconSettings(world.Database.Sources).CutOffsAsync(default)).Single(c => c.Connection == Stripe).Ends);
    }
}
