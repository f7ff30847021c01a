namespace ControlTower.Sync.Connectors.BusinessCentral;

internal static class BusinessCentralFields
{
    public static IReadOnlyList<SettingField> All { get; } =
    [
        new("tenantId", "Directory (tenant) id", "Microsoft Entra admin centre, Overview.") { Required = true, Example = "3b0e6a52-7c1d-4b1e-9f0a-5d2c8e7f9d41" },
        new("environment", "Environment", "As in the Business Central admin centre.") { Required = true, Example = "production" },
        new("companyId", "Company id", "The id of the company, not its name: the API lists it under /companies.") { Required = true, Example = "5f1c0d7e-3a44-4a0c-8d1b-0a9b2c3d4e5f" },
        new("clientId", "Application (client) id", "The app registration that the tower signs in as. It needs D365 SALES and the API access right.") { Required = true },
        new("clientSecret", "Client secret", "App registration, Certificates and secrets: the value, not the id.", FieldKind.Secret) { Required = true },
        new("webhookSecret", "Webhook secret", "At least 24 characters that you make up. Business Central sends it back with each notification.", FieldKind.Secret) { Required = true },
        new("customerMode", "Customer of an order", "One collective customer, or one for each buyer.", FieldKind.Choice)
        {
            Choices = [new("collective", "Collective customer"), new("perBuyer", "One for each buyer")],
        },
        new("customerNumber", "Collective customer number", "{country}, {province} and {currency} are filled in. Must exist. If empty: WEB-{currency}, made if missing.") { Example = "WEB-{country}" },
        new("customerNumber:", "Customer number of a shop or country", "One a line: the shop's key or a country, =, the number.", FieldKind.Pairs) { Rare = true, Example = "shopify-eu = WEB-EU-{country}" },
        new("taxCode:", "Tax codes", "One a line: the rate as a fraction, =, the tax code. Without one the posting groups of the ERP decide.", FieldKind.Pairs) { Rare = true, Example = "0.19 = VAT19" },
        new("shippingLineType", "Shipping is booked as", "Account if nothing is chosen.", FieldKind.Choice) { Rare = true, Choices = [new("Account", "Account"), new("Item", "Item"), new("Charge", "Charge")] },
        new("shippingAccount", "Shipping number", "Of that account, item or charge. Needed as soon as a shop charges shipping.") { Rare = true },
        new("salesTaxAccount", "Sales tax account", "For shops with tax on top of their prices: their tax is a line on this account.") { Rare = true },
        new("locations", "Locations", "Whether lines name the location that ships.", FieldKind.Choice)
        {
            Rare = true, Choices = [new("match", "Where the ERP has that code"), new("required", "Always; an unknown code is refused"), new("ignore", "Never")],
        },
        new("paymentJournal", "Payment journal", "A journal for the tower alone, without a number series: foreign lines in it are removed. TOWER if empty.") { Rare = true, Example = "TOWER" },
        new("journal", "General journal", "A general journal for the tower alone, without a balancing account and a number series: foreign lines in it are removed. TOWER if empty.") { Rare = true, Example = "TOWER" },
        LedgerAccounts.Field,
        new("shipmentsFrom", "Shipments are read from", "Invoices where the app may not read posted shipments.", FieldKind.Choice)
        {
            Rare = true, Choices = [new("shipments", "Posted shipments"), new("invoices", "Posted invoices")],
        },
        new("concurrency", "Calls at the same time", "5 if empty, the vendor's limit per user.", FieldKind.Number) { Rare = true },
        new("baseUrl", "Address", "Only if the API is not at Microsoft's address.", FieldKind.Address) { Rare = true, Example = "https://api.businesscentral.dynamics.com" },
        new("apiUrl", "Whole address of the API", "Up to /api/v2.0; wins over address, tenant and environment.", FieldKind.Address) { Rare = true },
        new("tokenUrl", "Address of the token service", "Only if the app signs in elsewhere than at Microsoft Entra.", FieldKind.Address) { Rare = true },
    ];
}
