using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify;

/// <summary>A tax amount on a line or on shipping.</summary>
public sealed record TaxLine(string Title, decimal Rate, decimal Price);

/// <summary>The part of a discount that a line carries; <paramref name="Index"/> points into the order's discounts.</summary>
public sealed record Allocation(int Index, decimal Amount);

/// <summary>A discount as agreed. <paramref name="ValueType"/> is percentage or fixed_amount; <paramref name="Type"/> is discount_code or automatic.</summary>
public sealed record Discount(string Type, string Title, string? Code, decimal Value, string ValueType, string AllocationMethod, string TargetSelection, string TargetType);

/// <summary>
/// One line. <see cref="Quantity"/> is as ordered and only order editing raises it; <see cref="Removed"/> counts units taken out by edit, cancel or refund.
/// </summary>
public sealed record OrderLine
{
    public required long Id { get; init; }
    public required long FulfillmentLineId { get; init; }
    public required long ProductId { get; init; }
    public required long VariantId { get; init; }
    public required long InventoryItemId { get; init; }
    public required string Sku { get; init; }
    public required string Title { get; init; }
    public required string VariantTitle { get; init; }
    public required string Vendor { get; init; }
    public required int Grams { get; init; }
    public required int Quantity { get; init; }
    public required decimal Price { get; init; }
    public IReadOnlyList<Allocation> Discounts { get; init; } = [];
    public IReadOnlyList<TaxLine> Taxes { get; init; } = [];
    public int Removed { get; init; }
    public int Fulfilled { get; init; }

    public int Current => Quantity - Removed;
    public int Fulfillable => Math.Max(0, Current - Fulfilled);
    public decimal Gross => Price * Quantity;
    public decimal Discounted => Discounts.Sum(d => d.Amount);

    /// <summary>What the line costs after discounts; with tax inside where the shop's prices include it.</summary>
    public decimal Net => Gross - Discounted;

    public decimal Tax => Taxes.Sum(t => t.Price);
}

public sealed record ShippingCharge
{
    public required long Id { get; init; }
    public required string Code { get; init; }
    public required string Title { get; init; }
    public required decimal Price { get; init; }
    public IReadOnlyList<TaxLine> Taxes { get; init; } = [];
}

/// <summary>Money taken or given back. <paramref name="Kind"/> is sale or refund; the amount is always positive.</summary>
public sealed record Payment(long Id, long? ParentId, string Kind, string Gateway, decimal Amount, DateTimeOffset At);

public sealed record RefundedLine(long Id, long LineId, int Quantity, decimal Subtotal, decimal Tax, string RestockType, long? LocationId);

public sealed record Refund
{
    public required long Id { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Note { get; init; }
    public IReadOnlyList<RefundedLine> Lines { get; init; } = [];
    public decimal Shipping { get; init; }
    public decimal ShippingTax { get; init; }
    public IReadOnlyList<Payment> Payments { get; init; } = [];
}

public sealed record ParcelLine(long Id, long LineId, int Quantity);

/// <summary>A fulfillment: goods that left a location.</summary>
public sealed record Parcel
{
    public required long Id { get; init; }
    public required int Ordinal { get; init; }
    public required long LocationId { get; init; }
    public required DateTimeOffset At { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public string Status { get; init; } = "success";
    public string? Company { get; init; }
    public string? Number { get; init; }
    public string? Url { get; init; }
    public IReadOnlyList<ParcelLine> Lines { get; init; } = [];
}

public sealed record Metafield(long Id, string Namespace, string Key, string Type, string Value, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

public sealed record NoteAttribute(string Name, string Value);

/// <summary>An order of a shop, replaced as a whole by each change. Times are whole seconds, as the vendor shows them.</summary>
public sealed record ShopOrder
{
    public required long Id { get; init; }
    public required int Number { get; init; }
    public required string Name { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? CancelledAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public string? CancelReason { get; init; }
    public required Shopper Buyer { get; init; }
    public required long CustomerId { get; init; }
    public required Address Billing { get; init; }
    public required Address Shipping { get; init; }
    public required long LocationId { get; init; }
    public required long FulfillmentOrderId { get; init; }
    public string? Note { get; init; }
    public string SourceName { get; init; } = "web";
    public IReadOnlyList<string> Tags { get; init; } = [];
    public IReadOnlyList<NoteAttribute> Attributes { get; init; } = [];
    public IReadOnlyList<Discount> Discounts { get; init; } = [];
    public IReadOnlyList<OrderLine> Lines { get; init; } = [];
    public IReadOnlyList<ShippingCharge> Carriage { get; init; } = [];
    public IReadOnlyList<Payment> Payments { get; init; } = [];
    public IReadOnlyList<Refund> Refunds { get; init; } = [];
    public IReadOnlyList<Parcel> Parcels { get; init; } = [];
    public IReadOnlyList<Metafield> Metafields { get; init; } = [];
    public bool Edited { get; init; }
}
