using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>Discounts through the product's own connectors.</summary>
internal static class DiscountEstate
{
    /// <param name="startsAt">Before now by the vendor's clock.</param>
    public static DiscountTerms Terms(DateTimeOffset startsAt, params string[] items) =>
        new("R-311", "Autumn", DiscountKind.Percent, 30m, "EUR", items, null, 0, 0, startsAt, startsAt.AddDays(3)) { WallStarts = Wall(startsAt), WallEnds = Wall(startsAt.AddDays(3)) };

    /// <summary>The clock on the wall of the estate's stores.</summary>
    private static DateTime Wall(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).DateTime;

    public static SetDiscount On(DiscountTerms terms) => new(Key(), terms, On: true);

    public static SetDiscount Off(DiscountTerms terms) => new(Key(), terms, On: false);

    // Each command is another, as the tower's batches are.
    private static PostingKey Key() => new($"PROMO-{Guid.CreateVersion7():N}"[..35]);

    public static async Task<DiscountShown> ShownAsync(IVendorClient client, DiscountTerms terms) =>
        Assert.IsType<DiscountAnswer.Shown>(await client.DiscountAsync(terms, new FakeScope(), CancellationToken.None)).What;

    /// <summary>Sets it and reads it back; what is found again must be as it was asked for.</summary>
    public static async Task StandsAsync(IVendorClient client, DiscountTerms terms)
    {
        Assert.True(client.IsRepeatable(On(terms)));
        Assert.NotEmpty(Assert.IsType<Outcome.Accepted>(await PricingEstate.SendAsync(client, On(terms))).Reference);
        var shown = await ShownAsync(client, terms);
        Assert.Equal((true, true, null), (shown.On, shown.Agrees, shown.Differs));
        Assert.IsType<LookUp.Found>(await client.LookUpAsync(On(terms), new FakeScope(), CancellationToken.None));
    }

    public static async Task IsOffAsync(IVendorClient client, DiscountTerms terms)
    {
        Assert.IsType<Outcome.Accepted>(await PricingEstate.SendAsync(client, Off(terms)));
        Assert.False((await ShownAsync(client, terms)).On);
        Assert.IsType<LookUp.Found>(await client.LookUpAsync(Off(terms), new FakeScope(), CancellationToken.None));
    }
}
