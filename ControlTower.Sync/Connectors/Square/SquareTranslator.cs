using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>Stored bytes to canonical events. Pure.</summary>
internal static class SquareTranslator
{
    public static Translation Translate(StoredMessage message, ConnectionProfile profile)
    {
        if (message.Topic is not (SquareTopics.ReadOrder or SquareTopics.ReadRefund or SquareTopics.Unreadable) && !SquareTopics.Wanted.Contains(message.Topic))
        {
            return new Translation.Ignored("No flow is interested in this topic.");
        }

        if (JsonReading.Parse(message.Body) is not { ValueKind: JsonValueKind.Object } document)
        {
            return new Translation.Unreadable(FailureKind.Parse, "square-unreadable", "The body is not one readable JSON object.");
        }

        try
        {
            return message.Topic switch
            {
                SquareTopics.ReadOrder => OrderReading.Of(document, message, profile),
                SquareTopics.ReadRefund => RefundReading.Of(document, profile),
                _ => Hint(document, message.Topic),
            };
        }
        catch (FieldFault fault)
        {
            return fault.AsTranslation();
        }
        catch (ArithmeticException)
        {
            return new Translation.Unreadable(FailureKind.Value, "square-amount", "A sum of the amounts is out of range.");
        }
    }

    private static Translation Hint(JsonElement hint, string topic)
        => SquareHint.Resource(hint) is { } resource ? new Translation.Fetch(resource)
            : topic == SquareTopics.StockCount && hint.At("data") is not null ? new Translation.Ignored("Counts at tills are not taken over; sales move the stock.")
            : hint.At("data") is null ? new Translation.Unreadable(FailureKind.Parse, "square-hint", "The webhook names nothing that can be read.", "data")
            : new Translation.Ignored("The webhook names no order or refund; the polls read what it concerns.");
}
