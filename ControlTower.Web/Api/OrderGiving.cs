using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Web.Api;

/// <summary>An order that a program states, as the tower understands it. What the checks of the flow find (totals, taxes, SKUs) is a case of the order, as with a channel's own; here is refused what is no order at all.</summary>
internal static class OrderGiving
{
    private const int MostLines = 500;
    private const long MostVersion = 9_000_000_000_000_000;
    private const int MostPieces = 1_000_000;
    private const decimal MostMoney = 1_000_000_000m;

    public static List<FieldError> Faults(OrderGiven given)
    {
        var errors = new List<FieldError>();
        Text(errors, "/id", given.Id, 120);
        Text(errors, "/name", given.Name, 120);
        if (given.Currency is not { Length: 3 } || !given.Currency.All(char.IsAsciiLetterUpper))
            errors.Add(new FieldError("/currency", "bad-currency", "Give the code of ISO 4217, such as EUR."));
        if (given.PlacedAt.Year is < 2000 or > 2200)
            errors.Add(new FieldError("/placedAt", "bad-time", "Give the moment at which it was placed, with its offset."));
        if (given.Version is < 1 or > MostVersion)
            errors.Add(new FieldError("/version", "bad-version", "Give a number from 1 to 9,000,000,000,000,000 that rises with each change, such as microseconds since 1970: channels count so, and what they say later must be higher."));
        foreach (var (pointer, amount) in (ReadOnlySpan<(string, decimal)>)[("/total", given.Total), ("/tax", given.Tax), ("/discount", given.Discount)])
            Money(errors, pointer, amount);
        if (given.Fulfilment is FulfilmentMode.ClickAndCollect or FulfilmentMode.HandedOver ? !ApiRequest.IsText(given.PickupLocation, 60) : given.PickupLocation is not null && !ApiRequest.IsText(given.PickupLocation, 60))
            errors.Add(new FieldError("/pickupLocation", "location-needed", "Name the place that serves it."));
        Lines(errors, given.Lines);
        if (given.Shipping is { } shipping)
        {
            Text(errors, "/shipping/code", shipping.Code, 60);
            Text(errors, "/shipping/title", shipping.Title, 200);
            Money(errors, "/shipping/price", shipping.Price);
            Money(errors, "/shipping/discount", shipping.Discount);
            Taxes(errors, "/shipping/taxes", shipping.Taxes);
        }

        Tenders(errors, given.Tenders ?? []);
        Person(errors, given.Buyer);
        return errors;
    }

    public static Order Order(OrderGiven given, string brand) => new(
        new OrderKey(given.Source, given.Id), given.Name, brand, given.Version, given.PlacedAt.ToUniversalTime(), given.Currency, given.TaxesIncluded,
        new OrderTotals(given.Total, given.Tax, given.Discount, given.Shipping is { } s ? s.Price - s.Discount : 0),
        [.. given.Lines.Select(l => new OrderLine(l.Id, l.Sku, l.Title, l.Quantity, l.UnitPrice, l.Discount, Taxes(l.Taxes), l.RequiresShipping))],
        given.Shipping is { } shipping ? [new ShippingLine(shipping.Code, shipping.Title, shipping.Price, shipping.Discount, Taxes(shipping.Taxes))] : [],
        given.Buyer is { } b ? new Buyer(b.Id, b.Name, b.Email, b.Phone, Address(b.BillTo), Address(b.ShipTo)) : new Buyer(null, null, null, null, null, null), given.Payment,
        [.. (given.Tenders ?? []).Select(t => new Tender(t.Id, t.Method, t.Amount, t.Kind, t.At.ToUniversalTime()))], given.Fulfilment, given.PickupLocation);

    public static BuyerGiven Told(Buyer buyer) => new(buyer.Id, buyer.Name, buyer.Email, buyer.Phone, Told(buyer.BillTo), Told(buyer.ShipTo));

    private static void Lines(List<FieldError> errors, IReadOnlyList<OrderLineGiven> lines)
    {
        if (lines.Count is 0 or > MostLines)
            errors.Add(new FieldError("/lines", "count", $"Give 1 to {MostLines} lines."));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Math.Min(lines.Count, MostLines); i++)
        {
            var at = string.Create(CultureInfo.InvariantCulture, $"/lines/{i}");
            if (lines[i] is not { } line)
            {
                errors.Add(ApiRequest.Null(at));
                continue;
            }

            Text(errors, $"{at}/id", line.Id, 60);
            if (!seen.Add(line.Id))
                errors.Add(new FieldError($"{at}/id", "given-twice", "A line of this id is there before."));
            Text(errors, $"{at}/sku", line.Sku, 100);
            Text(errors, $"{at}/title", line.Title, 300);
            if (line.Quantity is < 1 or > MostPieces)
                errors.Add(new FieldError($"{at}/quantity", "bad-quantity", $"Give a whole number from 1 to {MostPieces}."));
            Money(errors, $"{at}/unitPrice", line.UnitPrice);
            Money(errors, $"{at}/discount", line.Discount);
            Taxes(errors, $"{at}/taxes", line.Taxes);
        }
    }

    private static void Taxes(List<FieldError> errors, string at, IReadOnlyList<TaxGiven> taxes)
    {
        if (taxes.Count > 20)
            errors.Add(new FieldError(at, "count", "At most 20 taxes."));
        for (var i = 0; i < Math.Min(taxes.Count, 20); i++)
        {
            var one = string.Create(CultureInfo.InvariantCulture, $"{at}/{i}");
            if (taxes[i] is not { } tax)
            {
                errors.Add(ApiRequest.Null(one));
                continue;
            }

            Text(errors, $"{one}/title", tax.Title, 100);
            if (tax.Rate is < 0 or > 1)
                errors.Add(new FieldError($"{one}/rate", "bad-rate", "Give a fraction from 0 to 1, such as 0.19."));
            Money(errors, $"{one}/amount", tax.Amount);
        }
    }

    private static void Tenders(List<FieldError> errors, IReadOnlyList<TenderGiven> tenders)
    {
        if (tenders.Count > 50)
            errors.Add(new FieldError("/tenders", "count", "At most 50 payments."));
        for (var i = 0; i < Math.Min(tenders.Count, 50); i++)
        {
            var at = string.Create(CultureInfo.InvariantCulture, $"/tenders/{i}");
            if (tenders[i] is not { } tender)
            {
                errors.Add(ApiRequest.Null(at));
                continue;
            }

            Text(errors, $"{at}/id", tender.Id, 120);
            Text(errors, $"{at}/method", tender.Method, 60);
            Money(errors, $"{at}/amount", tender.Amount);
        }
    }

    private static void Person(List<FieldError> errors, BuyerGiven? buyer)
    {
        if (buyer is null)
            return;
        foreach (var (pointer, text) in (ReadOnlySpan<(string, string?)>)[("/buyer/id", buyer.Id), ("/buyer/name", buyer.Name), ("/buyer/email", buyer.Email), ("/buyer/phone", buyer.Phone)])
            Maybe(errors, pointer, text, 200);
        foreach (var (at, address) in (ReadOnlySpan<(string, AddressGiven?)>)[("/buyer/billTo", buyer.BillTo), ("/buyer/shipTo", buyer.ShipTo)])
        {
            if (address is null)
                continue;
            foreach (var (member, text) in (ReadOnlySpan<(string, string?)>)
                [
                    ("name", address.Name), ("line1", address.Line1), ("line2", address.Line2), ("city", address.City), ("province", address.Province), ("postalCode", address.PostalCode), ("countryCode", address.CountryCode),
                ])
            {
                Maybe(errors, $"{at}/{member}", text, 200);
            }
        }
    }

    private static void Text(List<FieldError> errors, string pointer, string text, int most)
    {
        if (!ApiRequest.IsText(text, most))
            errors.Add(new FieldError(pointer, "bad-text", $"Give 1 to {most} characters without control characters and without blanks at the ends."));
    }

    private static void Maybe(List<FieldError> errors, string pointer, string? text, int most)
    {
        if (text is not null)
            Text(errors, pointer, text, most);
    }

    private static void Money(List<FieldError> errors, string pointer, decimal amount)
    {
        if (amount is < 0 or > MostMoney || decimal.Round(amount, 4) != amount)
            errors.Add(new FieldError(pointer, "bad-amount", "Give an amount from 0 on in the order's currency, with at most four decimals."));
    }

    private static List<TaxLine> Taxes(IReadOnlyList<TaxGiven> taxes) => [.. taxes.Select(t => new TaxLine(t.Title, t.Rate, t.Amount))];

    private static PostalAddress? Address(AddressGiven? a) => a is null ? null : new PostalAddress(a.Name, a.Line1, a.Line2, a.City, a.Province, a.PostalCode, a.CountryCode);

    private static AddressGiven? Told(PostalAddress? a) => a is null ? null : new AddressGiven(a.Name, a.Line1, a.Line2, a.City, a.Province, a.PostalCode, a.CountryCode);
}
