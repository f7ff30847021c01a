using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>Stored records of Tryton in, canonical events out, addressed by the key under which we posted the sale.</summary>
internal static class TrytonTranslator
{
    public const string InvoiceTopic = "invoice";
    public const string ShipmentTopic = "shipment";

    public static readonly string[] InvoiceFields =
    [
        "number", "state", "type", "total_amount", "amount_to_pay", "currency.code", "sales.web_id", "write_date", "create_date",
    ];

    public static readonly string[] ShipmentFields =
    [
        "number", "state", "outgoing_moves.quantity", "outgoing_moves.state", "outgoing_moves.product.code", "outgoing_moves.sale.web_id",
        "outgoing_moves.sale.shipment_state", "write_date", "create_date",
    ];

    public static Translation Translate(StoredMessage message)
    {
        try
        {
            using var parsed = JsonDocument.Parse(message.Body, new JsonDocumentOptions { MaxDepth = 16 });
            return message.Topic switch
            {
                InvoiceTopic => Invoice(parsed.RootElement),
                ShipmentTopic => Shipment(parsed.RootElement),
                _ => new Translation.Ignored("Not a topic of Tryton's."),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            return new Translation.Unreadable(FailureKind.Parse, "tryton-record", "The record is not readable as JSON.");
        }
    }

    /// <summary>The key of the first sale that the record is about; null if it is about none of ours.</summary>
    public static string? WebId(string topic, JsonElement row) => topic == InvoiceTopic
        ? TrytonValue.Items(row, "sales.").Select(s => TrytonValue.Text(s, "web_id")).FirstOrDefault(IsKey)
        : TrytonValue.Items(row, "outgoing_moves.").Select(Sale).OfType<JsonElement>().Select(s => TrytonValue.Text(s, "web_id")).FirstOrDefault(IsKey);

    private static Translation Invoice(JsonElement row)
    {
        if (WebId(InvoiceTopic, row) is not { } key)
        {
            return new Translation.Ignored("It belongs to no sale of ours.");
        }

        if (TrytonValue.Text(row, "state") is not ("posted" or "paid"))
        {
            return new Translation.Ignored("It is not posted yet.");
        }

        var currency = TrytonValue.Member(row, "currency.") is { } given ? TrytonValue.Text(given, "code") : null;
        if (TrytonValue.Id(row) is not { } id || TrytonValue.Text(row, "number") is not { } number || !Currencies.IsCode(currency)
            || TrytonValue.Number(row, "total_amount") is not { } total || Changed(row) is not { } at)
        {
            return new Translation.Unreadable(FailureKind.Value, "tryton-invoice", "The invoice lacks its number, currency, total or date.");
        }

        if (total < 0m)
        {
            return new Translation.Ignored("It is a credit note, whose posting tells of it.");
        }

        var remaining = TrytonValue.Number(row, "amount_to_pay");
        return new Translation.Events([new InvoicePosted(
            string.Create(CultureInfo.InvariantCulture, $"invoice:{id}:{remaining}"), new PostingKey(key), Version(at), id.ToString(CultureInfo.InvariantCulture), number,
            new Money(total, currency!), remaining is { } left ? new Money(left, currency!) : null, at)]);
    }

    private static Translation Shipment(JsonElement row)
    {
        if (WebId(ShipmentTopic, row) is not { } key)
        {
            return new Translation.Ignored("It belongs to no sale of ours.");
        }

        if (TrytonValue.Id(row) is not { } id || Changed(row) is not { } at)
        {
            return new Translation.Unreadable(FailureKind.Value, "tryton-shipment", "The shipment lacks its id or date.");
        }

        var moves = TrytonValue.Items(row, "outgoing_moves.")
            .Where(m => TrytonValue.Text(m, "state") == "done" && Sale(m) is { } sale && TrytonValue.Text(sale, "web_id") == key).ToList();
        var lines = moves
            .Select(m => (Sku: TrytonValue.Member(m, "product.") is { } product ? TrytonValue.Text(product, "code") : null, Quantity: TrytonValue.Number(m, "quantity") ?? 0m))
            .ToList();
        if (lines.Count == 0)
        {
            return new Translation.Ignored("Nothing of it has left.");
        }

        if (lines.Any(l => string.IsNullOrEmpty(l.Sku) || l.Quantity != decimal.Truncate(l.Quantity) || l.Quantity is < 0 or > 1_000_000))
        {
            return new Translation.Unreadable(FailureKind.Value, "tryton-shipment", "A move lacks its product code, or its quantity is no whole number.", "outgoing_moves");
        }

        var complete = moves.All(m => Sale(m) is { } sale && TrytonValue.Text(sale, "shipment_state") == "sent");
        return new Translation.Events([new ShipmentConfirmed(
            string.Create(CultureInfo.InvariantCulture, $"shipment:{id}{(complete ? ":complete" : string.Empty)}"), null, new PostingKey(key), Version(at),
            TrytonValue.Text(row, "number") ?? id.ToString(CultureInfo.InvariantCulture),
            [.. lines.GroupBy(l => l.Sku!, StringComparer.Ordinal).Select(g => new ShipmentLine(g.Key, (int)g.Sum(l => l.Quantity)))], null, complete, at)]);
    }

    private static JsonElement? Sale(JsonElement move) => TrytonValue.Member(move, "sale.");

    private static bool IsKey(string? webId) => webId is { Length: > 0 and <= 35 };

    private static DateTimeOffset? Changed(JsonElement row) => TrytonValue.Time(row, "write_date") ?? TrytonValue.Time(row, "create_date");

    // Tryton keeps microseconds, and a change always moves them.
    private static long Version(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
