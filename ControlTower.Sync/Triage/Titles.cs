using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Triage;

/// <summary>The one line by which a cause is known in lists: no ids, no names, the same for every order that fails alike.</summary>
public static class Titles
{
    public static string Of(FailureKind kind, string code, string? system)
    {
        var what = Words(code);
        return kind switch
        {
            FailureKind.UnknownOutcome => $"Outcome unknown at {system ?? "the target"}",
            FailureKind.Connection => $"{system ?? "The target"} cannot be reached: {what}",
            _ => system is null ? Capital(what) : $"{Capital(what)}, {system}",
        };
    }

    // Codes of our own read as words already; vendors' codes are kept as they are, for search.
    private static string Words(string code) => code.Contains('_', StringComparison.Ordinal) || code.Any(char.IsUpper) ? code : code.Replace('-', ' ');

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
