using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Tests.Conformance.Shopify;

/// <summary>
/// An order made from a seed whose sums are right by construction, written in both of the vendor's shapes: as it is pushed and as it is read.
/// </summary>
internal sealed record MadeOrder(
    int Seed, string Currency, bool TaxesIncluded, IReadOnlyList<MadeOrder.Line> Lines, decimal ShippingPrice, decimal ShippingDiscount, IReadOnlyList<decimal> ShippingTaxes, string Status)
{
    private static readonly string[] Codes = ["EUR", "USD", "JPY", "KWD", "GBP", "CHF"];
    private static readonly (string Title, decimal Rate)[] Taxes = [("MwSt", 0.19m), ("City tax", 0.025m), ("Reduced", 0.07m)];

    public sealed record Line(long Id, string Sku, int Quantity, decimal Price, IReadOnlyList<decimal> Discounts, IReadOnlyList<decimal> TaxAmounts);

    public long Id => 5_000_000_000_000 + Seed;

    public decimal TaxTotal => Lines.Sum(l => l.TaxAmounts.Sum()) + ShippingTaxes.Sum();

    public decimal DiscountTotal => Lines.Sum(l => l.Discounts.Sum()) + ShippingDiscount;

    public decimal Total => Lines.Sum(l => (l.Price * l.Quantity) - l.Discounts.Sum()) + ShippingPrice - ShippingDiscount + (TaxesIncluded ? 0 : TaxTotal);

    public static MadeOrder Of(int seed)
    {
        var random = new Random(seed);
        var currency = Codes[random.Next(Codes.Length)];
        var scale = Currencies.Decimals(currency) switch { 0 => 1m, 2 => 0.01m, _ => 0.001m };
        var lines = new List<Line>();
        for (var i = 0; i <= random.Next(1, 9); i++)
        {
            var (quantity, price) = (random.Next(1, 12), random.Next(1, 500_000) * scale);
            var gross = quantity * price;
            IReadOnlyList<decimal> discounts = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Coin(gross * random.Next(1, 30) / 100))];
            var net = gross - discounts.Sum();
            lines.Add(new Line((seed * 100L) + i + 1, $"SKU-{seed % 97}-{i}", quantity, price, discounts, [.. Enumerable.Range(0, random.Next(3)).Select(t => Coin(net * Taxes[t].Rate))]));
        }

        var shipping = random.Next(3) == 0 ? 0 : random.Next(1, 2000) * scale;
        var off = random.Next(4) == 0 ? Coin(shipping / 2) : 0;
        string[] states = ["paid", "pending", "authorized", "partially_refunded", "voided"];
        return new MadeOrder(seed, currency, random.Next(2) == 0, lines, shipping, off, shipping == 0 ? [] : [Coin((shipping - off) * 0.19m)], states[random.Next(states.Length)]);

        decimal Coin(decimal amount) => new Money(amount, currency).Rounded().Amount;
    }

    public string AsWebhook() => JsonSerializer.Serialize(new
    {
        id = Id,
        admin_graphql_api_id = $"gid://shopify/Order/{Id}",
        name = $"#{Seed}",
        created_at = "2026-11-23T12:59:58+01:00",
        processed_at = "2026-11-23T12:59:59+01:00",
        updated_at = "2026-11-23T13:00:00+01:00",
        cancelled_at = (string?)null,
        cancel_reason = (string?)null,
        test = false,
        taxes_included = TaxesIncluded,
        currency = Currency,
        financial_status = Status,
        fulfillment_status = (string?)null,
        email = "buyer@example.com",
        phone = (string?)null,
        total_price = Text(Total),
        total_tax = Text(TaxTotal),
        total_discounts = Text(DiscountTotal),
        total_shipping_price_set = RestSet(ShippingPrice),
        current_total_price = Text(Total),
        current_total_tax = Text(TaxTotal),
        current_total_discounts = Text(DiscountTotal),
        current_shipping_price_set = RestSet(ShippingPrice),
        total_outstanding = "0.00",
        payment_gateway_names = new[] { "shopify_payments" },
        note_attributes = new[] { new { name = "fulfilment_mode", value = "ship_from_store" }, new { name = "location", value = "EU-BER1" } },
        customer = new { id = 77L, first_name = "Ada", last_name = "Beispiel", email = "buyer@example.com" },
        billing_address = new { name = "Ada Beispiel", first_name = "Ada", last_name = "Beispiel", address1 = "Lagerweg 7", address2 = (string?)null, city = "Musterstadt", province_code = (string?)null, zip = "99998", country_code = "DE" },
        shipping_address = (object?)null,
        line_items = Lines.Select(l => new
        {
            id = l.Id,
            sku = l.Sku,
            title = $"Title {l.Sku}",
            quantity = l.Quantity,
            current_quantity = l.Quantity,
            price = Text(l.Price),
            requires_shipping = true,
            tax_lines = l.TaxAmounts.Select((t, i) => new { title = Taxes[i].Title, rate = Taxes[i].Rate, price = Text(t), price_set = RestSet(t) }),
            discount_allocations = l.Discounts.Select(d => new { amount = Text(d), amount_set = RestSet(d), discount_application_index = 0 }),
        }),
        shipping_lines = new[]
        {
            new
            {
                code = "STANDARD",
                title = "Standard",
                source = "shopify",
                is_removed = false,
                price = Text(ShippingPrice),
                tax_lines = ShippingTaxes.Select(t => new { title = "MwSt", rate = 0.19m, price = Text(t) }),
                discount_allocations = ShippingDiscount == 0 ? [] : new[] { new { amount = Text(ShippingDiscount) } },
            },
        },
        refunds = Array.Empty<object>(),
        fulfillments = Array.Empty<object>(),
    });

    public string AsGraph() => JsonSerializer.Serialize(new
    {
        id = $"gid://shopify/Order/{Id}",
        name = $"#{Seed}",
        createdAt = "2026-11-23T11:59:58Z",
        processedAt = "2026-11-23T11:59:59Z",
        updatedAt = "2026-11-23T12:00:00Z",
        cancelledAt = (string?)null,
        cancelReason = (string?)null,
        test = false,
        taxesIncluded = TaxesIncluded,
        currencyCode = Currency,
        displayFinancialStatus = Status.ToUpperInvariant(),
        displayFulfillmentStatus = "UNFULFILLED",
        email = "buyer@example.com",
        phone = (string?)null,
        totalPriceSet = Bag(Total),
        totalTaxSet = Bag(TaxTotal),
        totalDiscountsSet = Bag(DiscountTotal),
        totalShippingPriceSet = Bag(ShippingPrice),
        currentTotalPriceSet = Bag(Total),
        currentTotalTaxSet = Bag(TaxTotal),
        currentTotalDiscountsSet = Bag(DiscountTotal),
        currentShippingPriceSet = Bag(ShippingPrice),
        totalOutstandingSet = Bag(0),
        paymentGatewayNames = new[] { "shopify_payments" },
        customAttributes = new[] { new { key = "fulfilment_mode", value = "ship_from_store" }, new { key = "location", value = "EU-BER1" } },
        customer = new { id = "gid://shopify/Customer/77", firstName = "Ada", lastName = "Beispiel" },
        billingAddress = new { name = "Ada Beispiel", firstName = "Ada", lastName = "Beispiel", address1 = "Lagerweg 7", address2 = (string?)null, city = "Musterstadt", provinceCode = (string?)null, zip = "99998", countryCodeV2 = "DE" },
        shippingAddress = (object?)null,
        lineItems = new
        {
            pageInfo = new { hasNextPage = false, endCursor = "x" },
            nodes = Lines.Select(l => new
            {
                id = $"gid://shopify/LineItem/{l.Id}",
                sku = l.Sku,
                title = $"Title {l.Sku}",
                quantity = l.Quantity,
                currentQuantity = l.Quantity,
                requiresShipping = true,
                originalUnitPriceSet = Bag(l.Price),
                taxLines = l.TaxAmounts.Select((t, i) => new { title = Taxes[i].Title, rate = Taxes[i].Rate, priceSet = Bag(t) }),
                discountAllocations = l.Discounts.Select(d => new { allocatedAmountSet = Bag(d) }),
            }),
        },
        shippingLines = new
        {
            nodes = new[]
            {
                new
                {
                    code = "STANDARD",
                    title = "Standard",
                    source = "shopify",
                    deliveryCategory = (string?)null,
                    isRemoved = false,
                    originalPriceSet = Bag(ShippingPrice),
                    taxLines = ShippingTaxes.Select(t => new { title = "MwSt", rate = 0.19m, priceSet = Bag(t) }),
                    discountAllocations = ShippingDiscount == 0 ? [] : new[] { new { allocatedAmountSet = Bag(ShippingDiscount) } },
                },
            },
        },
        refunds = Array.Empty<object>(),
        fulfillments = Array.Empty<object>(),
    });

    private object RestSet(decimal amount) => new { shop_money = new { amount = Text(amount), currency_code = Currency }, presentment_money = new { amount = "1.00", currency_code = "XTS" } };

    private object Bag(decimal amount) => new { shopMoney = new { amount = Text(amount), currencyCode = Currency } };

    private static string Text(decimal amount) => amount.ToString(CultureInfo.InvariantCulture);
}
