using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Reconciliation;
using Xunit;
using static ControlTower.Tests.Sync.Reconciliation.LedgerWorld;

namespace ControlTower.Tests.Sync.Reconciliation;

/// <summary>Several that are together what one other is: offered where one set alone fits, confirmed by people only.</summary>
public sealed partial class MatchingTests
{
    [Fact]
    public async Task Some_of_the_payouts_of_several_days_are_offered_for_the_deposit_that_they_are_together()
    {
        await using var world = await CreateAsync();
        var (desk, rules) = Desks(world);
        await PaidAsync(world, 100.10m, 50.20m, 25.33m, 77.77m, 12m);
        await world.TellAsync(Bank, [Deposit(1, 203.20m, "STRIPE SUM") with { At = At(50).AddDays(6) }]);
        Done(await rules.SaveAsync(Rule("deposit", "sum", confirms: true) with { DaysAfter = 9, Pattern = "STRIPE" }, Ida, default));
        await world.SettleAsync();
        // A rule that confirms whole days only offers a part of them.
        Assert.Equal(["100.10 suggested", "203.20 suggested", "25.33 suggested", "77.77 suggested"], await OfferedAsync(world));
        Assert.Equal(6, (await world.OpenAsync()).Count(o => o.StartsWith("deposit", StringComparison.Ordinal)));
        Done(await desk.AcceptAsync([await world.Database.ScalarAsync<long>("select min(id) from recon_link")], Ida, default));
        await world.SettleAsync();
        Assert.Equal(["deposit missing-other po_000002", "deposit missing-other po_000005"], (await world.OpenAsync()).Where(o => o.StartsWith("deposit", StringComparison.Ordinal)));
        Assert.Equal(0, await world.ProveAsync());
        // Taken back it is not offered again.
        Done(await desk.UndoAsync(await world.Database.ScalarAsync<long>("select min(id) from recon_link"), "Another bank's.", Ida, default));
        await world.SettleAsync();
        Assert.Empty(await OfferedAsync(world));
    }

    [Fact]
    public async Task Two_sets_that_fit_other_words_or_days_too_far_apart_are_not_offered()
    {
        await using var world = await CreateAsync();
        var (_, rules) = Desks(world);
        await PaidAsync(world, 60m, 40m, 70m, 30m);
        await world.TellAsync(Bank, [Deposit(1, 100m, "STRIPE SUM") with { At = At(50).AddDays(6) }]);
        Done(await rules.SaveAsync(Rule("deposit", "sum", confirms: false) with { DaysAfter = 9, Pattern = "STRIPE" }, Ida, default));
        await world.SettleAsync();
        Assert.Empty(await OfferedAsync(world));
        // With one of them gone one set is left, but not for other words, nor beyond the days.
        await world.TellAsync(Stripe, [Payout(3, 70m, MoneyStatus.Gone) with { Version = 2 }]);
        var rule = (await new ReconSettings(world.Database.Sources).RulesAsync(default)).Single();
        Done(await rules.SaveAsync(rule with { Pattern = "ADYEN" }, Ida, default));
        await world.SettleAsync();
        Assert.Empty(await OfferedAsync(world));
        Done(await rules.SaveAsync(rule with { Version = rule.Version + 1, DaysAfter = 1 }, Ida, default));
        await world.SettleAsync();
        Assert.Empty(await OfferedAsync(world));
        Done(await rules.SaveAsync(rule with { Version = rule.Version + 2 }, Ida, default));
        await world.SettleAsync();
        Assert.Equal(["100.00 suggested", "40.00 suggested", "60.00 suggested"], await OfferedAsync(world));
    }

    [Fact]
    public async Task A_payout_that_was_booked_and_then_failed_is_a_break_until_its_entry_is_reversed()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync("insert into ledger_coverage (connection_id, kind, since) values ('bc', 'journal', '2026-01-01')");
        await world.TellAsync(Stripe, [Charge(1, 50m, 0m, "po_000001"), Payout(1, 50m)]);
        await world.TellAsync(Erp, [Entry("g-1", 50m)]);
        await world.TellAsync(Bank, [Deposit(1, 50m)]);
        await world.SettleAsync();
        Assert.DoesNotContain(await world.OpenAsync(), o => o.StartsWith("books", StringComparison.Ordinal));

        await world.TellAsync(Stripe, [Payout(1, 50m, MoneyStatus.Failed) with { Version = 2 }, new MoneyLine(MoneyKind.PayoutReturned, "back", 1, new Money(50m, "EUR"), At(10).AddDays(4), null, [], Payout: "po_000001")]);
        await world.SettleAsync();
        Assert.Contains("books payout-failed po_000001", await world.OpenAsync());
        Assert.Equal(-50m, await world.Database.ScalarAsync<decimal>("select difference from recon_item where comparison = 'books' and state = 'open'"));
        await world.TellAsync(Stripe, [Payout(1, 50m, MoneyStatus.Cancelled) with { Version = 3 }]);
        await world.SettleAsync();
        Assert.Contains(await world.OpenAsync(), o => o.StartsWith("books payout-", StringComparison.Ordinal));
        await world.TellAsync(Erp, [Entry("g-2", -50m)]);
        await world.SettleAsync();
        Assert.DoesNotContain(await world.OpenAsync(), o => o.StartsWith("books", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Both_sides_of_an_item_are_read_again_the_orders_of_its_channel_too()
    {
        await using var world = await CreateAsync();
        var (desk, _) = Desks(world);
        await world.OrdersAsync(1);
        await world.TellAsync(Stripe, [Charge(1)]);
        await world.SettleAsync();
        var item = await world.Database.ScalarAsync<long>("select id from recon_item where comparison = 'order'");
        Assert.Equal("state", Refused(await desk.ReadAgainAsync(item, Ida, default)).Rule);
        await world.Database.ExecuteAsync(
            """
            insert into feed_cursor (connection_id, feed, since, due_at) select c, f, now(), now() + interval '1 day' from (values
                ('shop', 'orders'), ('shop', 'products'), ('bc', 'ledger-invoices'), ('bc', 'products'), ('stripe', 'ledger-payouts')) x (c, f)
            """);
        Done(await desk.ReadAgainAsync(item, Ida, default));
        Assert.Equal("bc ledger-invoices, shop orders", await world.Database.ScalarAsync<string>("select string_agg(connection_id || ' ' || feed, ', ' order by connection_id) from feed_cursor where due_at <= now()"));
        Assert.Equal("Business Central, Shop", await world.Database.ScalarAsync<string>("select words from recon_comment where kind = 'asked'"));
    }

    private static MoneyLine Entry(string id, decimal amount) => new(MoneyKind.Journal, id, 1, new Money(amount, "EUR"), At(10).AddDays(2), "G-" + id, ["po_000001"], Account: "1920");

    private static Task<int> PaidAsync(LedgerWorld world, params decimal[] amounts) => world.TellAsync(Stripe, [.. amounts.Select((amount, at) => Payout(at + 1, amount) with { At = At(10).AddDays(at) })]);

    private static async Task<string[]> OfferedAsync(LedgerWorld world) => await world.Database.ScalarAsync<string[]>(
        """
        select coalesce(array_agg(distinct to_char(abs(i.difference), 'FM990.00') || ' ' || l.state), '{}') from recon_link l join recon_item i on i.comparison = l.comparison and i.group_key in (l.from_key, l.to_key) where l.state = 'suggested'
        """) is { } all ? [.. all.Order(StringComparer.Ordinal)] : [];
}
