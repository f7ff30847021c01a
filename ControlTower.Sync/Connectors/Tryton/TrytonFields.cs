namespace ControlTower.Sync.Connectors.Tryton;

internal static class TrytonFields
{
    public static IReadOnlyList<SettingField> All { get; } =
    [
        new("baseUrl", "Address", "Of the Tryton server, without the database.", FieldKind.Address) { Required = true, Example = "https://erp.example.com" },
        new("database", "Database", "As in the sign-in of Tryton.") { Required = true, Example = "tryton" },
        new("user", "User", "A user for the tower alone. It may work with sales, parties, invoices and shipments.") { Required = true, Example = "tower" },
        new("password", "Password", "Of that user.", FieldKind.Secret) { Required = true },
        new("partyMode", "Customer of an order", "One party for each buyer, or one for all.", FieldKind.Choice) { Choices = [new("buyer", "One for each buyer"), new("collective", "One for all")] },
        new("party", "Party code", "Of the party that buys everything, if there is one for all."),
        new("warehouse", "Warehouse code", "For orders without a known location; the first warehouse if empty."),
        new("webShop", "Web shop", "Its name; the first if empty.") { Rare = true },
        new("paymentTerm", "Payment term", "Its name; the first if empty.") { Rare = true },
        new("paymentMethod", "Payment method", "Its name; the first if empty.") { Rare = true },
        new("taxNames", "Tax names", "Where several taxes share a rate: rate=name, separated by semicolons.") { Rare = true, Example = "20=VAT 20%;5.5=VAT 5.5%" },
        new("roundingLine", "Rounding line", "A line for the cents by which the shop and the ERP round differently.", FieldKind.Choice) { Rare = true, Choices = [new("true", "Add it"), new("false", "Never")] },
        new("forceAssign", "Shipments without stock", "Whether goods are assigned although the ERP counts none.", FieldKind.Choice) { Rare = true, Choices = [new("true", "Assign by force"), new("false", "Wait for stock")] },
        new("pollSeconds", "Seconds between polls", "30 if empty.", FieldKind.Number) { Rare = true },
        new("concurrency", "Calls at the same time", "2 if empty.", FieldKind.Number) { Rare = true },
    ];
}
