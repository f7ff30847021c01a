using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Vendure;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Vendure;

/// <summary>Stock at a shop that sets and never compares: read before it is written, and written only where it still is what was read.</summary>
public sealed class VendureStockTests
{
    private static readonly Dictionary<string, string> Settings = new() { ["baseUrl"] = "https://shop.test", ["publishStock"] = "all", ["location:1"] = "EU-BER1", ["location:2"] = "EU-PAR1" };

    private readonly VendureWorld world = new();
    private readonly FakeVendor vendor;

    public VendureStockTests() => vendor = world.Vendor();

    [Fact]
    public async Task A_level_is_what_is_on_hand_less_what_the_shops_own_orders_took()
    {
        var levels = Assert.IsType<LevelsAnswer.Levels>(await Client().LevelsAsync(
            [new("A", "EU-BER1"), new("A", "EU-PAR1"), new("a", "EU-BER1"), new("A", "ELSEWHERE")], new FakeScope(), default)).List;
        Assert.Equal([7, 0, null, null], levels.Select(l => l.Level));
        Assert.Equal("7", levels[0].Item);
    }

    [Fact]
    public async Task What_is_set_leaves_the_shops_allocations_alone_and_a_repetition_writes_nothing()
    {
        Assert.IsType<LookUp.Absent>(await LookUpAsync());
        Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.Equal([(7, 2), (4, 1)], world.Levels.Values);
        Assert.IsType<LookUp.Found>(await LookUpAsync());
        Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.Equal(1, Writes);
    }

    [Fact]
    public async Task A_level_that_moved_since_it_was_read_is_not_written_over()
    {
        world.Levels["2"] = (3, 1);
        var refused = Assert.IsType<Outcome.Refused>(await SendAsync());
        Assert.Equal((ChangeStock.Stale, "changes.1"), (refused.Code, refused.Field));
        Assert.Equal(0, Writes);
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_found_and_not_repeatable()
    {
        world.Lose("SetStock");
        Assert.IsType<Outcome.Unknown>(await SendAsync());
        Assert.False(Client().IsRepeatable(VendureWorld.Stock));
        Assert.IsType<LookUp.Found>(await LookUpAsync());
        Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.Equal([(7, 2), (4, 1)], world.Levels.Values);
        Assert.Equal(1, Writes);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1.5")]
    [InlineData("99999999999999999999")]
    public async Task A_level_that_is_no_number_of_pieces_is_not_taken_for_nought(string? allocated)
    {
        world.Odd = ("2", allocated);
        var levels = Assert.IsType<LevelsAnswer.Levels>(await Client().LevelsAsync([new("A", "EU-BER1"), new("A", "EU-PAR1")], new FakeScope(), default)).List;
        Assert.Equal([7, null], levels.Select(l => l.Level));
        Assert.Equal(("unknown-item", "changes.1"), Assert.IsType<Outcome.Refused>(await SendAsync()) is var refused ? (refused.Code, refused.Field) : default);
        Assert.Equal(0, Writes);
    }

    [Fact]
    public async Task A_SKU_that_the_shop_does_not_have_is_named()
    {
        var refused = Assert.IsType<Outcome.Refused>(await Client().SendAsync(VendureWorld.Stock with { Changes = [VendureWorld.Stock.Changes[0], new StockChange("B", "EU-BER1", 1, From: 0)] }, new FakeScope(), default));
        Assert.Equal(("unknown-item", "changes.1"), (refused.Code, refused.Field));
        Assert.Equal(0, Writes);
    }

    [Theory]
    [InlineData("location:1", "EU-PAR1")]
    [InlineData("location:x y", "EU-ROM1")]
    [InlineData("publishStock", "perhaps")]
    [InlineData("settleRefunds", "perhaps")]
    public void Settings_that_cannot_be_meant_are_named(string field, string value)
    {
        var settings = new Dictionary<string, string>(Settings) { [field] = value };
        Assert.Single(new VendureConnector().Check(Profile with { Settings = settings }));
    }

    private static ConnectionProfile Profile => new("shop", "vendure", "Shop", "B", null, "EUR", "UTC", "erp", Settings, new Dictionary<string, string> { ["apiKey"] = "id:key" });

    private int Writes => vendor.Requests.Count(r => r.Body.Contains("mutation SetStock", StringComparison.Ordinal));

    private Task<Outcome> SendAsync() => Client().SendAsync(VendureWorld.Stock, new FakeScope(), default);

    private Task<LookUp> LookUpAsync() => Client().LookUpAsync(VendureWorld.Stock, new FakeScope(), default);

    private IVendorClient Client() => new VendureConnector().Connect(Profile, vendor.Client(), new FakeTimeProvider(NetworkFault.Now));
}
