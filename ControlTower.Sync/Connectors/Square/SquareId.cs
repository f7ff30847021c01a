namespace ControlTower.Sync.Connectors.Square;

/// <summary>Square's ids are opaque; only what can stand in an address and a lane is taken for one.</summary>
internal static class SquareId
{
    public static bool IsOne(string? text) => text is { Length: > 0 and <= 120 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
