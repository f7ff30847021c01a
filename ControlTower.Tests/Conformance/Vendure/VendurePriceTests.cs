using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Vendure;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Vendure;

/// <summary>Promotional prices at a shop that sets and never compares.</summary>
public sealed class VendurePriceTests
{
    private static readonly Dictionary<string, string> Settings = new() { ["baseUrl"] = "https://shop.test" };

    private readonly VendureWorld world = new();
    private readonly FakeVendor vendor;

    public VendurePriceTests() => vendor = world.Vendor();

    public static SetPrices Command { get; } = new(VendureWorld.Key, [new PriceMove(At("7"), new PriceTag(10m), new PriceTag(7.5m), false), new PriceMove(At("8"), new PriceTag(20m), new PriceTag(15m), false)]);

    [Fact]
    public async Task A_price_is_set_once_and_prices_in_other_currencies_are_left_alone()
    {
        Assert.True(Client().IsRepeatable(Command));
        Assert.IsType<LookUp.Absent>(await LookUpAsync(Command));
        Assert.IsType<Outcome.Accepted>(await SendAsync(Command));
        Assert.Equal([750, 1200, 1500], world.Prices.Values);
        Assert.IsType<LookUp.Found>(await LookUpAsync(Command));
        Assert.IsType<Outcome.Accepted>(await SendAsync(Command));
        Assert.Equal(1, Writes);
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_found_and_may_be_sent_again()
    {
        world.Lose("SetPrices");
        Assert.IsType<Outcome.Unknown>(await SendAsync(Command));
        Assert.IsType<LookUp.Found>(await LookUpAsync(Command));
        Assert.IsType<Outcome.Accepted>(await SendAsync(Command));
        Assert.Equal(1, Writes);
    }

    [Theory]
    [InlineData("8", "", 21, 15, SetPrices.Stale)]
    [InlineData("9", "", 20, 15, "unknown-item")]
    [InlineData("8", "EU-BER1", 20, 15, "no-places")]
    [InlineData("8", "", 20, 15.005, "too-precise")]
    public async Task What_cannot_be_set_is_named_by_its_number_and_nothing_of_the_command_is_written(string item, string place, int from, double to, string code)
    {
        var bad = new PriceMove(At(item) with { Place = place }, new PriceTag(from), new PriceTag((decimal)to), false);
        var refused = Assert.IsType<Outcome.Refused>(await SendAsync(Command with { Moves = [Command.Moves[0], bad] }));
        Assert.Equal((code, "changes.1"), (refused.Code, refused.Field));
        Assert.Equal(0, Writes);
    }

    [Fact]
    public async Task A_channel_that_keeps_prices_without_tax_is_not_told_prices_with_it()
    {
        world.PricesIncludeTax = false;
        Assert.Equal("tax-otherwise", Assert.IsType<Outcome.Refused>(await SendAsync(Command)).Code);
        Assert.IsType<PricesAnswer.Failed>(await Client().PricesAsync([At("7")], new FakeScope(), default));
        Assert.Equal(0, Writes);
    }

    [Fact]
    public async Task Each_spot_is_answered_in_its_currency()
    {
        var list = Assert.IsType<PricesAnswer.Prices>(await Client().PricesAsync([At("7"), At("7") with { Currency = "USD" }, At("8") with { Currency = "USD" }, At("9")], new FakeScope(), default)).List;
        Assert.Equal([(true, 10m), (true, 12m), (true, null), (false, null)], list.Select(s => (s.IsListed, s.Own?.Amount)));
    }

    private static PriceSpot At(string item) => new(item, "", "EUR");

    private static ConnectionProfile Profile => new("shop", "vendure", "Shop", "B", null, "EUR", "UTC", "erp", Settings, new Dictionary<string, string> { ["apiKey"] = "id:key" });

    private int Writes => vendor.Requests.Count(r => r.Body.Contains("mutation SetPrices", StringComparison.Ordinal));

    private Task<Outcome> SendAsync(SetPrices command) => Client().SendAsync(command, new FakeScope(), default);

    private Task<LookUp> LookUpAsync(SetPrices command) => Client().LookUpAsync(command, new FakeScope(), default);

    private IVendorClient Client() => new VendureConnector().Connect(Profile, vendor.Client(), new FakeTimeProvider(NetworkFault.Now));
}
