using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Live;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Reconciliation;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static ControlTower.Tests.Sync.Reconciliation.LedgerWorld;

namespace ControlTower.Tests.Sync.Reconciliation;

/// <summary>Matches by key, by rule and by hand; what is undone stands where it stood; what is decided stays decided.</summary>
public sealed partial class MatchingTests
{
    private static readonly Actor Ida = new(Guid.Parse("00000000-0000-0000-0000-00000000000a"), "Ida Holm", "Operations");

    [Fact]
    public async Task An_order_is_missing_only_behind_its_lag_and_only_where_the_books_are_read()
    {
        await using var world = await CreateAsync();
        await world.OrdersAsync(2);
        await world.TellAsync(Erp, [Invoice(1)]);
        await world.Database.ExecuteAsync("update ledger_coverage set since = now()");
        await world.SettleAsync();
        Assert.Empty(await world.OpenAsync());

        await world.Database.ExecuteAsync("update ledger_coverage set since = '2026-01-01'");
        Assert.Equal(1 + 2, await world.ProveAsync());
        Assert.Equal(["order missing-other NL-2", "settlement missing-other NL-1", "settlement missing-other NL-2"], await world.OpenAsync());
        var desk = world.Database.Sources;
        await world.Database.ExecuteAsync("update recon_comparison set lag = '400 days' where name = 'order'");
        await world.ProveAsync();
        Assert.Empty(await new ReconQueries(desk).ListAsync(new ReconFilter(Category: ReconCategories.OrderMissing), 0, 10, default));
        Assert.Single(await new ReconQueries(desk).ListAsync(new ReconFilter("coming", ReconCategories.OrderMissing), 0, 10, default));
    }

    [Fact]
    public async Task An_order_that_is_open_in_the_books_is_stated_whole_by_its_sales_order_until_the_invoices_are_all()
    {
        await using var world = await CreateAsync();
        await world.OrdersAsync(1);
        await world.TellAsync(Stripe, [Charge(1)]);
        var open = new MoneyLine(MoneyKind.SalesOrder, "so-1", 1, new Money(Total(1), "EUR"), At(1), "SO-1", [Key(1)]);
        await world.TellAsync(Erp, [open, Invoice(1, 10m, 1m, "a")]);
        await world.SettleAsync();
        Assert.Empty(await world.OpenAsync());
        // Invoiced whole, the order is deleted there, and nobody says so.
        await world.TellAsync(Erp, [Invoice(1, Total(1) - 10m, 1m, "b")]);
        await world.SettleAsync();
        Assert.Equal(["order tax NL-1"], await world.OpenAsync());
        await world.TellAsync(Erp, [Invoice(1, 4m, 0m, "c")]);
        await world.SettleAsync();
        Assert.Equal(-4m, await world.Database.ScalarAsync<decimal>("select difference from recon_item where state = 'open'"));
    }

    [Fact]
    public async Task A_line_told_late_and_old_changes_nothing_and_a_newer_one_replaces_it()
    {
        await using var world = await CreateAsync();
        await world.OrdersAsync(1);
        await world.TellAsync(Stripe, [Charge(1)]);
        await world.TellAsync(Erp, [Invoice(1) with { Version = 5 }]);
        await world.TellAsync(Erp, [Invoice(1, 99m) with { Version = 4 }]);
        await world.SettleAsync();
        Assert.Empty(await world.OpenAsync());
        await world.TellAsync(Erp, [Invoice(1, 99m) with { Version = 6 }]);
        await world.SettleAsync();
        Assert.Equal(["order amount NL-1"], await world.OpenAsync());
    }

    [Fact]
    public async Task A_posting_that_comes_before_its_order_finds_it()
    {
        await using var world = await CreateAsync();
        await world.TellAsync(Erp, [Invoice(1)]);
        await world.TellAsync(Stripe, [Charge(1)]);
        await world.SettleAsync();
        Assert.Equal(["order missing-first PSI-1", "settlement missing-first ch-1"], await world.OpenAsync());
        await world.OrdersAsync(1);
        await world.SettleAsync();
        Assert.Empty(await world.OpenAsync());
        Assert.Equal(0, await world.ProveAsync());
    }

    [Fact]
    public async Task What_is_sold_elsewhere_in_the_ERP_and_what_else_the_bank_has_is_none_of_it()
    {
        await using var world = await CreateAsync();
        await world.TellAsync(Erp, [Invoice(1, key: "PO 4711 of a dealer")]);
        await world.TellAsync(Bank, [Deposit(1, 5_000m, "Rent of the office"), Deposit(2, 10m, "STRIPE TRANSFER")]);
        await world.SettleAsync();
        Assert.Equal(["deposit missing-first "], await world.OpenAsync());
    }

    [Fact]
    public async Task The_buyers_currency_counts_where_it_is_the_one_that_both_sides_know()
    {
        await using var world = await CreateAsync();
        await world.OrdersAsync(1);
        await world.TellAsync(Erp, [Invoice(1)]);
        await world.TellAsync(Stripe, [Charge(1, 25m, currency: "USD") with { Presentment = new Money(Total(1), "EUR") }]);
        await world.SettleAsync();
        Assert.Empty(await world.OpenAsync());
        await world.TellAsync(Stripe, [Charge(1, 25m, currency: "USD") with { Presentment = new Money(Total(1) - 1m, "EUR"), Version = 2 }]);
        await world.SettleAsync();
        Assert.Equal(["settlement amount NL-1"], await world.OpenAsync());
        Assert.Equal(1m, await world.Database.ScalarAsync<decimal>("select difference from recon_item where state = 'open'"));
    }

    [Fact]
    public async Task A_rule_suggests_what_has_no_reference_and_accepted_it_can_be_undone_for_good()
    {
        await using var world = await CreateAsync();
        var (desk, rules) = Desks(world);
        await world.TellAsync(Stripe, [Payout(1, 100m)]);
        await world.TellAsync(Bank, [Deposit(1, 100m, "STRIPE TRANSFER")]);
        Done(await rules.SaveAsync(Rule("deposit", "amount", confirms: false), Ida, default));
        await world.SettleAsync();
        var queries = new ReconItemQueries(world.Database.Sources);
        var item = (await new ReconQueries(world.Database.Sources).ListAsync(new ReconFilter(Category: "deposit", Suggested: true), 0, 10, default)).First(i => i.Kind == BreakKinds.MissingOther);
        var offer = Assert.Single((await queries.FindAsync(item.Id, default))!.Suggestions);
        Assert.Equal((0m, 2), (offer.Rest, offer.Members.Count));
        Done(await desk.AcceptAsync([offer.Id], Ida, default));
        Assert.Equal(["contents missing-other po_000001"], await world.OpenAsync());
        Assert.Equal("moved", Refused(await desk.AcceptAsync([offer.Id], Ida, default)).Rule);
        await world.SettleAsync();
        Assert.Equal(0, await world.ProveAsync());

        var link = Assert.Single((await queries.FindAsync(item.Id, default))!.Links);
        Done(await desk.UndoAsync(link.Id, "Another customer's.", Ida, default));
        await world.SettleAsync();
        Assert.Equal(["contents missing-other po_000001", "deposit missing-first ", "deposit missing-other po_000001"], await world.OpenAsync());
        Assert.Empty((await queries.FindAsync(item.Id, default))!.Suggestions);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from recon_link where state = 'undone' and undone_by = 'Ida Holm'"));
    }

    [Fact]
    public async Task A_rule_that_cannot_work_is_refused_by_its_field()
    {
        await using var world = await CreateAsync();
        var (_, rules) = Desks(world);
        var good = Rule("order", "tolerance", confirms: true) with { Currency = "EUR", Above = 1m };
        foreach (var (field, bad) in new (string, ReconRule)[]
        {
            ("name", good with { Name = " " }), ("comparison", good with { Comparison = "x" }), ("kind", good with { Kind = "x" }), ("currency", good with { Currency = null }), ("currency", good with { Currency = "EURO" }),
            ("above", good with { Above = -1m }), ("above", good with { Above = 0.001m }), ("above", good with { Above = 0m }), ("belowPercent", good with { BelowPercent = 101m }), ("daysAfter", good with { DaysAfter = 400 }),
            ("pattern", good with { Pattern = "(" }), ("pattern", good with { Pattern = "(?<name>x)" }), ("pattern", good with { Pattern = new string('x', 201) }),
        })
        {
            Assert.Equal(field, Refused(await rules.SaveAsync(bad, Ida, default)).Problems![0].Field);
        }

        Done(await rules.SaveAsync(good, Ida, default));
        Assert.Equal("name", Refused(await rules.SaveAsync(good, Ida, default)).Problems![0].Field);
        var saved = (await new ReconSettings(world.Database.Sources).RulesAsync(default)).Single();
        Done(await rules.SaveAsync(saved with { Above = 2m }, Ida, default));
        Assert.Equal("moved", Refused(await rules.SaveAsync(saved with { Above = 3m }, Ida, default)).Rule);
    }

    [Fact]
    public async Task A_rule_that_confirms_links_only_what_is_alone_and_is_taken_back_whole()
    {
        await using var world = await CreateAsync();
        var (_, rules) = Desks(world);
        await world.TellAsync(Stripe, [Payout(1, 100m), Payout(2, 100m), Payout(30, 55m)]);
        await world.TellAsync(Bank, [Deposit(1, 100m, "STRIPE A"), Deposit(30, 55m, "STRIPE B")]);
        Done(await rules.SaveAsync(Rule("deposit", "amount", confirms: true), Ida, default));
        await world.SettleAsync();
        Assert.DoesNotContain("deposit missing-other po_000030", await world.OpenAsync());
        Assert.Contains("deposit missing-first ", await world.OpenAsync());
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from recon_link where state = 'suggested'"));

        var rule = (await new ReconSettings(world.Database.Sources).RulesAsync(default)).Single();
        Done(await rules.TakeBackAsync(rule.Id, "It matched too much.", Ida, default));
        await world.SettleAsync();
        Assert.Contains("deposit missing-other po_000030", await world.OpenAsync());
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from recon_link where state in ('suggested', 'confirmed')"));
    }

    [Fact]
    public async Task Several_payouts_that_the_bank_put_together_are_one_match()
    {
        await using var world = await CreateAsync();
        var (_, rules) = Desks(world);
        await world.TellAsync(Stripe, [Payout(1, 100m), Payout(2, 50m), Payout(3, 25m)]);
        await world.TellAsync(Bank, [Deposit(1, 175m, "STRIPE SUM")]);
        Done(await rules.SaveAsync(Rule("deposit", "sum", confirms: true), Ida, default));
        await world.SettleAsync();
        Assert.DoesNotContain(await world.OpenAsync(), o => o.StartsWith("deposit", StringComparison.Ordinal));
        Assert.Equal(0, await world.ProveAsync());
    }

    [Fact]
    public async Task What_a_rule_tolerates_is_a_break_again_when_it_grows_or_a_person_says_so()
    {
        await using var world = await CreateAsync();
        var (desk, rules) = Desks(world);
        await world.OrdersAsync(1);
        await world.TellAsync(Stripe, [Charge(1)]);
        await world.TellAsync(Erp, [Invoice(1, Total(1) + 0.02m)]);
        Done(await rules.SaveAsync(Rule("order", "tolerance", confirms: true) with { Currency = "EUR", Above = 0.02m, Below = 0m }, Ida, default));
        await world.SettleAsync();
        Assert.Empty(await world.OpenAsync());
        Assert.Equal("tolerated", await world.Database.ScalarAsync<string>("select state from recon_item"));
        await world.TellAsync(Erp, [Invoice(1, Total(1) - 0.01m) with { Version = 2 }]);
        await world.SettleAsync();
        Assert.Equal(["order rounding NL-1"], await world.OpenAsync());
        await world.TellAsync(Erp, [Invoice(1, Total(1) + 0.02m) with { Version = 3 }]);
        await world.SettleAsync();
        Done(await desk.NotToleratedAsync(await world.Database.ScalarAsync<long>("select id from recon_item"), "Every cent.", Ida, default));
        await world.SettleAsync();
        Assert.Equal(["order rounding NL-1"], await world.OpenAsync());
    }

    [Fact]
    public async Task A_difference_is_written_off_within_the_limit_of_the_role_once_and_opens_again_when_it_changes()
    {
        await using var world = await CreateAsync();
        var (desk, rules) = Desks(world);
        await world.OrdersAsync(1);
        await world.TellAsync(Stripe, [Charge(1)]);
        await world.TellAsync(Erp, [Invoice(1, Total(1) + 10m)]);
        await world.SettleAsync();
        var (id, version) = (await world.Database.ScalarAsync<long>("select id from recon_item where state = 'open'"), await world.Database.ScalarAsync<int>("select version from recon_item where state = 'open'"));
        Assert.Equal("limit", Refused(await desk.AdjustAsync(id, version, -10m, "goodwill", null, Guid.NewGuid(), Ida, default)).Rule);
        Done(await rules.LimitAsync("Operations", "EUR", 10m, Ida, default));
        Assert.Equal("amount", Assert.Single(Refused(await desk.AdjustAsync(id, version, 10m, "goodwill", null, Guid.NewGuid(), Ida, default)).Problems!).Field);
        Assert.Equal("amount", Assert.Single(Refused(await desk.AdjustAsync(id, version, -9.999m, "goodwill", null, Guid.NewGuid(), Ida, default)).Problems!).Field);
        Assert.Equal("words", Assert.Single(Refused(await desk.AdjustAsync(id, version, -10m, "other", " ", Guid.NewGuid(), Ida, default)).Problems!).Field);
        Assert.Equal("reason", Assert.Single(Refused(await desk.AdjustAsync(id, version, -10m, "whim", null, Guid.NewGuid(), Ida, default)).Problems!).Field);
        Assert.Equal("moved", Refused(await desk.AdjustAsync(id, version - 1, -10m, "goodwill", null, Guid.NewGuid(), Ida, default)).Rule);
        var key = Guid.NewGuid();
        Done(await desk.AdjustAsync(id, version, -10m, "goodwill", "Late parcel.", key, Ida, default));
        Done(await desk.AdjustAsync(id, version, -10m, "goodwill", "Late parcel.", key, Ida, default));
        Assert.Empty(await world.OpenAsync());
        Assert.Equal("settled", await world.Database.ScalarAsync<string>("select state from recon_item"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'finance:break:adjust' and subject = 'reconciliation/' || (select id from recon_item)"));

        await world.TellAsync(Erp, [Invoice(1) with { Version = 2 }]);
        await world.SettleAsync();
        Assert.Equal(["order amount NL-1"], await world.OpenAsync());
        Done(await desk.UndoAdjustmentAsync(id, await world.Database.ScalarAsync<long>("select id from recon_adjustment"), "The ERP corrected it.", Ida, default));
        Assert.Empty(await world.OpenAsync());
        await world.SettleAsync();
        Assert.Equal(0, await world.ProveAsync());
    }

    [Fact]
    public async Task A_signed_month_is_decided_until_it_is_opened_again_with_a_reason()
    {
        await using var world = await CreateAsync();
        var (desk, rules) = Desks(world);
        var months = new PeriodDesk(Acting(world));
        await world.OrdersAsync(1);
        await world.TellAsync(Stripe, [Charge(1)]);
        await world.TellAsync(Erp, [Invoice(1, Total(1) + 10m)]);
        await world.SettleAsync();
        await world.ProveAsync();
        Done(await rules.LimitAsync("Operations", "EUR", 10m, Ida, default));
        var month = new DateOnly(2026, 10, 1);
        Assert.Equal("state", Refused(await months.CloseAsync(Erp, new DateOnly(2099, 1, 1), 0, "Too early.", Ida, default)).Rule);
        Done(await months.CloseAsync(Erp, month, 0, "Looked at, one open.", Ida, default));
        Assert.Equal("moved", Refused(await months.CloseAsync(Erp, month, 0, "Again.", Ida, default)).Rule);
        var figure = (await new ReconSettings(world.Database.Sources).PeriodsAsync(default)).Single(p => p.Month == month).Figures.Single(f => f.Comparison == "order");
        Assert.Equal((1L, 0L, -10m, 10m, 1L), (figure.Groups, figure.Matched, figure.Unexplained, figure.Gross, figure.Open));

        var (id, version) = (await world.Database.ScalarAsync<long>("select id from recon_item where state = 'open'"), await world.Database.ScalarAsync<int>("select version from recon_item where state = 'open'"));
        Assert.Equal("closed-month", Refused(await desk.AdjustAsync(id, version, -10m, "goodwill", null, Guid.NewGuid(), Ida, default)).Rule);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => world.Database.ExecuteAsync(
            $"insert into recon_adjustment (comparison, group_key, amount, currency, reason, by_name, key) select comparison, group_key, -10, 'EUR', 'goodwill', 'x', gen_random_uuid() from recon_item where id = {id}"));
        var signed = (await new ReconSettings(world.Database.Sources).PeriodsAsync(default)).Single(p => p.Month == month);
        Done(await months.ReopenAsync(Erp, month, signed.Version, "An invoice came late.", Ida, default));
        Done(await desk.AdjustAsync(id, version, -10m, "goodwill", null, Guid.NewGuid(), Ida, default));
        Assert.Equal(["reopened", "closed"], (await new ReconSettings(world.Database.Sources).PeriodLogAsync(signed.Id!.Value, default)).Select(l => l.Kind));
    }

    [Fact]
    public async Task A_payout_that_failed_is_told_until_the_balance_has_it_again_or_a_person_has_seen_it()
    {
        await using var world = await CreateAsync();
        var (desk, _) = Desks(world);
        await world.TellAsync(Stripe, [Charge(1, 50m, 0m, "po_000001"), Payout(1, 50m, MoneyStatus.Failed), Charge(2, 20m, 0m, "po_000002"), Payout(2, 20m, MoneyStatus.Cancelled)]);
        await world.Database.ExecuteAsync("delete from recon_entry where comparison = 'settlement'");
        await world.SettleAsync();
        Assert.Equal(["deposit payout-cancelled po_000002", "deposit payout-failed po_000001"], await world.OpenAsync());
        Assert.Equal(70m, await world.Database.ScalarAsync<decimal>("select sum(value) from recon_item where state = 'open'"));
        await world.TellAsync(Stripe, [new MoneyLine(MoneyKind.PayoutReturned, "txn-f", 1, new Money(50m, "EUR"), At(10).AddDays(4), "po_000001", [], Payout: "po_000001"), Payout(3, 50m),
            new MoneyLine(MoneyKind.Carried, "txn-f", 1, new Money(50m, "EUR"), At(10).AddDays(4), "po_000001", [], Payout: "po_000003")]);
        await world.TellAsync(Bank, [Deposit(3, 50m)]);
        await world.SettleAsync();
        Assert.Equal(["deposit payout-cancelled po_000002"], await world.OpenAsync());
        var item = await world.Database.ScalarAsync<long>("select id from recon_item where state = 'open'");
        Done(await desk.AcknowledgeAsync(item, "Asked for again by hand.", Ida, default));
        Assert.Empty(await world.OpenAsync());
        Assert.Equal(0, await world.ProveAsync());
    }

    /// <summary>Whatever happens in whatever order: both sides' sums differ by exactly what is open, tolerated and adjusted, and a full pass finds nothing new.</summary>
    [Fact]
    public Task Nothing_is_lost_between_the_sides() => Seeds.PlayAsync(12, PlayAsync);

    private static async Task PlayAsync(int seed)
    {
        await using var world = await CreateAsync();
        var (desk, rules) = Desks(world);
        var dice = new Random(seed);
        await world.OrdersAsync(30);
        Done(await rules.LimitAsync("Operations", "EUR", 1_000m, Ida, default));
        Done(await rules.SaveAsync(Rule("settlement", "amount", confirms: dice.Next(2) == 0) with { DaysBefore = 30, DaysAfter = 30 }, Ida, default));
        Done(await rules.SaveAsync(Rule("order", "tolerance", confirms: true) with { Currency = "EUR", Above = 0.05m, Below = 0.05m }, Ida, default));
        for (var step = 0; step < 60; step++)
        {
            var n = dice.Next(1, 31);
            switch (dice.Next(9))
            {
                case 0 or 1: await world.TellAsync(Erp, [Invoice(n, Total(n) + (dice.Next(4) == 0 ? dice.Next(-3, 4) / 100m : 0m)) with { Version = dice.Next(5) }]); break;
                case 2 or 3: await world.TellAsync(Stripe, [dice.Next(3) == 0 ? Charge(n) with { References = [] } : Charge(n)]); break;
                case 4: await world.TellAsync(Erp, [Invoice(n) with { Status = dice.Next(2) == 0 ? MoneyStatus.Gone : MoneyStatus.Cancelled, Version = dice.Next(5) }]); break;
                case 5: await world.SettleAsync(); break;
                case 6 when await PickAsync("select id from recon_link where state = 'suggested'") is { } offer: _ = dice.Next(3) == 0 ? await desk.RefuseAsync([offer], null, Ida, default) : await desk.AcceptAsync([offer], Ida, default); break;
                case 7 when await PickAsync("select id from recon_link where state = 'confirmed'") is { } link: await desk.UndoAsync(link, "No.", Ida, default); break;
                case 8 when await PickAsync("select id from recon_item where state = 'open' and difference <> 0") is { } item:
                    var (difference, version) = (await world.Database.ScalarAsync<decimal>($"select difference from recon_item where id = {item}"), await world.Database.ScalarAsync<int>($"select version from recon_item where id = {item}"));
                    await desk.AdjustAsync(item, version, difference, "goodwill", null, Guid.NewGuid(), Ida, default);
                    break;
            }
        }

        await world.SettleAsync();
        Assert.Equal(0, await world.ProveAsync());
        foreach (var comparison in new[] { "order", "settlement" })
        {
            Assert.Equal(
                await world.Database.ScalarAsync<decimal>($"select coalesce(sum(case when other then -amount else amount end), 0) from recon_entry where comparison = '{comparison}' and counts"),
                await world.Database.ScalarAsync<decimal>($"select coalesce(sum(difference + adjusted), 0) from recon_item where comparison = '{comparison}' and state <> 'closed'"));
        }

        Assert.Equal(
            await world.Database.ScalarAsync<decimal>("select coalesce(sum(difference), 0) from recon_item where state = 'tolerated'"),
            await world.Database.ScalarAsync<decimal>("select coalesce(sum(amount), 0) from recon_adjustment where rule_id is not null and undone_at is null"));

        async Task<long?> PickAsync(string of) => await world.Database.ScalarAsync<long[]>($"select array({of} order by 1)") is { Length: > 0 } ids ? ids[dice.Next(ids.Length)] : null;
    }

    private static ReconRule Rule(string comparison, string kind, bool confirms) =>
        new(0, comparison, $"{comparison} by {kind}", kind, 100, null, null, 0m, 0m, 0m, 0m, 0, 5, null, null, confirms, null, true);

    private static ReconActing Acting(LedgerWorld world) =>
        new(world.Database.Sources, new AuditLog(world.Database.Sources, TimeProvider.System), new ChangeNotifier(world.Database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), new Doorbell());

    private static (ReconDesk Desk, ReconRuleDesk Rules) Desks(LedgerWorld world) => (new ReconDesk(Acting(world), new JournalDesk(Acting(world), new Doorbell(), TimeProvider.System)), new ReconRuleDesk(Acting(world)));

    private static void Done(ReconAnswer answer) => Assert.True(answer is ReconAnswer.Done, (answer as ReconAnswer.Refused)?.Words);

    private static ReconAnswer.Refused Refused(ReconAnswer answer) => Assert.IsType<ReconAnswer.Refused>(answer);
}
