using System.Text.Json;
using ControlTower.Simulator;
using ControlTower.Simulator.Traffic;
using Xunit;

namespace ControlTower.Tests.Conformance;

public sealed class SeedTests
{
    private static async Task<string> FiftyAsync(int seed, string system)
    {
        await using var estate = new Estate(new EstateOptions { Seed = seed }, CancellationToken.None);
        var shop = estate.Shop(system)!;
        var written = new List<string>();
        for (var i = 0; i < 50; i++)
        {
            var order = await shop.PlaceAsync(new Wishes());
            written.Add(JsonSerializer.Serialize(order with { CreatedAt = default, UpdatedAt = default, Payments = order.Payments.Select(p => p with { At = default }).ToList() }));
        }

        return string.Join('\n', written);
    }

    [Theory]
    [InlineData("shopify-eu")]
    [InlineData("shopify-uk")]
    [InlineData("shopify-us")]
    [InlineData("shopify-jp")]
    public async Task The_same_seed_gives_the_same_first_fifty_orders(string system)
    {
        Assert.Equal(await FiftyAsync(21, system), await FiftyAsync(21, system));
    }

    [Fact]
    public async Task Another_seed_gives_other_orders() => Assert.NotEqual(await FiftyAsync(21, "shopify-eu"), await FiftyAsync(22, "shopify-eu"));

    [Fact]
    public async Task Traffic_knows_guests_and_regulars_stores_and_pickups_discounts_and_baskets_of_every_size()
    {
        await using var estate = new Estate(new EstateOptions { Seed = 4 }, CancellationToken.None);
        var shop = estate.Shop("shopify-eu")!;
        for (var i = 0; i < 300; i++) await shop.PlaceAsync(new Wishes());
        var orders = shop.Orders(_ => true);

        Assert.InRange(orders.Count(o => o.Buyer.Guest), 90, 180);
        Assert.Contains(orders.GroupBy(o => o.CustomerId), g => g.Count() > 1);
        Assert.Contains(orders, o => o.Attributes.Any(a => a.Value == "click-and-collect"));
        Assert.Contains(orders, o => o.Attributes.Any(a => a.Value == "ship-from-store"));
        Assert.Contains(orders, o => o.Lines.Count >= 5);
        Assert.Contains(orders, o => o.Discounts.Count == 2);
        Assert.True(orders.Select(o => o.Shipping.CountryCode).Distinct().Count() >= 4);
        Assert.All(orders, o => Assert.EndsWith("@example.com", o.Buyer.Email, StringComparison.Ordinal));
        Assert.DoesNotContain(orders, o => o.Lines.Any(l => l.Sku.Contains("GHO", StringComparison.Ordinal)));
    }
}
