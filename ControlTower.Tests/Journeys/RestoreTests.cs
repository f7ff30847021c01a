using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Journeys;

/// <summary>Yesterday's backup is put in the place of the database: it knows nothing of the orders that were posted since. The keys of postings follow from the orders, and each connector looks before it inserts.</summary>
public sealed class RestoreTests
{
    private const int Before = 2;
    private const int Since = 3;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Promise(26)]
    [Fact]
    public async Task A_restored_backup_posts_nothing_a_second_time_and_finds_everything_again()
    {
        await using var world = await RestoredAsync();

        Assert.Equal((Before + Since, Before + Since), await BookedAsync(world));
        Assert.Equal(0, await world.LongAsync("select count(*) from exception_case"));
    }

    [Sabotage(26)]
    [Fact]
    public async Task P26_sabotage_keys_that_do_not_follow_from_the_order_alone_post_again_what_was_forgotten()
    {
        await using var world = await RestoredAsync("update connection set brand = 'elsewhere', version = version + 1 returning id");

        Assert.Equal((Before + (2 * Since), Before + (2 * Since)), await BookedAsync(world));
    }

    private static async Task<ShopToErpWorld> RestoredAsync(string? sabotage = null)
    {
        var world = await ShopToErpWorld.StartAsync(Cancel);
        try
        {
            await world.PlaceAsync("shopify-eu", Before);
            await PaidAsync(world, Before);
            await world.BackUpAsync();
            await world.StartTowerAsync();
            await world.PlaceAsync("shopify-eu", Since);
            await PaidAsync(world, Before + Since);
            await world.RestoreAsync();
            await world.StartTowerAsync();
            if (sabotage is not null)
            {
                Assert.NotEmpty(await world.TextsAsync(sabotage));
            }

            // Two minutes would pass until the shops are read by themselves; their pushes were acknowledged and do not come again.
            Assert.NotEmpty(await world.TextsAsync("update feed_cursor set due_at = now() returning feed"));
            await PaidAsync(world, Before + Since);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    private static Task PaidAsync(ShopToErpWorld world, int orders) => world.UntilAsync("select count(*) from flow where status = 'done' and stage = 'paid'", orders, ShopToErpWorld.FeedsNow);

    private static async Task<(int Posted, int Paid)> BookedAsync(ShopToErpWorld world)
    {
        var book = await world.LedgerAsync("bc-eu");
        return (book.Count(e => e.Kind == "order-posted"), book.Count(e => e.Kind == "payment-posted"));
    }
}
