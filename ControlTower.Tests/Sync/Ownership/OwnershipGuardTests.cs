using ControlTower.Data.Canonical;
using ControlTower.Data.Catalog;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Ownership.OwnershipWorld;

namespace ControlTower.Tests.Sync.Ownership;

/// <summary>What becomes of writes, in the inbox and in catalogues, and what the log says of them.</summary>
public sealed class OwnershipGuardTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    private static readonly OwnershipRule Orders = new("order", Owners: ["erp"]);

    [Fact]
    public async Task By_the_rules_that_every_tower_begins_with_orders_come_in_as_the_owners_word()
    {
        await using var world = await CreateAsync();
        await world.Engine.PlaceAsync(1);
        Assert.Equal("reserved", await world.Engine.StageAsync("1"));
        Assert.Equal(["shop order/contents shop/1 -→119 EUR owned 1"], await world.LogAsync());
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case"));
    }

    [Fact]
    public async Task What_is_blocked_has_no_effect_and_is_logged_once_however_often_it_comes()
    {
        await using var world = await CreateAsync();
        var number = await world.InForceAsync(Orders with { Mode = OwnershipMode.Enforce });
        await world.FreshAsync();
        await world.Engine.PlaceAsync(1);
        await world.Engine.PlaceAsync(1);
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from flow"));
        Assert.Equal([$"shop order/contents shop/1 -→119 EUR blocked {number}"], await world.LogAsync());
        Assert.Equal("ignored", await world.Database.ScalarAsync<string>("select outcome from inbox_outcome"));
        Assert.Contains($"rule set {number}", await world.Database.ScalarAsync<string>("select detail from inbox_outcome"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_let_through_has_its_effect_and_is_marked()
    {
        await using var world = await CreateAsync();
        var number = await world.InForceAsync(Orders);
        await world.FreshAsync();
        await world.Engine.PlaceAsync(1);
        Assert.Equal("reserved", await world.Engine.StageAsync("1"));
        Assert.Equal([$"shop order/contents shop/1 -→119 EUR let-through {number}"], await world.LogAsync());
    }

    [Fact]
    public async Task What_is_quarantined_waits_for_a_person_who_lets_it_in()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync("insert into notification_channel (id, name, kind, settings, events, gather_minutes) values (gen_random_uuid(), 'Desk', 'webhook', '{\"host\": \"x\"}', array['ownership'], 0)");
        await world.InForceAsync(Orders with { Mode = OwnershipMode.Quarantine });
        await world.FreshAsync();
        await world.Engine.PlaceAsync(1, 2);
        Assert.Contains(" wrote contents (order) of shop/", await world.Database.ScalarAsync<string>("select string_agg(about ->> 'found', '|') from notification where event = 'ownership'"), StringComparison.Ordinal);
        Assert.Equal((0L, 2L), (await world.Database.ScalarAsync<long>("select count(*) from flow"), await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open' and failure = 'ownership'")));

        var waiting = await OwnershipLog.ListAsync(world.Database.Sources.Read, new OwnershipWriteFilter(Waits: true), long.MaxValue, 10, default);
        var first = waiting.Single(w => w.Subject == "shop/1").Id;
        var desk = world.Engine.Get<QuarantineDesk>();
        Assert.Equal("why", (await desk.SettleAsync([first], accept: true, "", Ada, default)).Wrong?.Field);
        Assert.Equal(1, (await desk.SettleAsync([first], accept: true, "They moved house.", Ada, default)).Settled);
        Assert.Equal(0, (await desk.SettleAsync([first], accept: false, "Too late.", Bo, default)).Settled);
        await world.Engine.WorkInboxAsync();

        Assert.Equal("reserved", await world.Engine.StageAsync("1"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from flow"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'"));
        Assert.Equal(2, (await world.LogAsync()).Count);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'ownership:write:settle'"));
    }

    [Fact]
    public async Task What_a_person_refuses_ends_without_effect_and_a_retry_before_that_changes_nothing()
    {
        await using var world = await CreateAsync();
        await world.InForceAsync(Orders with { Mode = OwnershipMode.Quarantine });
        await world.FreshAsync();
        await world.Engine.PlaceAsync(1);
        var open = await world.Database.ScalarAsync<long>("select id from exception_case");
        await world.Engine.Get<ControlTower.Sync.Triage.RetryDesk>().RetryAsync([open], Ada, default);
        await world.Engine.WorkInboxAsync();
        Assert.Single(await world.LogAsync());
        Assert.Equal("open", await world.Database.ScalarAsync<string>("select state from exception_case"));

        var write = await world.Database.ScalarAsync<long>("select id from ownership_write");
        Assert.Equal(1, (await world.Engine.Get<QuarantineDesk>().SettleAsync([write], accept: false, "Not theirs to say.", Bo, default)).Settled);
        await world.Engine.WorkInboxAsync();
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from flow"));
        Assert.Equal("resolved", await world.Database.ScalarAsync<string>("select state from exception_case"));
        Assert.Equal("ignored", await world.Database.ScalarAsync<string>("select outcome from inbox_outcome"));
    }

    [Theory]
    [InlineData(true, OwnershipMode.Enforce, 1)]
    [InlineData(false, OwnershipMode.Allow, 0)]
    public async Task What_a_person_decided_holds_whatever_the_rules_say_by_then(bool accept, OwnershipMode later, int flows)
    {
        await using var world = await CreateAsync();
        await world.InForceAsync(Orders with { Mode = OwnershipMode.Quarantine });
        await world.FreshAsync();
        await world.Engine.PlaceAsync(1);
        await world.InForceAsync(Orders with { Mode = later });
        await world.FreshAsync();
        Assert.Equal(1, (await world.Engine.Get<QuarantineDesk>().SettleAsync([await world.Database.ScalarAsync<long>("select id from ownership_write")], accept, "Said.", Bo, default)).Settled);
        await world.Engine.WorkInboxAsync();
        Assert.Equal((flows, 0L), ((int)await world.Database.ScalarAsync<long>("select count(*) from flow"), await world.Database.ScalarAsync<long>("select count(*) from exception_case where state in ('open', 'retrying')")));
        Assert.Single(await world.LogAsync());
    }

    [Fact]
    public async Task What_is_let_in_by_other_rules_and_a_retry_waits_no_longer()
    {
        await using var world = await CreateAsync();
        await world.InForceAsync(Orders with { Mode = OwnershipMode.Quarantine });
        await world.FreshAsync();
        await world.Engine.PlaceAsync(1);
        await world.InForceAsync(Orders);
        await world.FreshAsync();
        await world.Engine.Get<ControlTower.Sync.Triage.RetryDesk>().RetryAsync([await world.Database.ScalarAsync<long>("select id from exception_case")], Ada, default);
        await world.Engine.WorkInboxAsync();
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from flow"));
        Assert.Equal(("accepted", "tower"), (await world.Database.ScalarAsync<string>("select settled_as from ownership_write where verdict = 'quarantined'"), await world.Database.ScalarAsync<string>("select settled_by from ownership_write where verdict = 'quarantined'")));
        Assert.Equal(0, (await world.Engine.Get<QuarantineDesk>().SettleAsync([await world.Database.ScalarAsync<long>("select id from ownership_write where verdict = 'quarantined'")], accept: false, "Too late.", Bo, default)).Settled);
    }

    [Fact]
    public async Task A_cancellation_that_comes_as_a_statement_is_judged_as_one()
    {
        await using var world = await CreateAsync();
        await world.Engine.PlaceAsync(1);
        var number = await world.InForceAsync(new OwnershipRule("order", "cancellation", Owners: ["erp"], Mode: OwnershipMode.Enforce));
        await world.FreshAsync();
        await world.Engine.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", version: 2) with { CancelledAt = At, CancelReason = "customer" }));
        await world.Engine.WorkInboxAsync();
        Assert.Equal("reserved", await world.Engine.StageAsync("1"));
        Assert.Contains($"shop order/cancellation shop/1 -→- blocked {number}", await world.LogAsync());
    }

    [Fact]
    public async Task What_is_told_again_waits_once_and_holds_up_nothing_new()
    {
        await using var world = await CreateAsync();
        await world.Engine.PlaceAsync(1);
        await world.InForceAsync(new OwnershipRule("order", "cancellation", Owners: ["erp"], Mode: OwnershipMode.Quarantine));
        await world.FreshAsync();
        foreach (var version in new[] { 2L, 3L })
        {
            await world.Engine.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", version, quantity: (int)version) with { CancelledAt = At }));
            await world.Engine.WorkInboxAsync();
        }

        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from ownership_write where verdict = 'quarantined'"));
        Assert.Equal(357m, await world.Database.ScalarAsync<decimal>("select value from flow"));
        Assert.Equal("reserved", await world.Engine.StageAsync("1"));
    }

    [Fact]
    public async Task Who_decides_while_a_retry_looks_is_heard()
    {
        await using var world = await CreateAsync();
        await world.InForceAsync(Orders with { Mode = OwnershipMode.Quarantine });
        await world.FreshAsync();
        await world.Engine.PlaceAsync(1);
        await world.Engine.Get<ControlTower.Sync.Triage.RetryDesk>().RetryAsync([await world.Database.ScalarAsync<long>("select id from exception_case")], Ada, default);
        Assert.Equal("retrying", await world.Database.ScalarAsync<string>("select state from exception_case"));
        Assert.Equal(1, (await world.Engine.Get<QuarantineDesk>().SettleAsync([await world.Database.ScalarAsync<long>("select id from ownership_write")], accept: true, "They moved house.", Bo, default)).Settled);
        await world.Engine.WorkInboxAsync();
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from flow"));
    }

    [Fact]
    public async Task A_channel_that_changes_what_it_does_not_own_is_logged_with_both_words_and_an_echo_is_not()
    {
        await using var world = await CreateAsync();
        await world.StoreAsync("erp", Item("E1", 100m));
        await world.StoreAsync("shop", Item("S1", 100m));
        await MatchAsync(world);
        Assert.Empty(await world.LogAsync());

        await world.StoreAsync("erp", Item("E1", 80m, minutes: 1));
        await world.StoreAsync("shop", Item("S1", 80m, minutes: 2));
        await world.StoreAsync("shop", Item("S1", 80.00m, minutes: 2), Item("S2", 5m, "OTHER"));
        await world.StoreAsync("shop", Item("S1", 75m, minutes: 3), Item("S2", 5m, "OTHER"));
        await world.StoreAsync("shop", Item("S1", 75m, minutes: 3));
        await world.StoreAsync("shop", Item("S1", 60m, minutes: 2));
        Assert.Equal(
            ["erp price/price SKU-1 100 EUR→80 EUR owned 1", "shop price/price SKU-1 80 EUR→75 EUR not 80 EUR let-through 1"], await world.LogAsync());
    }

    [Fact]
    public async Task The_word_that_a_write_is_against_is_that_of_the_first_owner_who_has_one()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync(
            """
            insert into connection (id, kind, role, name, brand, currency, time_zone, posts_to, settings) select 'second', kind, role, 'Second', brand, currency, time_zone, posts_to, settings from connection where id = 'shop';
            insert into connection_gate (connection_id) values ('second')
            """);
        await world.Engine.Get<ControlTower.Sync.Connections.ConnectionDirectory>().RefreshAsync(default);
        await world.InForceAsync(new OwnershipRule("product", "title", Owners: ["second", "@erp"], Kind: OwnershipKind.Order));
        await world.StoreAsync("erp", Titled("E1", "JACKET"));
        await world.StoreAsync("shop", Titled("S1", "A jacket"));
        await MatchAsync(world);
        await world.StoreAsync("shop", Titled("S1", "Jacket!", 1));
        await world.StoreAsync("second", Titled("Z1", "The jacket"));
        await world.Database.ExecuteAsync("insert into catalog_match (connection_id, item, erp_item, how) values ('second', 'Z1', 'E1', 'sku')");
        await world.StoreAsync("shop", Titled("S1", "Jacket?", 2));
        await world.StoreAsync("erp", Titled("E1", "JACKET 2", 2));
        await world.StoreAsync("shop", Titled("S1", "The jacket", 3));
        Assert.Equal(
            [
                "shop product/title SKU-1 A jacket→Jacket! not JACKET let-through 2", "shop product/title SKU-1 Jacket!→Jacket? not The jacket let-through 2",
                "erp product/title SKU-1 JACKET→JACKET 2 not The jacket let-through 2",
            ],
            await world.LogAsync());

        static CatalogVariant Titled(string id, string title, int minutes = 0) => Item(id, 5m, minutes: minutes) with { Title = title };
    }

    [Fact]
    public async Task What_customers_are_called_stands_in_no_log()
    {
        await using var world = await CreateAsync();
        var book = await world.FreshAsync();
        var verdicts = OwnershipGuard.Fields(book, world.Engine.Get<ControlTower.Sync.Connections.ConnectionDirectory>().Find("shop")!, OwnershipDomains.Customer);
        await using var connection = await world.Database.Sources.Work.OpenConnectionAsync();
        await CatalogStore.StoreAsync(connection, "shop", [new CatalogCustomer("c1", "old@example.com", null, null, "Ann", "Old", At)], verdicts, default);
        await CatalogStore.StoreAsync(connection, "shop", [new CatalogCustomer("c1", "new@example.com", null, null, "Ann", "Old", At.AddMinutes(1))], verdicts, default);
        Assert.Equal(["shop customer/email c1 not shown→not shown owned 1"], await world.LogAsync());
    }

    private static CatalogVariant Item(string id, decimal price, string sku = "SKU-1", int minutes = 0) => new(id, null, "Jacket", sku, null, true, [new CatalogPrice("EUR", price, TaxIncluded: true)], At.AddMinutes(minutes));

    private static Task MatchAsync(OwnershipWorld world) => world.Database.ExecuteAsync("insert into catalog_match (connection_id, item, erp_item, how) values ('shop', 'S1', 'E1', 'sku')");
}
