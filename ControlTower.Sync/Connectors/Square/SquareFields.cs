namespace ControlTower.Sync.Connectors.Square;

internal static class SquareFields
{
    public static IReadOnlyList<SettingField> All { get; } =
    [
        new("accessToken", "Access token", "Square Developer Console, Credentials. Needs to read orders, payments, items, inventory and merchant profile.", FieldKind.Secret) { Required = true },
        new("notificationUrl", "Notification URL", "The address of this connection, exactly as it stands at the webhook subscription: Square signs it along.")
        {
            Required = true, Example = "https://tower.example.com/ingress/tills/events",
        },
        new("signatureKey", "Webhook signature key", "Developer Console, Webhooks, the subscription's signature key.", FieldKind.Secret) { Required = true },
        new(SquareSettings.StorePrefix, "Stores", "One a line: Square's location id = the store as the tower and the ERP call it. A location that is not named goes by its own id.", FieldKind.Pairs)
        {
            Example = "L88917AVBK2S5 = EU-BER1",
        },
        StockPublishing.Field,
        PricePublishing.Field,
        new(SquarePayouts.Setting, "Payouts", "Whether payouts are read. The access then needs PAYOUTS_READ. No if nothing is chosen.", FieldKind.Choice)
        {
            Choices = [new("no", "No"), new("yes", "Read and reconciled")],
        },
        new(SquareSettings.Loyalty, "Loyalty number", "Where customers carry their number in the loyalty programme. Nowhere if nothing is chosen.", FieldKind.Choice)
        {
            Rare = true, Choices = [new("none", "Nowhere"), new("reference_id", "In their reference id")],
        },
        new("customAmountSku", "SKU of custom amounts", "What the books call an amount that a cashier typed in. Without one such a sale waits for a person."),
        new("previousSignatureKey", "Previous signature key", "Only while the key is being replaced: webhooks signed with either are taken.", FieldKind.Secret) { Rare = true },
        new("concurrency", "Calls at the same time", "6 if empty.", FieldKind.Number) { Rare = true },
        new("baseUrl", "Address", "Only for the sandbox: https://connect.squareupsandbox.com.", FieldKind.Address) { Rare = true, Example = "https://connect.squareupsandbox.com" },
    ];
}
