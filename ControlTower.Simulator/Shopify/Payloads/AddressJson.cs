using System.Text.Json.Nodes;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify.Payloads;

internal static class AddressJson
{
    public static JsonObject Of(Address a) => new()
    {
        ["first_name"] = a.FirstName,
        ["address1"] = a.Address1,
        ["phone"] = a.Phone,
        ["city"] = a.City,
        ["zip"] = a.Zip,
        ["province"] = a.Province,
        ["country"] = a.Country,
        ["last_name"] = a.LastName,
        ["address2"] = a.Address2,
        ["company"] = a.Company,
        ["latitude"] = null,
        ["longitude"] = null,
        ["name"] = a.Name,
        ["country_code"] = a.CountryCode,
        ["province_code"] = a.ProvinceCode,
    };

    public static JsonObject Customer(Market market, ShopOrder order)
    {
        var buyer = order.Buyer;
        return new JsonObject
        {
            ["id"] = order.CustomerId,
            ["created_at"] = MoneyJson.Time(market, order.CreatedAt),
            ["updated_at"] = MoneyJson.Time(market, order.UpdatedAt),
            ["first_name"] = buyer.Home.FirstName,
            ["last_name"] = buyer.Home.LastName,
            ["state"] = buyer.Guest ? "disabled" : "enabled",
            ["note"] = null,
            ["verified_email"] = true,
            ["multipass_identifier"] = null,
            ["tax_exempt"] = false,
            ["email"] = buyer.Email,
            ["phone"] = buyer.Phone,
            ["currency"] = market.Currency,
            ["tags"] = "",
            ["tax_exemptions"] = new JsonArray(),
            ["admin_graphql_api_id"] = Ids.Gid("Customer", order.CustomerId),
            ["default_address"] = new JsonObject
            {
                ["id"] = Ids.Address(market, buyer.Number),
                ["customer_id"] = order.CustomerId,
                ["first_name"] = buyer.Home.FirstName,
                ["last_name"] = buyer.Home.LastName,
                ["company"] = buyer.Home.Company,
                ["address1"] = buyer.Home.Address1,
                ["address2"] = buyer.Home.Address2,
                ["city"] = buyer.Home.City,
                ["province"] = buyer.Home.Province,
                ["country"] = buyer.Home.Country,
                ["zip"] = buyer.Home.Zip,
                ["phone"] = buyer.Home.Phone,
                ["name"] = buyer.Home.Name,
                ["province_code"] = buyer.Home.ProvinceCode,
                ["country_code"] = buyer.Home.CountryCode,
                ["country_name"] = buyer.Home.Country,
                ["default"] = true,
            },
        };
    }
}
