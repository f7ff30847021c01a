using ControlTower.Simulator.BusinessCentral;
using ControlTower.Simulator.Shopify;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Api;

/// <summary>What a tower needs to connect to the estate: addresses, credentials, locations, first stock.</summary>
internal static class Connections
{
    public static object Of(Estate estate, string baseUrl) => new
    {
        connections = estate.Shops.Select(s => Shop(s, baseUrl)).Concat(estate.Erps.Select(e => Erp(e.Company, baseUrl))),
        locations = Markets.All.SelectMany(m => m.Sites.Select((site, place) => new
        {
            id = site.Code, name = site.Name, kind = site.Kind, brand = m.Brand, region = m.Region,
            externalIds = new Dictionary<string, string> { [m.SystemId] = Ids.Gid("Location", Ids.Location(m, place)), [m.PostsTo] = site.Code },
        })),
        stock = estate.Shops.SelectMany(s => s.Read(() => s.Stock.All.ToList()).Select(l => new
        {
            sku = s.Stock.Articles[l.InventoryItemId].Sku, location = s.Market.Sites[(int)(l.LocationId - Ids.Location(s.Market, 0))].Code, onHand = l.OnHand,
        })),
    };

    private static object Shop(Shop shop, string baseUrl)
    {
        var m = shop.Market;
        return new
        {
            id = m.SystemId, kind = "shopify", name = $"Shopify {m.Region}", brand = m.Brand, region = m.Region, currency = m.Currency, timeZone = m.TimeZone, taxesIncluded = m.TaxesIncluded, postsTo = m.PostsTo,
            settings = new Dictionary<string, string> { ["baseUrl"] = $"{baseUrl}/shopify/{m.Key}", ["apiVersion"] = "2026-07", ["shopDomain"] = m.Domain },
            secrets = new Dictionary<string, string> { ["accessToken"] = shop.AccessToken, ["clientSecret"] = shop.ClientSecret },
        };
    }

    private static object Erp(Company company, string baseUrl) => new
    {
        id = company.SystemId, kind = "business-central", name = $"Business Central {company.Environment.ToUpperInvariant()}", currency = company.LocalCurrency,
        settings = new Dictionary<string, string>
        {
            ["baseUrl"] = $"{baseUrl}/bc/{company.Environment}/api/v2.0",
            ["tokenUrl"] = $"{baseUrl}/oauth/{company.Environment}/oauth2/v2.0/token",
            ["scope"] = TokenIssuer.Scope,
            ["clientId"] = company.ClientId,
            ["companyId"] = company.Id.ToString(),
            ["maxProcessingSeconds"] = "20",
            ["shippingItem"] = "SHIPPING",
            ["salesTaxAccount"] = "2310",
            ["paymentJournal"] = "WEBPAY",
        },
        secrets = new Dictionary<string, string> { ["clientSecret"] = company.ClientSecret },
    };
}
