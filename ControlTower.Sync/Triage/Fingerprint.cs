using System.Text;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Triage;

/// <summary>Names a cause: equal failures of different orders share it. Deterministic, readable, built from what the connector decided.</summary>
public static class Fingerprint
{
    public static string Of(FailureKind kind, string? target, string code, string? field) =>
        $"{Word(kind)}:{target ?? "tower"}:{code}{(field is null ? "" : $":{Shape(field)}")}";

    /// <summary>The failure kind as stored and shown in URLs: <c>rate-limit</c>, <c>unknown-outcome</c>.</summary>
    public static string Word(FailureKind kind)
    {
        var text = new StringBuilder();
        foreach (var c in kind.ToString())
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('-');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }

    // Positions differ from order to order ("lines.3.sku"), the cause does not.
    private static string Shape(string field) => new([.. field.Where(c => !char.IsAsciiDigit(c))]);
}
