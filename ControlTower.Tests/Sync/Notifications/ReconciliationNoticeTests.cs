using ControlTower.Data.Notifications;
using ControlTower.Data.PosImports;
using ControlTower.Data.Reconciliation;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Notifications;

/// <summary>People hear of a backlog that grew beyond its limits and of a channel that fell silent, once a day.</summary>
public sealed class ReconciliationNoticeTests
{
    [Fact]
    public async Task A_store_that_used_to_be_heard_and_is_silent_beyond_its_time_is_told_once_a_day()
    {
        await using var world = await NotificationWorld.CreateAsync();
        await world.ChannelAsync(world.HookDraft(events: [NoticeKind.Reconciliation]));
        await world.Database.ExecuteAsync(
            """
            insert into connection (id, kind, role, name) values ('tills-x', 'poslog', 'shop', 'Tills');
            insert into pos_store (connection_id, store, business_at, heard_at) values ('tills-x', 'S001', now() - interval '27 hours', now() - interval '2 hours'), ('tills-x', 'S002', now() - interval '25 hours', now())
            """);
        var after = TimeSpan.FromHours(26);
        Assert.Equal(1, await PosFileStore.TellSilentAsync(world.Database.Sources.Work, after, default));
        Assert.Equal(0, await PosFileStore.TellSilentAsync(world.Database.Sources.Work, after, default));
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Contains("Tills, store S001: no receipt since", System.Text.Encoding.UTF8.GetString(Assert.Single(world.Hook.Received).Body), StringComparison.Ordinal);

        await world.Database.ExecuteAsync("update connection set paused_at = now(), paused_by = 'test' where id = 'tills-x'; delete from recon_told");
        Assert.Equal(0, await PosFileStore.TellSilentAsync(world.Database.Sources.Work, after, default));
    }

    [Fact]
    public async Task A_backlog_beyond_its_limits_and_a_silent_channel_are_told_once_a_day()
    {
        await using var world = await NotificationWorld.CreateAsync();
        await world.ChannelAsync(world.HookDraft(events: [NoticeKind.Reconciliation]));
        await world.Database.ExecuteAsync(
            """
            insert into connection (id, kind, role, name, currency) values ('erp-x', 'business-central', 'erp', 'Books', 'EUR');
            insert into connection (id, kind, role, name, currency, posts_to) values ('shop-x', 'shopify', 'shop', 'Quiet shop', 'EUR', 'erp-x');
            insert into ledger_coverage (connection_id, kind, since) values ('erp-x', 'books', now() - interval '100 days');
            insert into ledger_line (connection_id, kind, external_id, amount, currency, at, day, document) select 'shop-x', 'Order', w || '/' || n, 10, 'EUR', now() - w * interval '7 days' - n * interval '5 minutes', current_date, 'O' from generate_series(1, 6) w, generate_series(1, 8) n;
            select recon_enter(array(select id from ledger_line));
            select recon_settle('order', null);
            """);
        Assert.Equal(1, await ReconWork.TellAsync(world.Database.Sources.Work, default));
        await world.Database.ExecuteAsync("update recon_comparison set most_items = 40, most_days = 30 where name = 'order'");
        Assert.Equal(1, await ReconWork.TellAsync(world.Database.Sources.Work, default));
        Assert.Equal(0, await ReconWork.TellAsync(world.Database.Sources.Work, default));
        await NotificationWorld.TurnAsync(world.Node());
        var body = System.Text.Encoding.UTF8.GetString(Assert.Single(world.Hook.Received).Body);
        Assert.Contains("2 of reconciliation", body, StringComparison.Ordinal);
        Assert.Contains("Quiet shop: 0 orders in the last hour, usually 8.0", body, StringComparison.Ordinal);
        Assert.Contains("order: 48 items, limit 40, the oldest 41 days late, limit 30", body, StringComparison.Ordinal);
    }
}
