namespace ControlTower.Sync.Connectors.Shopify;

internal static class ShopifyFields
{
    public static IReadOnlyList<SettingField> All { get; } =
    [
        new("shopDomain", "Shop domain", "The permanent domain, not the one that customers see.") { Required = true, NamesHost = true, Example = "example.myshopify.com" },
        new("accessToken", "Admin API access token", "Shopify admin, Apps, Develop apps, API credentials. Begins with shpat_.", FieldKind.Secret) { Required = true },
        new("clientSecret", "API secret key", "On the same page. Shopify signs webhooks with it.", FieldKind.Secret) { Required = true },
        new("pointsPerSecond", "Plan", "How fast the plan refills the budget of API points. Standard if nothing is chosen.", FieldKind.Choice)
        {
            Choices = [new("100", "Standard, 100 points a second"), new("200", "Advanced, 200"), new("1000", "Plus, 1000"), new("2000", "Enterprise, 2000")],
        },
        new("notifyCustomer", "Shipment mail to the customer", "Whether Shopify tells the customer when a shipment is entered.", FieldKind.Choice)
        {
            Choices = [new("true", "Shopify sends it"), new("false", "No mail")],
        },
        new(ShopifySettings.LocationPrefix, "Locations", "One a line: the number of the shop's location = the place as the tower calls it. Stock is published for these alone.", FieldKind.Pairs)
        {
            Example = "70000001000 = EU-BER1",
        },
        StockPublishing.Field,
        PricePublishing.Field,
        new(ShopPayouts.Setting, "Payouts", "Whether payouts of Shopify Payments are read. The access then needs read_shopify_payments_payouts. No if nothing is chosen.", FieldKind.Choice)
        {
            Choices = [new("no", "No"), new("yes", "Read and reconciled")],
        },
        new(ShopPriceLists.Setting, "Price lists", "Whether promotions may set fixed prices on the shop's price lists, for markets and catalogues. No if nothing is chosen.", FieldKind.Choice)
        {
            Choices = [new("no", "No"), new("yes", "Read, and set by promotions")],
        },
        new("loyaltyMetafield", "Loyalty number", "The customers' metafield with their number in the loyalty programme, as namespace.key. Empty: the shop knows none.") { Rare = true, Example = "loyalty.number" },
        new("clientSecretPrevious", "Previous API secret key", "Only while the secret is being rotated: webhooks signed with either are taken.", FieldKind.Secret) { Rare = true },
        new("dedupeHeader", "What makes a webhook the same", "Event-Id is the same over all subscriptions, Webhook-Id over the repeats of one delivery.", FieldKind.Choice)
        {
            Rare = true, Choices = [new("Event-Id", "Event-Id"), new("Webhook-Id", "Webhook-Id")],
        },
        new("concurrency", "Calls at the same time", "8 if empty.", FieldKind.Number) { Rare = true },
        new("baseUrl", "Address", "Only if the shop is reached elsewhere than at its domain.", FieldKind.Address) { Rare = true, Example = "https://example.myshopify.com" },
    ];
}
