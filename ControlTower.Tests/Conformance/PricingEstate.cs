using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>What a system of the estate that is told prices owes the tower, through the product's own connector.</summary>
internal static class PricingEstate
{
    /// <param name="spot">Shows <paramref name="from"/>.</param>
    /// <param name="loseAnswer">The next write takes effect and its answer is lost.</param>
    /// <param name="byHand">Somebody makes the spot show something that nobody here set.</param>
    public static async Task HoldsAsync(IVendorClient client, PriceSpot spot, PriceTag? from, PriceTag to, Func<Task> loseAnswer, Func<Task> byHand)
    {
        var move = new PriceMove(spot, from, to, to.CompareAt is not null);
        var there = new SetPrices(new PostingKey("RELEASE-1"), [move]);
        Assert.True(client.IsRepeatable(there));
        Assert.Equal(from, (await ShownAsync(client, spot)).Own);
        Assert.IsType<LookUp.Absent>(await client.LookUpAsync(there, new FakeScope(), CancellationToken.None));

        Assert.IsType<Outcome.Accepted>(await SendAsync(client, there));
        Assert.Equal((true, to, to), await ShownAsync(client, spot) is var shown ? (shown.IsListed, shown.Own, shown.Effective) : default);
        Assert.IsType<LookUp.Found>(await client.LookUpAsync(there, new FakeScope(), CancellationToken.None));
        Assert.IsType<Outcome.Accepted>(await SendAsync(client, there));

        var back = new SetPrices(new PostingKey("RELEASE-1-BACK"), [move with { From = to, To = from }]);
        await loseAnswer();
        Assert.IsType<Outcome.Unknown>(await SendAsync(client, back));
        Assert.IsType<LookUp.Found>(await client.LookUpAsync(back, new FakeScope(), CancellationToken.None));
        Assert.IsType<Outcome.Accepted>(await SendAsync(client, back));
        Assert.Equal(from, (await ShownAsync(client, spot)).Own);

        // The release once more under its old key: what was brought home may be set again.
        Assert.IsType<Outcome.Accepted>(await SendAsync(client, there));
        Assert.Equal(to, (await ShownAsync(client, spot)).Own);

        await byHand();
        var stale = Assert.IsType<Outcome.Refused>(await SendAsync(client, back));
        Assert.Equal((SetPrices.Stale, "0"), (stale.Code, stale.Field!.Split('.')[^1]));
        Assert.IsType<LookUp.Absent>(await client.LookUpAsync(back, new FakeScope(), CancellationToken.None));
    }

    public static async Task<PriceShown> ShownAsync(IVendorClient client, PriceSpot spot) =>
        Assert.Single(Assert.IsType<PricesAnswer.Prices>(await client.PricesAsync([spot], new FakeScope(), CancellationToken.None)).List);

    public static Task<Outcome> SendAsync(IVendorClient client, VendorCommand command) => client.SendAsync(command, new FakeScope(), CancellationToken.None);
}
