using System.Text.Json;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// Where a feed stands; a few dozen bytes whatever the shop's size. Pages are cut by <c>orderPlacedAt</c> instead of by offset alone, so that orders placed between
/// two pages do not shift the ones not yet read.
/// </summary>
/// <param name="Mark">All orders placed before it were read in an earlier round.</param>
/// <param name="After">Within a round: orders placed at this time or later come next. Null at the start of a round.</param>
/// <param name="Skip">Orders to pass over at that time: not zero only when a whole page was placed within one millisecond.</param>
/// <param name="High">Latest order seen in this round; the next <paramref name="Mark"/>.</param>
internal sealed record VendureCursor(DateTimeOffset? Mark, DateTimeOffset? After = null, int Skip = 0, DateTimeOffset? High = null)
{
    public static VendureCursor Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return new VendureCursor(Mark: null);
        }

        try
        {
            return JsonSerializer.Deserialize(text, VendureJson.Default.VendureCursor) ?? new VendureCursor(Mark: null);
        }
        catch (JsonException)
        {
            // A cursor of another release: begin anew. What was read already is recognised by its event id.
            return new VendureCursor(Mark: null);
        }
    }

    /// <param name="last">Placement time of the last order of a full page of <paramref name="count"/>.</param>
    public VendureCursor Next(DateTimeOffset last, int count, DateTimeOffset high)
        => this with { After = last, Skip = last == After ? Skip + count : 0, High = high };

    public override string ToString() => JsonSerializer.Serialize(this, VendureJson.Default.VendureCursor);
}
