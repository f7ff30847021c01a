using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>What a fault of a statement means to people: what happened, what it means, what to do. Codes are stable.</summary>
internal static class FaultTexts
{
    public static Problem Of(Fault fault, string shop) => fault.Code switch
    {
        "no-lines" => new(FailureKind.Value, fault.Code,
            "The order has no lines, so there is nothing to sell or to post. Add lines in the shop or cancel the order there; it goes on by itself.", "lines", shop),
        "unknown-currency" => new(FailureKind.Value, fault.Code,
            $"The order's currency '{fault.Detail}' is no ISO 4217 code, so its amounts mean nothing to the books. Correct the currency of the shop.", "currency", shop),
        "bad-quantity" => new(FailureKind.Value, fault.Code,
            $"Line {fault.Detail} has a quantity that cannot be sold. Nothing was posted. Correct the line in the shop; the order goes on by itself.", "lines.quantity", shop),
        "missing-sku" => new(FailureKind.Missing, fault.Code,
            $"Line {fault.Detail} has no SKU, so neither stock nor ERP can know the item. Give the product a SKU and edit the order in the shop.", "lines.sku", shop),
        "no-pickup-location" => new(FailureKind.Missing, fault.Code,
            "The order is to be collected but names no place. Choose the pick-up location in the shop; the order goes on by itself.", "pickupLocation", shop),
        "amount-too-large" => new(FailureKind.TooLarge, fault.Code,
            "An amount of the order has more than fifteen digits, which no book can hold. Correct the order in the shop or cancel it there.", "totals", shop),
        "negative-total" => new(FailureKind.Value, fault.Code,
            $"The order's total is {fault.Detail}, below zero. Nothing was posted. Correct the discounts in the shop; the order goes on by itself.", "totals.total", shop),
        "excess-decimals" => new(FailureKind.Value, fault.Code,
            $"The amount {fault.Detail} has more decimals than the order's currency allows, so it cannot be booked. Correct prices or rounding in the shop.", "totals", shop),
        _ => new(FailureKind.Value, fault.Code, $"The order cannot be posted: {fault.Code} {fault.Detail}. Correct it in the shop.", null, shop),
    };
}
