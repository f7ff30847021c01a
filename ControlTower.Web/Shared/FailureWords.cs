using ControlTower.Data.Canonical;

namespace ControlTower.Web.Shared;

/// <summary>Failure kinds as stored (<c>rate-limit</c>) and as the code knows them.</summary>
public static class FailureWords
{
    /// <summary>A word that this version does not know is an unknown outcome: nobody should be told that all is clear.</summary>
    public static FailureKind Kind(string stored) =>
        Enum.TryParse<FailureKind>(stored.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var kind) && !int.TryParse(stored, out _) ? kind : FailureKind.UnknownOutcome;
}
