using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Catalog;

/// <summary>Catalogues are read by pages, in any order and more than once; only a pass that was read to its end says what is gone.</summary>
public sealed class CatalogFeedTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    private static CatalogVariant Item(string id, decimal price = 10m, int minutes = 0) => new(id, null, id, $"SKU-{id}", null, true, [new CatalogPrice("EUR", price)], At.AddMinutes(minutes));

    private static FeedAnswer.Records Page(string cursor, bool more, bool begins, bool ends, params CatalogVariant[] items) => new(items, [], cursor, more, begins, ends);

    private static async Task<(EngineWorld World, ConnectionGate Gate)> CreateAsync()
    {
        var world = await EngineWorld.CreateAsync(shop: new TestShop { Plans = CatalogFeeds.Plans });
        return (world, world.OpenGate(EngineWorld.ShopId));
    }

    private static async Task ReadAsync(EngineWorld world, ConnectionGate gate, string feed, params FeedAnswer[] pages)
    {
        await world.Database.ExecuteAsync($"update feed_cursor set due_at = case when feed = '{feed}' then now() else now() + interval '1 hour' end");
        var waiting = new Queue<FeedAnswer>(pages);
        world.Shop.Client.Reads = request => request.Feed == feed && waiting.TryDequeue(out var page) ? page : new FeedAnswer.Failed(new Outcome.NotDone(FailureKind.Intermittent, "No more."));
        for (var round = 0; round < pages.Length; round++)
        {
            await world.Get<ConnectionErrands>().RunAsync(gate, default);
            await world.Database.ExecuteAsync($"update feed_cursor set due_at = now() where feed = '{feed}' and run_at is not null");
        }
    }

    private static Task<string?> ThereAsync(EngineWorld world) => world.Database.ScalarAsync<string>("select string_agg(item || '=' || price, ' ' order by item) from catalog_item where gone_at is null");

    [Fact]
    public async Task A_whole_pass_finds_what_is_gone_and_a_half_one_deletes_nothing()
    {
        var (world, gate) = await CreateAsync();
        await using var _ = world;
        using var __ = gate;
        await world.Get<ConnectionErrands>().RunAsync(gate, default);
        await ReadAsync(world, gate, "products-all", Page("|||2", true, true, false, Item("1"), Item("2")), Page("", false, false, true, Item("3")));
        Assert.Equal("1=10 2=10 3=10", await ThereAsync(world));

        await ReadAsync(world, gate, "products-all", Page("|||2", true, true, false, Item("1")), new FeedAnswer.Failed(new Outcome.NotDone(FailureKind.Intermittent, "Away.")));
        Assert.Equal("1=10 2=10 3=10", await ThereAsync(world));
        await ReadAsync(world, gate, "products-all", Page("", false, false, false));
        Assert.Equal("1=10 2=10 3=10", await ThereAsync(world));

        await ReadAsync(world, gate, "products-all", Page("|||2", true, true, false, Item("1")), Page("", false, false, true, Item("3")));
        Assert.Equal("1=10 3=10", await ThereAsync(world));
        await ReadAsync(world, gate, "products-all", Page("", false, true, true, Item("1"), Item("2"), Item("3")));
        Assert.Equal("1=10 2=10 3=10", await ThereAsync(world));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from catalog_pass"));
    }

    [Fact]
    public async Task What_was_met_by_a_pass_that_was_broken_off_does_not_count_for_the_next()
    {
        var (world, gate) = await CreateAsync();
        await using var _ = world;
        using var __ = gate;
        await world.Get<ConnectionErrands>().RunAsync(gate, default);
        await ReadAsync(world, gate, "products-all", Page("", false, true, true, Item("1"), Item("2")));
        await ReadAsync(world, gate, "products-all", Page("|||2", true, true, false, Item("1"), Item("2")), Page("", false, false, false));
        await ReadAsync(world, gate, "products-all", Page("", false, true, true, Item("1")));
        Assert.Equal("1=10", await ThereAsync(world));
    }

    [Fact]
    public async Task What_came_while_a_pass_was_read_is_not_gone_for_not_being_met()
    {
        var (world, gate) = await CreateAsync();
        await using var _ = world;
        using var __ = gate;
        await world.Get<ConnectionErrands>().RunAsync(gate, default);
        await ReadAsync(world, gate, "products-all", Page("|||2", true, true, false, Item("1")));
        await ReadAsync(world, gate, "products", Page("x", false, true, true, Item("0")));
        await ReadAsync(world, gate, "products-all", Page("", false, false, true, Item("2")));
        Assert.Equal("0=10 1=10 2=10", await ThereAsync(world));
    }

    [Fact]
    public async Task Older_pages_and_repeated_ones_change_nothing()
    {
        var (world, gate) = await CreateAsync();
        await using var _ = world;
        using var __ = gate;
        await world.Get<ConnectionErrands>().RunAsync(gate, default);
        await ReadAsync(world, gate, "products", Page("a", false, true, true, Item("1", 12m, minutes: 9)));
        await world.Database.ExecuteAsync("delete from catalog_state");
        await ReadAsync(world, gate, "products", Page("a", false, true, true, Item("1", 11m, minutes: 3)), Page("a", false, true, true, Item("1", 12m, minutes: 9)));
        Assert.Equal("1=12", await ThereAsync(world));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from catalog_state where dirty_at is not null"));
    }

    [Fact]
    public async Task A_hundred_thousand_items_are_stored_page_by_page_and_only_what_changed_is_written()
    {
        var (world, gate) = await CreateAsync();
        await using var _ = world;
        gate.Dispose();
        var pages = Enumerable.Range(0, 100).Select(p => Enumerable.Range(p * 1_000, 1_000).Select(n => Item($"{n:D6}")).ToList()).ToList();
        await using var connection = await world.Database.Sources.Work.OpenConnectionAsync();
        foreach (var page in pages)
        {
            Assert.Equal(1_000, await ControlTower.Data.Catalog.CatalogStore.StoreAsync(connection, "shop", page, [], default));
        }

        pages[7][5] = Item("007005", 11m, minutes: 1);
        Assert.Equal(1, await ControlTower.Data.Catalog.CatalogStore.StoreAsync(connection, "shop", pages[7], [], default));
        Assert.Equal(0, await ControlTower.Data.Catalog.CatalogStore.StoreAsync(connection, "shop", pages[8], [], default));

        foreach (var page in pages)
        {
            await ControlTower.Data.Catalog.CatalogStore.StoreAsync(connection, "erp", [.. page.Select(v => v with { ChangedAt = At })], [], default);
        }

        await world.Database.ExecuteAsync(
            """
            update connection set posts_to = 'erp' where id = 'shop';
            insert into feed_cursor (connection_id, feed, since, heard_at) select c, 'products-all', now(), now() from unnest(array['shop', 'erp']) c on conflict (connection_id, feed) do update set heard_at = now();
            """);
        await world.Database.ExecuteAsync("update catalog_item set price = 12 where connection_id = 'erp' and item = '000001'");
        Assert.True(await ControlTower.Data.Catalog.CatalogStore.CompareAsync(world.Database.Sources.Work, "shop", [], default));
        Assert.Equal(100_000, await world.Database.ScalarAsync<long>("select count(*) from catalog_match"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from catalog_difference"));
    }
}
