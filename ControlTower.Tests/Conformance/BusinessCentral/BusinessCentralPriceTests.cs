using System.Net;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.BusinessCentral;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.BusinessCentral;

/// <summary>Promotional prices of a company's items.</summary>
public sealed class BusinessCentralPriceTests
{
    private const string One = "66666666-0000-0000-0000-000000000001";
    private const string Two = "66666666-0000-0000-0000-000000000002";
    private const string Gone = "66666666-0000-0000-0000-000000000009";

    /// <summary>Reduces the second item; the first shows already what it is to show.</summary>
    public static SetPrices Command { get; } = new(BusinessCentralWorld.Key,
        [new PriceMove(At(One), new PriceTag(12m), new PriceTag(10m), false), new PriceMove(At(Two), new PriceTag(20m), new PriceTag(15.5m), false)]);

    public static FakeVendor Vendor(string currency = "EUR") => BusinessCentralWorld.Answering(
        ("GET", "/companyInformation", $$"""{"value":[{"id":"77777777-0000-0000-0000-000000000001","displayName":"Books","currencyCode":"{{currency}}"}]}"""),
        ("GET", "/items?", $$"""{"value":[{"@odata.etag":"W/\"i-2\"","id":"{{Two}}","number":"B-2","unitPrice":20},{"@odata.etag":"W/\"i-1\"","id":"{{One}}","number":"A-1","unitPrice":10.00}]}"""),
        ("PATCH", "/items(", $$"""{"@odata.etag":"W/\"i-3\"","id":"{{Two}}","number":"B-2","unitPrice":15.5}"""));

    [Fact]
    public async Task A_price_is_written_over_the_version_that_was_read_and_what_is_done_already_is_not_written()
    {
        var vendor = Vendor();
        Assert.IsType<Outcome.Accepted>(await SendAsync(vendor, Command));
        BusinessCentralWorld.Approved(vendor);
        var write = Assert.Single(vendor.Requests, BusinessCentralWorld.IsWrite);
        Assert.EndsWith($"/items({Two})", write.Path, StringComparison.Ordinal);
        Assert.Equal(("W/\"i-2\"", """{"unitPrice":15.5}"""), (write.Headers["If-Match"], write.Body));
    }

    [Theory]
    [InlineData(Two, "", 21, SetPrices.Stale)]
    [InlineData(Gone, "", 20, "unknown-item")]
    [InlineData("B-2", "", 20, "unknown-item")]
    [InlineData(Two, "EU-BER1", 20, "no-places")]
    public async Task What_cannot_be_set_is_named_by_its_number_and_nothing_of_the_command_is_written(string item, string place, int from, string code)
    {
        var vendor = Vendor();
        var bad = new PriceMove(At(item) with { Place = place }, new PriceTag(from), new PriceTag(1m), false);
        var refused = Assert.IsType<Outcome.Refused>(await SendAsync(vendor, Command with { Moves = [Command.Moves[1], bad] }));
        Assert.Equal((code, "changes.1"), (refused.Code, refused.Field));
        Assert.DoesNotContain(vendor.Requests, BusinessCentralWorld.IsWrite);
    }

    [Fact]
    public async Task What_somebody_changed_between_look_and_write_is_looked_at_again()
    {
        var vendor = Vendor();
        vendor.Fault = (request, _) => BusinessCentralWorld.IsWrite(request) ? BusinessCentralWorld.Error(412, "Request_EntityChanged", "Another user has already changed the record.") : null;
        Assert.IsType<Outcome.NotDone>(await SendAsync(vendor, Command));
        vendor.Fault = (request, _) => BusinessCentralWorld.IsWrite(request) ? BusinessCentralWorld.Error((int)HttpStatusCode.BadRequest, "Application_DialogException", "Unit Price must not be negative.") : null;
        Assert.Equal("changes.1", Assert.IsType<Outcome.Refused>(await SendAsync(vendor, Command)).Field);
    }

    [Fact]
    public async Task Prices_are_in_the_currency_of_the_company()
    {
        var list = Assert.IsType<PricesAnswer.Prices>(await Client(Vendor("USD")).PricesAsync([At(One), At(One) with { Currency = "USD" }, At(Gone)], new FakeScope(), CancellationToken.None)).List;
        Assert.Equal([(true, null), (true, new PriceTag(10m)), (false, null)], list.Select(s => (s.IsListed, s.Own)));
        Assert.Equal(SetPrices.Stale, Assert.IsType<Outcome.Refused>(await SendAsync(Vendor("USD"), Command)).Code);
    }

    [Fact]
    public async Task A_look_up_finds_what_shows_everything_that_was_asked_for()
    {
        Assert.IsType<LookUp.Absent>(await Client(Vendor()).LookUpAsync(Command, new FakeScope(), CancellationToken.None));
        Assert.IsType<LookUp.Found>(await Client(Vendor()).LookUpAsync(Command with { Moves = [Command.Moves[0]] }, new FakeScope(), CancellationToken.None));
    }

    [Fact]
    public async Task The_estate_keeps_the_price_that_it_was_told()
    {
        await using var estate = await EstateDriver.StartAsync();
        using var http = new HttpClient();
        using var owned = (IDisposable)new BusinessCentralConnector().Connect(CatalogEstate.Profile(estate, "bc-eu", "business-central", "EUR"), http, TimeProvider.System);
        var client = (IVendorClient)owned;
        var item = (await CatalogEstate.ReadAsync(client, CatalogFeeds.AllProducts)).Variants[0];
        await PricingEstate.HoldsAsync(
            client, At(item.Id), new PriceTag(item.Prices[0].Amount), new PriceTag(9.95m),
            () => estate.FaultAsync("bc-eu", new { kind = "lost-answer", count = 1 }), () => estate.BcAsync("bc-eu", "PATCH", $"items({item.Id})", new { unitPrice = 1.25m }, "*"));
    }

    private static PriceSpot At(string item) => new(item, "", "EUR");

    private static Task<Outcome> SendAsync(FakeVendor vendor, VendorCommand command) => BusinessCentralWorld.Send(Client(vendor), command);

    private static IVendorClient Client(FakeVendor vendor) => new BusinessCentralConnector().Connect(BusinessCentralWorld.Profile, vendor.Client(), new FakeTimeProvider(NetworkFault.Now));
}
