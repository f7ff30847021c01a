using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>A document that can be read but not used; names the field and the reason. Never leaves the translator.</summary>
internal sealed class FieldFault(string code, string field, string message, FailureKind kind = FailureKind.Value) : Exception(message)
{
    public Translation.Unreadable AsTranslation() => new(kind, $"square-{code}", $"{field}: {Message}", field);
}
