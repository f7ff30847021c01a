namespace ControlTower.Sync.Connectors.Stripe;

/// <summary>Ids go into addresses: letters, digits and underscores alone.</summary>
internal static class StripeId
{
    public static bool IsOne(string? id) => id is { Length: > 0 and <= 100 } && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
