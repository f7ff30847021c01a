namespace ControlTower.Sync.Connectors.Vendure;

internal static class VendureFields
{
    public static IReadOnlyList<SettingField> All { get; } =
    [
        new("baseUrl", "Address", "Of the server, without /admin-api.", FieldKind.Address) { Required = true, Example = "https://shop.example.com" },
        new("channelToken", "Channel token", "Settings, Channels. The default channel if empty."),
        new("apiKey", "API key", "As id:secret. Or leave it empty and enter an administrator's user name and password.", FieldKind.Secret),
        new("username", "User name", "Of an administrator for the tower alone, if there is no API key."),
        new("password", "Password", "Of that administrator.", FieldKind.Secret),
        new("webhookSecret", "Webhook secret", "The one that the shop's webhook plugin signs with. Without it the tower polls.", FieldKind.Secret),
        new("taxesIncluded", "Prices in the shop", "As the channel's setting \"prices include tax\".", FieldKind.Choice) { Choices = [new("true", "Include tax"), new("false", "Without tax")] },
        new(VendureRefunds.Settles, "Refunds that a payment method cannot pay by itself", "Cash, bank transfer and the like. A person pays and settles them if nothing is chosen.", FieldKind.Choice)
        {
            Choices = [new("false", "A person pays them out and settles them in the shop"), new("true", "Settled by the tower: they are paid out elsewhere")],
        },
        new(VendureStock.LocationPrefix, "Locations", "One a line: the id of the shop's stock location = the place as the tower calls it. Stock is published for these alone.", FieldKind.Pairs)
        {
            Example = "1 = EU-BER1",
        },
        StockPublishing.Field,
        new("previousWebhookSecret", "Previous webhook secret", "Only while the secret is being rotated: hooks signed with either are taken.", FieldKind.Secret) { Rare = true },
        new("ackField", "Custom field for the ERP number", "A text field of Order. Without one the number is a private note.") { Rare = true, Example = "erpNumber" },
        new("fulfillmentHandler", "Fulfillment handler", "The code of the handler for shipments. manual-fulfillment if empty.") { Rare = true, Example = "manual-fulfillment" },
        new("moneyPrecision", "Decimals of money", "As in the server's money strategy; 2 if nothing is chosen.", FieldKind.Choice)
        {
            Rare = true, Choices = [new("0", "0"), new("1", "1"), new("2", "2"), new("3", "3"), new("4", "4")],
        },
        new("rereadDays", "Days to read again", "How far back changes of orders are looked for.", FieldKind.Number) { Rare = true },
        new("pollSeconds", "Seconds between polls", "5 if empty.", FieldKind.Number) { Rare = true },
        new("concurrency", "Calls at the same time", "4 if empty.", FieldKind.Number) { Rare = true },
    ];
}
