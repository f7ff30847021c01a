using ControlTower.Data.Reconciliation;
using Xunit;
using static ControlTower.Tests.Sync.Reconciliation.LedgerWorld;

namespace ControlTower.Tests.Sync.Reconciliation;

/// <summary>What is late is what the other side has told it does not have, and what was never sent there.</summary>
public sealed partial class MatchingTests
{
    [Fact]
    public async Task An_order_that_is_not_paid_and_never_reached_the_books_is_known_within_the_hour()
    {
        await using var world = await CreateAsync();
        await ShopAsync(world, posted: false, captured: false);
        await world.SettleAsync();
        Assert.Equal(1m, await HoursAsync(world, "order"));
        Assert.Single(await LateAsync(world));
        Assert.Equal((1, 0, 1), await CompleteAsync(world));
    }

    [Fact]
    public async Task What_was_posted_is_not_missing_while_the_books_have_not_told_so_far()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync("update ledger_coverage set told_at = now() - interval '150 minutes' where kind = 'books'");
        await ShopAsync(world, posted: true, captured: true);
        await world.SettleAsync();
        Assert.Empty(await LateAsync(world));
        Assert.Equal((0, 0, 0), await CompleteAsync(world));
        // Nothing new was told, but that it was all.
        await world.Database.ExecuteAsync("update ledger_coverage set told_at = now() where kind = 'books'");
        await world.SettleAsync();
        Assert.Equal(1m, await HoursAsync(world, "order"));
        Assert.Equal((1, 0, 1), await CompleteAsync(world));
    }

    [Fact]
    public async Task What_is_not_posted_is_missing_however_silent_the_books_are_until_it_is_posted()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync("update ledger_coverage set told_at = now() - interval '1 day' where kind = 'books'");
        await ShopAsync(world, posted: false, captured: true);
        await world.SettleAsync();
        Assert.Single(await LateAsync(world));
        await world.Database.ExecuteAsync("update flow set state = state || '{\"ErpReference\": \"x\"}'");
        await world.Database.ExecuteAsync("select recon_flows(array(select id from flow))");
        await world.SettleAsync();
        Assert.Empty(await LateAsync(world));
    }

    [Fact]
    public async Task A_payout_is_missing_at_the_bank_once_its_statement_reaches_that_day()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync("update ledger_coverage set told_at = '2026-10-05' where kind = 'bank'");
        await world.TellAsync(Stripe, [Payout(1, 100m)]);
        await world.SettleAsync();
        Assert.Equal(43m * 24m, await HoursAsync(world, "deposit"));
        await world.TellAsync(Bank, [Deposit(9, 1m, "Rent")]);
        await world.Database.ExecuteAsync("update ledger_coverage set told_at = '2026-10-07' where kind = 'bank'");
        await world.SettleAsync();
        Assert.Equal(3m * 24m, await HoursAsync(world, "deposit"));
        Assert.Equal(0, await world.ProveAsync());
    }

    /// <summary>An order of three hours ago.</summary>
    private static async Task ShopAsync(LedgerWorld world, bool posted, bool captured)
    {
        await world.OrdersAsync(1);
        await world.Database.ExecuteAsync($"update flow set placed_at = now() - interval '3 hours', state = state {(posted ? "" : "- 'ErpReference'")} || '{(captured ? "{}" : "{\"Captured\": 0}")}'");
        await world.Database.ExecuteAsync(captured ? "update ledger_coverage set since = since" : "update order_document set body = jsonb_set(body, '{tenders}', '[]')");
        await world.Database.ExecuteAsync("select recon_flows(array(select id from flow))");
    }

    /// <summary>How long the other side has.</summary>
    private static Task<decimal> HoursAsync(LedgerWorld world, string comparison) =>
        world.Database.ScalarAsync<decimal>($"select extract(epoch from due_at - first_at) / 3600 from recon_item where state = 'open' and kind = 'missing-other' and comparison = '{comparison}'");

    private static Task<List<ReconItemRow>> LateAsync(LedgerWorld world) => new ReconQueries(world.Database.Sources).ListAsync(new ReconFilter(Category: ReconCategories.OrderMissing), 0, 10, default);

    private static async Task<(long Orders, long Arrived, long Missing)> CompleteAsync(LedgerWorld world)
    {
        var row = Assert.Single(await new PayoutQueries(world.Database.Sources).CompletenessAsync(default));
        return (row.Orders, row.Arrived, row.Missing);
    }
}
