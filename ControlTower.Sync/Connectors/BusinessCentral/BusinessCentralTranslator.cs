using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>Stored bytes to canonical events. Pure.</summary>
internal static class BusinessCentralTranslator
{
    /// <summary>Length of the hash at the end of a posting key, and its letters.</summary>
    private const int HashLength = 16;

    private const string HashLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static Translation Translate(StoredMessage message, ConnectionProfile profile)
    {
        try
        {
            return message.Topic switch
            {
                DocumentFeeds.Invoices => Read(message, BusinessCentralJson.Default.InvoiceDocument, d => Invoice(d, message, profile)),
                DocumentFeeds.Shipments => Read(message, BusinessCentralJson.Default.ShipmentDocument, d => Shipment(d, message)),
                NotificationSignature.Topic => Read(message, BusinessCentralJson.Default.Notifications, list => Named(list, message)),
                _ => new Translation.Ignored("No flow is interested in this topic."),
            };
        }
        catch (ArithmeticException)
        {
            return new Translation.Unreadable(FailureKind.Value, "out-of-range", "A number is out of range.");
        }
    }

    /// <summary>The key under which we posted, if this number has the form of one.</summary>
    public static PostingKey? OurKey(string? externalDocumentNumber)
    {
        var text = externalDocumentNumber?.Trim();
        return text is { Length: >= HashLength and <= 35 } && text[^HashLength..].All(c => HashLetters.Contains(c, StringComparison.Ordinal))
            && (text.Length == HashLength || text[^(HashLength + 1)] == '-')
            ? new PostingKey(text)
            : null;
    }

    private static Translation Read<T>(StoredMessage message, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, Func<T, Translation> use)
        where T : class
        => VendorJson.Read(message.Body.Span, type, out var error) is { } read
            ? use(read)
            : new Translation.Unreadable(FailureKind.Parse, "unreadable", $"The body cannot be read: {error}.");

    private static Translation Invoice(InvoiceDocument document, StoredMessage message, ConnectionProfile profile)
    {
        if (OurKey(document.ExternalDocumentNumber) is not { } key)
        {
            return new Translation.Ignored("The invoice is not of an order that the tower posted.");
        }

        if (document.Status is "Draft" or "In_x0020_Review" or "In Review")
        {
            return new Translation.Ignored("The invoice is not posted yet.");
        }

        if (document is not { Id: { Length: > 0 } id, Number: { Length: > 0 } number, LastModifiedDateTime: { } at, TotalAmountIncludingTax: { } total })
        {
            return Lacking("id, number, lastModifiedDateTime or totalAmountIncludingTax");
        }

        // A blank currency is the company's own.
        var currency = string.IsNullOrEmpty(document.CurrencyCode) ? profile.Currency : document.CurrencyCode;
        if (!Currencies.IsCode(currency))
        {
            return new Translation.Unreadable(FailureKind.Value, "no-currency", "The invoice has no currency and the connection does not name the company's.", "currencyCode");
        }

        var version = Version(at);
        var remaining = document.RemainingAmount is { } amount ? new Money(amount, currency!) : (Money?)null;
        List<CanonicalEvent> events = [];
        if (profile.Settings.GetValueOrDefault("shipmentsFrom") == "invoices")
        {
            events.Add(new ShipmentConfirmed($"{message.EventId}:shipped", null, key, version, number, Lines(document.SalesInvoiceLines), null, false, at.ToUniversalTime()));
        }

        events.Add(new InvoicePosted(message.EventId, key, version, id, number, new Money(total, currency!), remaining, at.ToUniversalTime()));
        return new Translation.Events(events);
    }

    private static Translation Shipment(ShipmentDocument document, StoredMessage message)
        => OurKey(document.ExternalDocumentNumber) is not { } key ? new Translation.Ignored("The shipment is not of an order that the tower posted.")
            : document is not { Number: { Length: > 0 } number, LastModifiedDateTime: { } at } ? Lacking("number or lastModifiedDateTime")
            : new Translation.Events([new ShipmentConfirmed(message.EventId, null, key, Version(at), number, Lines(document.SalesShipmentLines), null, false, at.ToUniversalTime())]);

    // Thin: names what changed. Many at once are read by time instead of one by one.
    private static Translation Named(Notifications notifications, StoredMessage message)
    {
        var named = (notifications.Value ?? []).OfType<Notification>().Where(n => n.ChangeType != "deleted").ToList();
        var invoices = named.Where(n => n.Resource?.Contains("/salesInvoices", StringComparison.Ordinal) == true).ToList();
        if (invoices.Count == 0)
        {
            return new Translation.Ignored("The notification names nothing that any flow is interested in.");
        }

        var ids = invoices.Select(n => IdOf(n.Resource!)).ToList();
        return ids.Count <= 20 && ids.All(id => id is not null)
            ? new Translation.Fetch($"{DocumentFeeds.Invoices}:{string.Join(',', ids.Distinct().Select(id => id!.Value.ToString("D", CultureInfo.InvariantCulture)))}")
            : new Translation.Fetch($"{DocumentFeeds.Invoices}@{OData.Time(invoices.Min(n => n.LastModifiedDateTime is { Year: > 2000 } at ? at : message.ReceivedAt) - TimeSpan.FromMinutes(10))}");
    }

    private static Guid? IdOf(string resource)
    {
        var start = resource.LastIndexOf('(');
        return start >= 0 && resource.EndsWith(')') && Guid.TryParse(resource.AsSpan(start + 1, resource.Length - start - 2), CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    private static IReadOnlyList<ShipmentLine> Lines(IReadOnlyList<DocumentLine?>? lines) =>
    [
        .. (lines ?? []).OfType<DocumentLine>()
            .Where(l => l is { LineType: "Item", Quantity: > 0, LineObjectNumber: not null })
            .GroupBy(l => VendorText.Plain(l.LineObjectNumber, 100) ?? "", StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new ShipmentLine(g.Key, decimal.ToInt32(g.Sum(l => l.Quantity!.Value)))),
    ];

    private static Translation.Unreadable Lacking(string what) => new(FailureKind.Value, "incomplete", $"The document lacks {what}.");

    private static long Version(DateTimeOffset at) => (at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
