namespace ControlTower.Data.Ownership;

/// <param name="Id">As rules and the log have it.</param>
/// <param name="Personal">Values are never put down in the log.</param>
public sealed record OwnershipField(string Id, string Words, bool Personal = false);

/// <param name="Pace">How soon a write arrives, for a person.</param>
public sealed record OwnershipDomain(string Id, string Words, string Pace, IReadOnlyList<OwnershipField> Fields);

/// <summary>The domains whose writes are guarded, each with its fields: the one list of them.</summary>
public static class OwnershipDomains
{
    public const string Product = "product", Price = "price", Inventory = "inventory", Customer = "customer", Order = "order", Return = "return", Financial = "financial";

    /// <summary>The field of <see cref="Price"/> for reductions that a channel takes off at its checkout.</summary>
    public const string Offer = "offer";

    public static IReadOnlyList<OwnershipDomain> All { get; } =
    [
        new(Product, "Product", "as catalogues are read", [new("title", "Title"), new("barcode", "Barcode"), new("active", "Sold or not")]),
        new(Price, "Price and promotion", "as catalogues are read", [new("price", "Price"), new("compare-at", "Compare-at price"), new(Offer, "Offer at the checkout")]),
        new(Inventory, "Inventory", "events, seconds", [new("level", "Level"), new("supply", "Supply on its way")]),
        new(Customer, "Customer", "as customers are read", [new("email", "E-mail", true), new("phone", "Phone", true), new("name", "Name", true), new("loyalty", "Loyalty number", true)]),
        new(Order, "Order", "seconds", [new("contents", "Contents"), new("cancellation", "Cancellation"), new("shipment", "Shipment")]),
        new(Return, "Return", "seconds", [new("request", "Request"), new("approval", "Approval or refusal"), new("receipt", "Receipt and inspection"), new("refund", "Refund"), new("closing", "Closing")]),
        new(Financial, "Financial", "never guessed", [new("invoice", "Invoice"), new("refund", "Refund")]),
    ];

    public static OwnershipDomain? Find(string id) => All.FirstOrDefault(domain => domain.Id == id);

    public static OwnershipField? Find(string domain, string field) => Find(domain)?.Fields.FirstOrDefault(one => one.Id == field);
}
