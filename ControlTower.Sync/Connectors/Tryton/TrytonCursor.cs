using System.Text.Json;
using System.Text.Json.Serialization;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>Where a feed stands. A round reads what changed since <paramref name="Mark"/>, by id, page after page.</summary>
/// <param name="Mark">Latest change of the rounds before.</param>
/// <param name="From">Start of the round under way; null between rounds.</param>
/// <param name="AfterId">Within a round: ids above it come next.</param>
/// <param name="High">Latest change seen in this round.</param>
internal sealed record TrytonCursor(DateTimeOffset? Mark, DateTimeOffset? From = null, long AfterId = 0, DateTimeOffset? High = null)
{
    public static TrytonCursor Parse(string? text)
    {
        try
        {
            return string.IsNullOrEmpty(text) ? new TrytonCursor(Mark: null) : JsonSerializer.Deserialize(text, TrytonCursorJson.Default.TrytonCursor) ?? new TrytonCursor(Mark: null);
        }
        catch (JsonException)
        {
            return new TrytonCursor(Mark: null);
        }
    }

    public override string ToString() => JsonSerializer.Serialize(this, TrytonCursorJson.Default.TrytonCursor);
}

[JsonSerializable(typeof(TrytonCursor))]
internal sealed partial class TrytonCursorJson : JsonSerializerContext;
