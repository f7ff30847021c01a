using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Reconciliation;
using Xunit;
using static ControlTower.Tests.Sync.Reconciliation.LedgerWorld;

namespace ControlTower.Tests.Sync.Reconciliation;

/// <summary>What a rule tolerates is written as its adjustment: nothing that is tolerated vanishes.</summary>
public sealed partial class MatchingTests
{
    private const string InForce = "select coalesce(string_agg(by_name || ' ' || trim_scale(amount) || ' ' || currency, ', ' order by id), '') from recon_adjustment where undone_at is null";

    [Fact]
    public async Task A_tolerated_difference_is_an_adjustment_of_its_rule_as_long_as_it_is_tolerated()
    {
        await using var world = await CreateAsync();
        var (desk, rules) = Desks(world);
        await world.OrdersAsync(1);
        await world.TellAsync(Stripe, [Charge(1)]);
        await world.TellAsync(Erp, [Invoice(1, Total(1) + 0.02m)]);
        Done(await rules.SaveAsync(Rule("order", "tolerance", confirms: true) with { Currency = "EUR", Above = 0.05m, Account = "8990" }, Ida, default));
        await world.SettleAsync();
        Assert.Equal("Rule order by tolerance -0.02 EUR", await world.Database.ScalarAsync<string>(InForce));
        // The break's own difference stays what it is: only people take something off it.
        Assert.Equal((0m, -0.02m), (await world.Database.ScalarAsync<decimal>("select adjusted from recon_item"), await world.Database.ScalarAsync<decimal>("select difference from recon_item")));
        Assert.Equal(0, await world.ProveAsync());
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from recon_adjustment"));

        await world.TellAsync(Erp, [Invoice(1, Total(1) + 0.04m) with { Version = 2 }]);
        await world.SettleAsync();
        Assert.Equal("Rule order by tolerance -0.04 EUR", await world.Database.ScalarAsync<string>(InForce));
        var exports = new ReconExports(world.Database.Sources);
        var october = new MonthFilter(Erp, new DateOnly(2026, 10, 1));
        var listed = await exports.DecidedAsync(await exports.DecidedAsync(october, 10, default), default);
        Assert.Equal([(-0.02m, "Within tolerance", "Account: 8990", true), (-0.04m, "Within tolerance", "Account: 8990", false)], listed.Select(d => (d.Amount, d.Reason, d.Words, d.UndoneAt is not null)));

        // A person takes the tolerance back, not its adjustment.
        var (item, adjustment) = (await world.Database.ScalarAsync<long>("select id from recon_item"), await world.Database.ScalarAsync<long>("select max(id) from recon_adjustment"));
        Assert.Equal("state", Refused(await desk.UndoAdjustmentAsync(item, adjustment, "No.", Ida, default)).Rule);
        Done(await desk.NotToleratedAsync(item, "Every cent.", Ida, default));
        Assert.Equal("", await world.Database.ScalarAsync<string>(InForce));
        Assert.Equal(["order rounding NL-1"], await world.OpenAsync());
    }

    [Fact]
    public async Task What_comes_to_nought_is_not_tolerated_any_more_also_in_a_month_that_is_signed()
    {
        await using var world = await CreateAsync();
        var (_, rules) = Desks(world);
        await world.OrdersAsync(1);
        await world.TellAsync(Stripe, [Charge(1)]);
        await world.TellAsync(Erp, [Invoice(1, Total(1) + 0.02m)]);
        Done(await rules.SaveAsync(Rule("order", "tolerance", confirms: true) with { Currency = "EUR", Above = 0.05m }, Ida, default));
        await world.SettleAsync();
        Done(await new PeriodDesk(Acting(world)).CloseAsync(Erp, new DateOnly(2026, 10, 1), 0, "Within tolerance.", Ida, default));
        await world.TellAsync(Erp, [Invoice(1) with { Version = 2 }]);
        await world.SettleAsync();
        Assert.Equal("", await world.Database.ScalarAsync<string>(InForce));
        Assert.Equal("closed", await world.Database.ScalarAsync<string>("select state from recon_item"));
    }
}
