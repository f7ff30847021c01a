using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Tryton;
using ControlTower.Sync.Connectors.Vendure;
using ControlTower.Tests.Conformance;
using Xunit;

namespace ControlTower.Tests.Journeys.Peers;

/// <summary>Promotional prices and promotions in the real systems; each is left as it was.</summary>
public sealed class PeerPriceTests : IDisposable
{
    private readonly HttpClient http = new();
    private readonly TrytonConnector tryton = new();

    [Fact]
    public async Task The_ERP_is_told_list_prices_over_the_states_that_were_read_and_back_again()
        => await ThereAndBackAsync(tryton.Connect(Peers().Tryton, http, TimeProvider.System), new PriceSpot("RH-00004", "", "EUR"), new PriceSpot("RH-00005", "", "EUR"));

    [Fact]
    public async Task The_shop_is_told_prices_and_back_again()
        => await ThereAndBackAsync(Shop(), new PriceSpot("4", "", "EUR"), new PriceSpot("5", "", "EUR"));

    [Theory]
    [InlineData(DiscountKind.Percent, null)]
    [InlineData(DiscountKind.Percent, "SNOW")]
    [InlineData(DiscountKind.BuyXGetY, null)]
    public async Task The_shop_grants_a_promotion_once_takes_it_off_and_puts_it_back(DiscountKind kind, string? code)
    {
        var shop = new VendureConnector().Connect(Administrator(Peers().Vendure), http, TimeProvider.System);
        var mark = $"T-{Guid.NewGuid():N}"[..12];
        var terms = DiscountEstate.Terms(TimeProvider.System.GetUtcNow().AddHours(-1), "4", "15") with { Mark = mark, Kind = kind, Code = code is null ? null : $"{code}{mark}", Buy = 2, Get = 1, Value = kind == DiscountKind.BuyXGetY ? 100m : 12.5m };
        await DiscountEstate.StandsAsync(shop, terms);
        await DiscountEstate.StandsAsync(shop, terms);
        await DiscountEstate.IsOffAsync(shop, terms);
        await DiscountEstate.StandsAsync(shop, terms with { Items = ["15", "16"], EndsAt = null });
        await DiscountEstate.IsOffAsync(shop, terms);
    }

    public void Dispose()
    {
        http.Dispose();
        tryton.Dispose();
    }

    private static async Task ThereAndBackAsync(IVendorClient client, PriceSpot first, PriceSpot second)
    {
        var (one, other) = (await PricingEstate.ShownAsync(client, first), await PricingEstate.ShownAsync(client, second));
        var there = new SetPrices(new PostingKey("PEER-THERE"), [new PriceMove(first, one.Own, new PriceTag(7.5m), false), new PriceMove(second, other.Own, new PriceTag(8.25m), false)]);
        Assert.IsType<LookUp.Absent>(await client.LookUpAsync(there, new FakeScope(), CancellationToken.None));
        Assert.IsType<Outcome.Accepted>(await PricingEstate.SendAsync(client, there));
        Assert.IsType<Outcome.Accepted>(await PricingEstate.SendAsync(client, there));
        Assert.IsType<LookUp.Found>(await client.LookUpAsync(there, new FakeScope(), CancellationToken.None));

        var stale = new SetPrices(new PostingKey("PEER-STALE"), [new PriceMove(first, one.Own, new PriceTag(3m), false)]);
        Assert.Equal(SetPrices.Stale, Assert.IsType<Outcome.Refused>(await PricingEstate.SendAsync(client, stale)).Code);
        var nobody = new SetPrices(new PostingKey("PEER-NOBODY"), [new PriceMove(first with { Item = "999999" }, one.Own, new PriceTag(3m), false)]);
        Assert.Equal("unknown-item", Assert.IsType<Outcome.Refused>(await PricingEstate.SendAsync(client, nobody)).Code);

        var back = new SetPrices(new PostingKey("PEER-BACK"), [.. there.Moves.Select(m => m with { From = m.To, To = m.From })]);
        Assert.IsType<Outcome.Accepted>(await PricingEstate.SendAsync(client, back));
        Assert.Equal((one.Own, other.Own), ((await PricingEstate.ShownAsync(client, first)).Own, (await PricingEstate.ShownAsync(client, second)).Own));
    }

    private IVendorClient Shop() => new VendureConnector().Connect(Peers().Vendure, http, TimeProvider.System);

    /// <summary>The key of the peers' connection has no right to promotions.</summary>
    private static ConnectionProfile Administrator(ConnectionProfile profile) => profile with
    {
        Settings = new Dictionary<string, string>(profile.Settings) { ["username"] = "superadmin" },
        Secrets = new Dictionary<string, string> { ["password"] = Environment.GetEnvironmentVariable("VENDURE_ADMIN_PASSWORD") ?? "peer-admin-pw" },
    };

    private static PeerSystems Peers()
    {
        var peers = PeerSystems.Find();
        Assert.SkipWhen(peers is null, "No real Vendure and Tryton are running (PEER_HOME).");
        return peers!;
    }
}
