using ControlTower.Simulator.Scenarios;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>The master data a company starts with: items of its brands, one customer per shop and country, accounts, taxes, terms, locations, journals.</summary>
internal static class SetUp
{
    public static void Fill(Company company, Secrets secrets)
    {
        var tables = company.Tables;
        Guid Id(string purpose) => secrets.Id(company.SystemId, purpose);

        foreach (var (code, name) in company.Tax.Areas) tables.Seed("taxAreas", Id("area" + code), ("code", code), ("displayName", name), ("taxType", company.Tax.IsSalesTax ? "Sales_x0020_Tax" : "VAT"));
        foreach (var (code, name) in company.Tax.Groups.Where(g => !DeskScenario.Lacks(company.Options, g.Code))) tables.Seed("taxGroups", Id("group" + code), ("code", code), ("displayName", name), ("taxType", company.Tax.IsSalesTax ? "Sales_x0020_Tax" : "VAT"));
        foreach (var (code, decimals) in company.Markets.Select(m => (m.Currency, m.Decimals)).Distinct())
        {
            if (code != company.LocalCurrency) tables.Seed("currencies", Id("currency" + code), ("code", code), ("displayName", code), ("amountDecimalPlaces", decimals == 0 ? "0:0" : "2:2"), ("amountRoundingPrecision", decimals == 0 ? 1m : 0.01m));
        }

        foreach (var site in company.Markets.SelectMany(m => m.Sites))
        {
            tables.Seed("locations", Id("location" + site.Code), ("code", DeskScenario.InErp(company.Options, site.Code)), ("displayName", site.Name), ("addressLine1", site.Address.Address1), ("city", site.Address.City), ("postalCode", site.Address.Zip), ("country", site.Address.CountryCode));
        }

        tables.Seed("unitsOfMeasure", Id("pcs"), ("code", "PCS"), ("displayName", "Piece"), ("internationalStandardCode", "EA"));
        tables.Seed("paymentTerms", Id("prepaid"), ("code", "PREPAID"), ("displayName", "Paid in advance"), ("dueDateCalculation", "0D"));
        tables.Seed("paymentTerms", Id("14d"), ("code", "14 DAYS"), ("displayName", "Net 14 days"), ("dueDateCalculation", "14D"));
        tables.Seed("paymentMethods", Id("card"), ("code", "CARD"), ("displayName", "Card payment"));
        tables.Seed("shipmentMethods", Id("std"), ("code", "STANDARD"), ("displayName", "Standard parcel"));
        tables.Seed("shipmentMethods", Id("exp"), ("code", "EXPRESS"), ("displayName", "Express parcel"));
        Accounts(tables, Id);
        tables.Seed("journals", Id("general"), ("code", "WEBPAY"), ("displayName", "Web shop payments"), ("templateDisplayName", "GENERAL"), ("balancingAccountId", Id("2900")), ("balancingAccountNumber", "2900"));
        tables.Seed("journals", Id("payouts"), ("code", "TOWER"), ("displayName", "Payouts"), ("templateDisplayName", "GENERAL"));
        tables.Seed("customerPaymentJournals", Id("cashrcpt"), ("code", "WEBPAY"), ("displayName", "Web shop payments"), ("balancingAccountId", Id("2900")), ("balancingAccountNumber", "2900"));
        Items(company, Id);
        Customers(company, Id);
    }

    private static void Accounts(Tables tables, Func<string, Guid> id)
    {
        foreach (var (number, name, category) in new[]
        {
            ("1100", "Bank", "Assets"), ("1300", "Customers", "Assets"), ("2300", "Value added tax", "Liabilities"), ("2310", "Sales tax collected", "Liabilities"), ("2900", "Payment provider clearing", "Assets"),
            ("4100", "Sales", "Income"), ("4900", "Shipping income", "Income"), ("4950", "Rounding differences", "Income"),
            ("2910", "Reserves of the payment provider", "Assets"), ("6800", "Payment fees", "Expense"), ("6810", "Chargebacks", "Expense"), ("6820", "Adjustments of payouts", "Expense"), ("6830", "Exchange differences", "Expense"),
        })
        {
            tables.Seed("accounts", id(number), ("number", number), ("displayName", name), ("category", category), ("accountType", "Posting"), ("directPosting", true));
        }
    }

    private static void Items(Company company, Func<string, Guid> id)
    {
        foreach (var market in company.Markets.DistinctBy(m => m.Brand))
        {
            foreach (var article in Traffic.Range.Of(market.Brand).Where(a => !a.Ghost))
            {
                company.Tables.Seed("items", id("item" + article.Sku), ("number", article.Sku), ("displayName", $"{article.Style.Title} {article.VariantTitle}"), ("type", "Inventory"), ("gtin", article.Gtin),
                    ("inventory", (decimal)company.Markets.Where(m => m.Brand == market.Brand).Sum(m => 6000)), ("unitPrice", Traffic.Range.Price(article.Style, company.LocalCurrency)),
                    ("priceIncludesTax", !company.Tax.IsSalesTax), ("unitCost", Cost(company, article)),
                    ("taxGroupId", id("group" + company.Tax.DefaultGroup)), ("taxGroupCode", company.Tax.DefaultGroup), ("baseUnitOfMeasureId", id("pcs")), ("baseUnitOfMeasureCode", "PCS"));
            }
        }

        company.Tables.Seed("items", id("itemSHIPPING"), ("number", "SHIPPING"), ("displayName", "Shipping and handling"), ("type", "Service"),
            ("taxGroupId", id("group" + company.Tax.DefaultGroup)), ("taxGroupCode", company.Tax.DefaultGroup), ("baseUnitOfMeasureId", id("pcs")), ("baseUnitOfMeasureCode", "PCS"));
    }

    /// <summary>What a piece costs the company in its own currency: 35 to 60 per cent of what it earns by it, by style.</summary>
    private static decimal Cost(Company company, Article article)
    {
        const decimal TaxInPrices = 0.2m;
        var net = Traffic.Range.Price(article.Style, company.LocalCurrency) / (company.Tax.IsSalesTax ? 1 : 1 + TaxInPrices);
        return Math.Round(net * (0.35m + (0.05m * (article.StyleOrdinal % 6))), 2, MidpointRounding.AwayFromZero);
    }

    private static void Customers(Company company, Func<string, Guid> id)
    {
        foreach (var market in company.Markets)
        {
            var places = company.Tax.IsSalesTax ? company.Tax.Areas.Select(a => a.Code) : market.Countries.Distinct();
            foreach (var place in places)
            {
                var area = company.Tax.IsSalesTax ? place : place switch { "DE" => "DOMESTIC", "GB" => "UK", "JP" => "JP", var country => "EU-" + country };
                // Sales tax comes from the shop as a line of its own on account 2310, so the web customers are not liable in the ERP.
                company.Tables.Seed("customers", id($"customer{market.Key}{place}"), ("number", $"WEB-{market.Key.ToUpperInvariant()}-{place}"), ("displayName", $"{market.Name} web customers {place}"),
                    ("type", "Person"), ("country", company.Tax.IsSalesTax ? "US" : place), ("taxLiable", false), ("taxAreaId", id("area" + area)), ("taxAreaDisplayName", company.Tax.Areas.First(a => a.Code == area).Name),
                    ("currencyCode", market.Currency), ("currencyId", market.Currency == company.LocalCurrency ? Guid.Empty : id("currency" + market.Currency)), ("paymentTermsId", id("prepaid")), ("paymentMethodId", id("card")));
            }
        }
    }
}
