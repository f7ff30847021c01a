using ControlTower.Simulator.BusinessCentral;
using ControlTower.Simulator.Shopify;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Api;

/// <summary>What a tower needs to connect to the estate: addresses, credentials, locations, first stock.</summary>
internal static class Connections
{
    private const string Publish = "publishStock";

    // Nothing here commits later than this after its caller has given up, unless a fault is told to.
    private const string MaxProcessing = "maxProcessingSeconds", Patience = "20";

    public static object Of(Estate estate, string baseUrl) => new
    {
        connections = estate.Shops.Select(s => Shop(s, estate.Cards is not null, baseUrl)).Concat(estate.Erps.Select(e => Erp(e.Company, baseUrl))).Concat(Tills(estate, baseUrl)).Concat(Cards(estate, baseUrl)),
        locations = Markets.All.SelectMany(m => m.Sites.Select((site, place) => new
        {
            id = site.Code, name = site.Name, kind = site.Kind, brand = m.Brand, region = m.Region,
            externalIds = new Dictionary<string, string> { [m.SystemId] = Ids.Gid("Location", Ids.Location(m, place)), [m.PostsTo] = site.Code },
        })).Concat(estate.Pos is not { } pos ? [] : pos.Account.Stores.Select(s => new
        {
            id = s.Code, name = s.Name, kind = "store", brand = pos.Account.Market.Brand, region = pos.Account.Market.Region, externalIds = new Dictionary<string, string> { [pos.Account.SystemId] = s.LocationId },
        })),
        stock = estate.Shops.SelectMany(s => s.Read(() => s.Stock.All.ToList()).Select(l => new
        {
            sku = s.Stock.Articles[l.InventoryItemId].Sku, location = s.Market.Sites[(int)(l.LocationId - Ids.Location(s.Market, 0))].Code, onHand = l.OnHand,
        })).Concat(estate.Pos is not { } tills ? [] : tills.Account.OpeningStock().Select(c => new { sku = c.Sku, location = c.Store, onHand = c.Quantity })),
    };

    private static IEnumerable<object> Tills(Estate estate, string baseUrl)
    {
        if (estate.Pos?.Account is not { } pos) return [];
        var settings = pos.Stores.ToDictionary(s => $"store:{s.LocationId}", s => s.Code, StringComparer.Ordinal);
        (settings["baseUrl"], settings["notificationUrl"], settings[MaxProcessing]) = ($"{baseUrl}/square/eu", $"{pos.Options.TowerUrl!.TrimEnd('/')}/ingress/{pos.SystemId}/events", Patience);
        (settings[Publish], settings["payouts"]) = ("changes", "yes");
        return
        [
            new
            {
                id = pos.SystemId, kind = "square", name = "Tills EU", brand = pos.Market.Brand, region = pos.Market.Region, currency = pos.Market.Currency, timeZone = pos.Market.TimeZone, postsTo = pos.Market.PostsTo,
                settings, secrets = new Dictionary<string, string> { ["accessToken"] = pos.AccessToken, ["signatureKey"] = pos.SignatureKey },
            },
        ];
    }

    private static IEnumerable<object> Cards(Estate estate, string baseUrl) => estate.Cards?.Account is not { } cards ? [] :
    [
        new
        {
            id = cards.SystemId, kind = "stripe", name = "Stripe EU", brand = "northlane", region = "EU", currency = Stripe.CardAccount.Currency, timeZone = "UTC", postsTo = "bc-eu",
            settings = new Dictionary<string, string> { ["baseUrl"] = $"{baseUrl}/stripe/eu", [MaxProcessing] = Patience },
            secrets = new Dictionary<string, string> { ["secretKey"] = cards.SecretKey, ["webhookSecret"] = cards.WebhookSecret },
        },
    ];

    private static object Shop(Shop shop, bool cards, string baseUrl)
    {
        var m = shop.Market;
        var settings = m.Sites.Select((site, place) => (site.Code, Place: place)).ToDictionary(s => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"location:{Ids.Location(m, s.Place)}"), s => s.Code, StringComparer.Ordinal);
        (settings["baseUrl"], settings["apiVersion"], settings["shopDomain"], settings[MaxProcessing], settings[Publish]) = ($"{baseUrl}/shopify/{m.Key}", "2026-07", m.Domain, Patience, "all");
        settings["priceLists"] = "yes";
        // Where a processor takes the cards, the shop of that market has nothing of its own to pay out.
        if (!cards || m.Key is not ("eu" or "uk")) settings["payouts"] = "yes";
        return new
        {
            id = m.SystemId, kind = "shopify", name = $"Shopify {m.Region}", brand = m.Brand, region = m.Region, currency = m.Currency, timeZone = m.TimeZone, taxesIncluded = m.TaxesIncluded, postsTo = m.PostsTo,
            settings,
            secrets = new Dictionary<string, string> { ["accessToken"] = shop.AccessToken, ["clientSecret"] = shop.ClientSecret },
        };
    }

    private static object Erp(Company company, string baseUrl) => new
    {
        id = company.SystemId, kind = "business-central", name = $"Business Central {company.Environment.ToUpperInvariant()}", currency = company.LocalCurrency, timeZone = company.Markets[0].TimeZone,
        settings = new Dictionary<string, string>(Booking(company))
        {
            ["baseUrl"] = $"{baseUrl}/bc/{company.Environment}/api/v2.0",
            ["apiUrl"] = $"{baseUrl}/bc/{company.Environment}/api/v2.0",
            ["tenantId"] = company.Environment,
            ["environment"] = company.Environment,
            ["tokenUrl"] = $"{baseUrl}/oauth/{company.Environment}/oauth2/v2.0/token",
            ["scope"] = TokenIssuer.Scope,
            ["clientId"] = company.ClientId,
            ["companyId"] = company.Id.ToString(),
            [MaxProcessing] = Patience,
        },
        secrets = new Dictionary<string, string> { ["clientSecret"] = company.ClientSecret, ["webhookSecret"] = company.WebhookSecret },
    };

    /// <summary>How the estate's master data wants orders booked: a customer per shop and place, shipping as an item, tax by the shop's rate.</summary>
    private static Dictionary<string, string> Booking(Company company)
    {
        var settings = new Dictionary<string, string> { ["shippingLineType"] = "Item", ["shippingAccount"] = "SHIPPING", ["paymentJournal"] = "WEBPAY", ["journal"] = "TOWER" };
        foreach (var (use, account) in new[] { ("bank", "1100"), ("clearing", "2900"), ("fees", "6800"), ("disputes", "6810"), ("adjustments", "6820"), ("rounding", "4950"), ("reserves", "2910"), ("exchange", "6830") }) settings[$"account:{use}"] = account;
        foreach (var market in company.Markets) settings[$"customerNumber:{market.SystemId}"] = $"WEB-{market.Key.ToUpperInvariant()}-{(company.Tax.IsSalesTax ? "{province}" : "{country}")}";
        if (company.Options.Tills > 0 && !company.Tax.IsSalesTax) settings["customerNumber:square-eu"] = "WEB-EU-DE";
        if (company.Options.Scenario is not null) settings["locations"] = "required";
        if (company.Tax.IsSalesTax) settings["salesTaxAccount"] = "2310";
        else foreach (var rate in new[] { 0, 10, 19, 20, 21, 22 }) settings[$"taxCode:{(rate / 100m).ToString("0.####", System.Globalization.CultureInfo.InvariantCulture)}"] = $"VAT{rate}";
        return settings;
    }
}
