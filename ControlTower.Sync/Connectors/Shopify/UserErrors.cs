using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>Business refusals: HTTP 200, no top-level errors, a list inside the payload.</summary>
internal static class UserErrors
{
    /// <summary>The first refusal among the mutations of an answer; null if there is none.</summary>
    public static Outcome.Refused? Of(JsonElement data, params ReadOnlySpan<string> mutations)
    {
        foreach (var mutation in mutations)
        {
            if (data.Items(mutation, "userErrors") is [var error, ..])
            {
                var message = VendorText.Plain(error.Text("message"), 500) ?? "Shopify refused without a message.";
                var field = string.Join('.', error.Items("field").Select(f => f.Text()));
                return new Outcome.Refused(Kind(message), error.Text("code") ?? $"{mutation}-refused", message, VendorText.Plain(field, 200));
            }
        }

        return null;
    }

    private static FailureKind Kind(string message)
        => message.Contains("not exist", StringComparison.OrdinalIgnoreCase) || message.Contains("not found", StringComparison.OrdinalIgnoreCase)
            || message.Contains("invalid id", StringComparison.OrdinalIgnoreCase)
            ? FailureKind.Missing
            : FailureKind.Value;
}
