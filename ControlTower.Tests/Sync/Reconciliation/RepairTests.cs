using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Reconciliation;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Reconciliation;

/// <summary>What is missing in the ERP is posted again from its break: by the flow that posts it, once, however often it is asked for.</summary>
public sealed class RepairTests
{
    private static readonly Actor Ida = new(Guid.Parse("00000000-0000-0000-0000-00000000000a"), "Ida Holm", "Operations");

    [Fact]
    public async Task An_order_that_the_ERP_refused_is_posted_again_from_its_break_and_once()
    {
        await using var world = await EngineWorld.CreateAsync();
        world.Erp.Client.Answer = _ => new Outcome.Refused(FailureKind.Value, "no", "No such item.");
        var item = await MissingAsync(world);
        var desk = world.Get<ReconRepairDesk>();
        Assert.Equal(1, Assert.IsType<ReconAnswer.Done>(await desk.PostAgainAsync(item, Ida, default)).Count);
        Assert.Equal(0, Assert.IsType<ReconAnswer.Done>(await desk.PostAgainAsync(item, Ida, default)).Count);
        Assert.Equal("retrying", await world.Database.ScalarAsync<string>("select state from exception_case"));
        world.Erp.Client.Answer = _ => null;
        await world.WorkOutboxAsync();
        Assert.Single(world.Erp.Client.Ledger);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from posting where kind = 'PostSalesOrder' and state = 'confirmed'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from audit where action = 'exceptions:case:retry' and subject = 'reconciliation/{item}'"));
        Assert.Equal("again Ida Holm", await world.Database.ScalarAsync<string>("select words || ' ' || by_name from recon_comment where kind = 'posted'"));
        // It is posted, and nothing holds it: to post it twice is no repair.
        var refused = Assert.IsType<ReconAnswer.Refused>(await desk.PostAgainAsync(item, Ida, default));
        Assert.Equal("state", refused.Rule);
        Assert.Contains("Have both sides read again.", refused.Words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_what_is_missing_in_the_ERP_is_posted_again()
    {
        await using var world = await EngineWorld.CreateAsync();
        world.Erp.Client.Answer = _ => new Outcome.Refused(FailureKind.Value, "no", "No such item.");
        var item = await MissingAsync(world);
        await world.Database.ExecuteAsync("update recon_item set kind = 'amount'");
        Assert.Equal("state", Assert.IsType<ReconAnswer.Refused>(await world.Get<ReconRepairDesk>().PostAgainAsync(item, Ida, default)).Rule);
        Assert.Equal("unknown", Assert.IsType<ReconAnswer.Refused>(await world.Get<ReconRepairDesk>().PostAgainAsync(item + 1, Ida, default)).Rule);
        Assert.Equal("open", await world.Database.ScalarAsync<string>("select state from exception_case"));
    }

    [Fact]
    public async Task A_payout_that_the_books_lack_is_booked_from_its_break_and_once()
    {
        await using var engine = await EngineWorld.CreateAsync();
        await engine.Database.ExecuteAsync(
            """
            update connection set settings = settings || '{"account:bank": "1920", "account:clearing": "1460"}' where id = 'erp';
            insert into connection (id, kind, role, name, brand, currency, time_zone, posts_to, settings) values ('stripe', 'stripe', 'processor', 'Stripe', '', 'EUR', 'UTC', 'erp', '{}');
            insert into ledger_coverage (connection_id, kind, since) values ('erp', 'journal', '2020-01-01'), ('stripe', 'payouts', '2020-01-01');
            insert into ledger_line (connection_id, kind, external_id, status, amount, currency, document, refs, payout, at, day) values
                ('stripe', 'Charge', 'ch-1', 'Final', 100, 'EUR', 'ch-1', '{}', 'po_1', now() - interval '9 days', current_date - 9), ('stripe', 'Payout', 'po_1', 'Final', 100, 'EUR', 'po_1', '{}', null, now() - interval '8 days', current_date - 8);
            select recon_enter(array(select id from ledger_line));
            select recon_work(1000);
            """);
        var item = await engine.Database.ScalarAsync<long>("select id from recon_item where comparison = 'books' and kind = 'missing-other'");
        var desk = engine.Get<ReconRepairDesk>();
        Assert.Equal(JournalDesk.PostPermission, ReconRepairDesk.PermissionOf("books"));
        Assert.Equal(1, Assert.IsType<ReconAnswer.Done>(await desk.PostAgainAsync(item, Ida, default)).Count);
        Assert.IsNotType<ReconAnswer.Done>(await desk.PostAgainAsync(item, Ida, default));
        Assert.Equal(1, await engine.Database.ScalarAsync<long>("select count(*) from inbox_message where event_id = 'po_1/journal'"));
    }

    private static async Task<long> MissingAsync(EngineWorld world)
    {
        await world.Database.ExecuteAsync("insert into ledger_coverage (connection_id, kind, since) values ('erp', 'books', '2020-01-01')");
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        await world.WorkInboxAsync();
        await world.WorkOutboxAsync();
        await world.Database.ExecuteAsync("select recon_flows(array(select id from flow)); select recon_work(1000)");
        return await world.Database.ScalarAsync<long>("select id from recon_item where comparison = 'order' and kind = 'missing-other'");
    }
}
