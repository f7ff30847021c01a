using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.BusinessCentral;
using Xunit;

namespace ControlTower.Tests.Conformance.BusinessCentral;

/// <summary>Items and customers of a company.</summary>
public sealed class BusinessCentralMasterTests
{
    [Theory]
    [InlineData("bc-eu", "EUR", true)]
    [InlineData("bc-us", "USD", false)]
    public async Task The_estate_tells_its_goods_with_their_price_and_tax_and_what_changed_since(string id, string currency, bool taxed)
    {
        await using var estate = await EstateDriver.StartAsync();
        var company = estate.App.Estate.Erps.Single(e => e.Company.SystemId == id).Company;
        using var http = new HttpClient();
        using var client = (IDisposable)new BusinessCentralConnector().Connect(CatalogEstate.Profile(estate, id, "business-central", currency), http, TimeProvider.System);
        var all = (await CatalogEstate.ReadAsync((IVendorClient)client, CatalogFeeds.AllProducts)).Variants;
        var articles = company.Markets.Select(m => m.Brand).Distinct().SelectMany(Simulator.Traffic.Range.Of).Where(a => !a.Ghost).ToList();
        Assert.Equal(articles.Select(a => a.Sku).Order(StringComparer.Ordinal), all.Select(v => v.Sku!).Order(StringComparer.Ordinal));
        var one = all.Single(v => v.Sku == articles[0].Sku);
        Assert.Equal((articles[0].Gtin, Simulator.Traffic.Range.Price(articles[0].Style, currency), currency, taxed, true), (one.Barcode, one.Prices[0].Amount, one.Prices[0].Currency, one.Prices[0].TaxIncluded!.Value, one.Active));
        Assert.All(all, v => Assert.InRange(v.Cost!.Value / (v.Prices[0].Amount / (taxed ? 1.19m : 1)), 0.34m, 0.61m));
        Assert.NotEmpty((await CatalogEstate.ReadAsync((IVendorClient)client, CatalogFeeds.AllCustomers)).Customers);

        Assert.Empty((await CatalogEstate.ReadAsync((IVendorClient)client, CatalogFeeds.Products)).Variants);
        var (status, _, _) = await estate.BcAsync(id, "PATCH", $"items({one.Id})", new { unitPrice = 1.25m, blocked = true }, "*");
        Assert.Equal(200, status);
        var changed = Assert.Single((await CatalogEstate.ReadAsync((IVendorClient)client, CatalogFeeds.Products)).Variants);
        Assert.Equal((one.Id, 1.25m, false), (changed.Id, changed.Prices[0].Amount, changed.Active));
    }
}
