using ControlTower.Data.Canonical;
using ControlTower.Sync.Reconciliation;
using Xunit;
using static ControlTower.Tests.Sync.Reconciliation.LedgerWorld;

namespace ControlTower.Tests.Sync.Reconciliation;

/// <summary>What was decided holds for what it was decided about, and for nothing else.</summary>
public sealed partial class MatchingTests
{
    [Fact]
    public async Task Matches_undone_in_another_order_than_made_leave_everything_where_it_stood()
    {
        await using var world = await CreateAsync();
        var (desk, _) = Desks(world);
        await world.TellAsync(Stripe, [Payout(1, 100m)]);
        await world.TellAsync(Bank, [Deposit(1, 60m, "STRIPE A"), Deposit(2, 40m, "STRIPE B")]);
        await world.SettleAsync();
        var before = await world.OpenAsync();
        var (payout, first, second) = (await ItemAsync(world, 100m), await ItemAsync(world, -60m), await ItemAsync(world, -40m));
        var one = Assert.IsType<ReconAnswer.Done>(await desk.LinkAsync([second, first], "Together.", Ida, default)).Id!.Value;
        var two = Assert.IsType<ReconAnswer.Done>(await desk.LinkAsync([payout, second], "Both are it.", Ida, default)).Id!.Value;
        await world.SettleAsync();
        Assert.Equal(["contents missing-other po_000001"], await world.OpenAsync());
        Done(await desk.UndoAsync(one, "No.", Ida, default));
        Done(await desk.UndoAsync(two, "No.", Ida, default));
        await world.SettleAsync();
        Assert.Equal(before, await world.OpenAsync());
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from recon_entry where own_key <> group_key"));
    }

    [Fact]
    public async Task What_was_taken_up_goes_along_when_its_group_is_matched()
    {
        await using var world = await CreateAsync();
        var (desk, rules) = Desks(world);
        await world.TellAsync(Stripe, [Payout(1, 100m)]);
        await world.TellAsync(Bank, [Deposit(1, 90m, "STRIPE A")]);
        await world.SettleAsync();
        Done(await rules.LimitAsync("Operations", "EUR", 10m, Ida, default));
        var (payout, bank) = (await ItemAsync(world, 100m), await ItemAsync(world, -90m));
        Done(await desk.AdjustAsync(bank, await world.Database.ScalarAsync<int>($"select version from recon_item where id = {bank}"), -10m, "goodwill", null, Guid.NewGuid(), Ida, default));
        await world.TellAsync(Bank, [Deposit(1, 110m, "STRIPE A") with { Version = 2 }]);
        await world.SettleAsync();
        Done(await desk.LinkAsync([payout, bank], "It is it.", Ida, default));
        await world.SettleAsync();
        Assert.Equal(["contents missing-other po_000001"], await world.OpenAsync());
        Assert.Equal(-10m, await world.Database.ScalarAsync<decimal>($"select adjusted from recon_item where id = {payout} and state = 'settled'"));
    }

    [Fact]
    public async Task A_nod_holds_only_for_what_was_nodded_at()
    {
        await using var world = await CreateAsync();
        var (desk, _) = Desks(world);
        await world.TellAsync(Stripe, [Payout(1, 50m, MoneyStatus.Cancelled)]);
        await world.Database.ExecuteAsync("delete from recon_entry where comparison = 'contents'");
        await world.SettleAsync();
        Done(await desk.AcknowledgeAsync(await world.Database.ScalarAsync<long>("select id from recon_item where state = 'open' and comparison = 'deposit'"), "Known.", Ida, default));
        await world.TellAsync(Stripe, [Payout(1, 50m, MoneyStatus.Failed) with { Version = 2 }]);
        await world.SettleAsync();
        Assert.Contains("deposit payout-failed po_000001", await world.OpenAsync());
    }

    [Fact]
    public async Task A_rule_does_not_make_one_match_of_two_breaks()
    {
        await using var world = await CreateAsync();
        var (_, rules) = Desks(world);
        await world.OrdersAsync(2, cancelled: [1]);
        await world.TellAsync(Stripe, [Charge(1), Charge(2)]);
        await world.TellAsync(Erp, [Invoice(1, Total(2))]);
        Done(await rules.SaveAsync(Rule("order", "amount", confirms: true), Ida, default));
        await world.SettleAsync();
        Assert.Equal(["order missing-other NL-2", "order status NL-1"], await world.OpenAsync());
    }

    private static Task<long> ItemAsync(LedgerWorld world, decimal difference) => world.Database.ScalarAsync<long>(
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"select id from recon_item where comparison = 'deposit' and state = 'open' and difference = {difference}"));
}
