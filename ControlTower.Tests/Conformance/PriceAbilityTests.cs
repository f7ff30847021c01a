using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>What a promotion is planned with: what each connector says of itself must be what it does.</summary>
public sealed class PriceAbilityTests
{
    private const PriceAbilities Discounts = PriceAbilities.AutomaticDiscount | PriceAbilities.DiscountCode | PriceAbilities.BuyXGetY;

    [Fact]
    public void A_shop_has_price_lists_where_its_connection_says_so()
    {
        var connector = ConnectorCatalog.Standard().Of("shopify");
        ConnectionProfile With(string word) => new("c", "shopify", "C", "B", null, "EUR", "UTC", null, new Dictionary<string, string> { ["shopDomain"] = "s.example.com", ["priceLists"] = word }, new Dictionary<string, string>());
        Assert.Equal((true, true), (connector.Prices(With("yes")).HasFlag(PriceAbilities.PriceLists), connector.Feeds(With("yes")).Any(f => f.Feed == CatalogFeeds.PriceLists)));
        Assert.Equal((false, false), (connector.Prices(With("no")).HasFlag(PriceAbilities.PriceLists), connector.Feeds(With("no")).Any(f => f.Feed == CatalogFeeds.PriceLists)));
    }

    [Theory]
    [InlineData("shopify", PriceAbilities.Everywhere | PriceAbilities.CompareAt | Discounts | PriceAbilities.AmountOff | PriceAbilities.GetForLess)]
    [InlineData("square", PriceAbilities.Everywhere | PriceAbilities.Places | PriceAbilities.AutomaticDiscount | PriceAbilities.AmountOff | PriceAbilities.BuyXGetY | PriceAbilities.GetForLess)]
    [InlineData("business-central", PriceAbilities.Everywhere)]
    [InlineData("vendure", PriceAbilities.Everywhere | Discounts)]
    [InlineData("tryton", PriceAbilities.Everywhere)]
    [InlineData("poslog", PriceAbilities.None)]
    public async Task A_connector_that_says_it_can_answers_and_one_that_says_it_cannot_refuses_by_name(string kind, PriceAbilities abilities)
    {
        var connector = ConnectorCatalog.Standard().Of(kind);
        var profile = new ConnectionProfile(
            "c", kind, "C", "B", null, "EUR", "UTC", null,
            new Dictionary<string, string> { ["baseUrl"] = "http://127.0.0.1:9", ["shopDomain"] = "s.example.com", ["database"] = "d", ["user"] = "u", ["tenantId"] = "t", ["environment"] = "e", ["companyId"] = Guid.Empty.ToString(), ["clientId"] = "i" },
            new Dictionary<string, string> { ["accessToken"] = "a", ["clientSecret"] = "s", ["webhookSecret"] = "w", ["password"] = "p", ["apiKey"] = "1:k", ["signatureKey"] = "k" });
        Assert.Equal(abilities, connector.Prices(profile));
        Assert.Equal(abilities.HasFlag(PriceAbilities.Everywhere), connector.PriceBatch > 0);

        var down = new FakeVendor(_ => throw new HttpRequestException(HttpRequestError.ConnectionError));
        var client = connector.Connect(profile, down.Client(), TimeProvider.System);
        var prices = Assert.IsType<PricesAnswer.Failed>(await client.PricesAsync([new PriceSpot("1", "", "EUR")], new FakeScope(), default));
        Assert.Equal(abilities == PriceAbilities.None, prices.Why is Outcome.Refused { Code: "no-promotions" });
        var discount = Assert.IsType<DiscountAnswer.Failed>(await client.DiscountAsync(DiscountEstate.Terms(NetworkFault.Now, "1"), new FakeScope(), default));
        Assert.Equal(!abilities.HasFlag(PriceAbilities.AutomaticDiscount), discount.Why is Outcome.Refused { Code: "no-promotions" });
        (client as IDisposable)?.Dispose();
    }
}
