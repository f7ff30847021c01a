using ControlTower.Simulator.Shopify.Webhooks;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>The shop itself, its locations, its people and its subscriptions.</summary>
internal static class OtherNodes
{
    private static readonly DateTimeOffset Opened = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);

    public static (Site Site, int Place)? Site(Shop shop, long locationId)
    {
        var place = (int)(locationId - Ids.Location(shop.Market, 0));
        return place >= 0 && place < shop.Market.Sites.Count ? (shop.Market.Sites[place], place) : null;
    }

    public static readonly NodeType<(Site Site, int Place)> Location = new("Location")
    {
        ["id"] = (x, a) => Ids.Gid("Location", Ids.Location(a.Shop.Market, x.Place)),
        ["legacyResourceId"] = (x, a) => Ids.Location(a.Shop.Market, x.Place),
        ["name"] = (x, _) => x.Site.Name,
        ["isActive"] = (_, _) => true,
        ["isFulfillmentService"] = (_, _) => false,
        ["fulfillsOnlineOrders"] = (_, _) => true,
        ["shipsInventory"] = (_, _) => true,
        ["createdAt"] = (_, _) => Opened,
        ["updatedAt"] = (_, _) => Opened,
        ["metafield"] = (x, a) => a.Arg<string>("key") == "code" ? Metafield!.Of(new Metafield(1, "estate", "code", "single_line_text_field", x.Site.Code, Opened, Opened)) : null,
        ["address"] = (x, _) => new Bag("LocationAddress")
        {
            ["address1"] = x.Site.Address.Address1, ["address2"] = x.Site.Address.Address2, ["city"] = x.Site.Address.City, ["country"] = x.Site.Address.Country,
            ["countryCode"] = x.Site.Address.CountryCode, ["province"] = x.Site.Address.Province, ["provinceCode"] = x.Site.Address.ProvinceCode, ["zip"] = x.Site.Address.Zip, ["phone"] = x.Site.Address.Phone,
        },
    };

    public static readonly NodeType<(Address Address, long Id)> Address = new("MailingAddress")
    {
        ["id"] = (x, _) => Ids.Gid("MailingAddress", x.Id) + "?model_name=Address",
        ["firstName"] = (x, _) => x.Address.FirstName,
        ["lastName"] = (x, _) => x.Address.LastName,
        ["name"] = (x, _) => x.Address.Name,
        ["company"] = (x, _) => x.Address.Company,
        ["address1"] = (x, _) => x.Address.Address1,
        ["address2"] = (x, _) => x.Address.Address2,
        ["city"] = (x, _) => x.Address.City,
        ["province"] = (x, _) => x.Address.Province,
        ["provinceCode"] = (x, _) => x.Address.ProvinceCode,
        ["zip"] = (x, _) => x.Address.Zip,
        ["country"] = (x, _) => x.Address.Country,
        ["countryCodeV2"] = (x, _) => x.Address.CountryCode,
        ["phone"] = (x, _) => x.Address.Phone,
    };

    /// <summary>A customer is read from the latest order seen; the shop keeps no other record of people.</summary>
    public static readonly NodeType<ShopOrder> Customer = new("Customer")
    {
        ["id"] = (o, _) => Ids.Gid("Customer", o.CustomerId),
        ["legacyResourceId"] = (o, _) => o.CustomerId,
        ["firstName"] = (o, _) => o.Buyer.Home.FirstName,
        ["lastName"] = (o, _) => o.Buyer.Home.LastName,
        ["displayName"] = (o, _) => o.Buyer.Home.Name,
        ["createdAt"] = (_, _) => Opened,
        ["updatedAt"] = (o, _) => o.CreatedAt,
        ["taxExempt"] = (_, _) => false,
        ["tags"] = (_, _) => Array.Empty<string>(),
        ["state"] = (o, _) => o.Buyer.Guest ? "DISABLED" : "ENABLED",
        ["email"] = (o, _) => o.Buyer.Email,
        ["defaultEmailAddress"] = (o, _) => new Bag("CustomerEmailAddress") { ["emailAddress"] = o.Buyer.Email, ["validFormat"] = true },
        ["defaultPhoneNumber"] = (o, _) => o.Buyer.Phone is { } phone ? new Bag("CustomerPhoneNumber") { ["phoneNumber"] = phone } : null,
        ["defaultAddress"] = (o, a) => Address.Of((o.Buyer.Home, Ids.Address(a.Shop.Market, o.Buyer.Number))),
    };

    public static readonly NodeType<Metafield> Metafield = new("Metafield")
    {
        ["id"] = (m, _) => Ids.Gid("Metafield", m.Id),
        ["namespace"] = (m, _) => m.Namespace,
        ["key"] = (m, _) => m.Key,
        ["type"] = (m, _) => m.Type,
        ["value"] = (m, _) => m.Value,
        ["createdAt"] = (m, _) => m.CreatedAt,
        ["updatedAt"] = (m, _) => m.UpdatedAt,
        ["compareDigest"] = (m, _) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(m.Value))),
    };

    public static readonly NodeType<Subscription> Subscription = new("WebhookSubscription")
    {
        ["id"] = (s, _) => Ids.Gid("WebhookSubscription", s.Id),
        ["legacyResourceId"] = (s, _) => s.Id,
        ["topic"] = (s, _) => Topics.Enum(s.Topic),
        ["uri"] = (s, _) => s.Uri,
        ["callbackUrl"] = (s, _) => s.Uri,
        ["format"] = (_, _) => "JSON",
        ["filter"] = (_, _) => null,
        ["name"] = (s, _) => s.Name,
        ["includeFields"] = (s, _) => s.IncludeFields,
        ["metafieldNamespaces"] = (_, _) => Array.Empty<string>(),
        ["metafields"] = (_, _) => Array.Empty<INode>(),
        ["createdAt"] = (s, _) => s.CreatedAt,
        ["updatedAt"] = (s, _) => s.UpdatedAt,
        ["apiVersion"] = (_, _) => new Bag("ApiVersion") { ["handle"] = WebhookSender.ApiVersion, ["displayName"] = WebhookSender.ApiVersion, ["supported"] = true },
    };

    public static readonly NodeType<Shop> Shop = new("Shop")
    {
        ["id"] = (s, _) => Ids.Gid("Shop", Ids.Shop(s.Market)),
        ["name"] = (s, _) => s.Market.Name,
        ["email"] = (s, _) => $"shop@{s.Market.Key}.example.com",
        ["contactEmail"] = (s, _) => $"shop@{s.Market.Key}.example.com",
        ["myshopifyDomain"] = (s, _) => s.Market.Domain,
        ["currencyCode"] = (s, _) => s.Market.Currency,
        ["ianaTimezone"] = (s, _) => s.Market.TimeZone,
        ["taxesIncluded"] = (s, _) => s.Market.TaxesIncluded,
        ["createdAt"] = (_, _) => Opened,
        ["enabledPresentmentCurrencies"] = (s, _) => new[] { s.Market.Currency },
        ["plan"] = (s, _) => new Bag("ShopPlan") { ["publicDisplayName"] = s.Market.Plan, ["shopifyPlus"] = s.Market.Plan == "Shopify Plus", ["partnerDevelopment"] = false },
    };
}
