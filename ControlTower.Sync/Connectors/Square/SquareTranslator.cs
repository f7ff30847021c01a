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
                _ => Hint(document, message.Topic, profile),
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

    private static Translation Hint(JsonElement hint, string topic, ConnectionProfile profile)
        => SquareHint.Resource(hint) is { } resource ? new Translation.Fetch(resource)
            : topic == SquareTopics.StockCount && hint.At("data") is not null ? Counts(hint, profile)
            : hint.At("data") is null ? new Translation.Unreadable(FailureKind.Parse, "square-hint", "The webhook names nothing that can be read.", "data")
            : new Translation.Ignored("The webhook names no order or refund; the polls read what it concerns.");

    /// <summary>Counts at tills are not taken over, sales move the stock: they tell what is to be compared.</summary>
    private static Translation.Levels Counts(JsonElement hint, ConnectionProfile profile) => new(
        [.. hint.Items("data", "object", "inventory_counts").Select(StockCounts.Told).OfType<(string Item, string Location, int Level)>()
            .Select(t => new StockLevelTold(t.Item, SquareSettings.Store(profile, t.Location), t.Level))]);
}
