using System.Text.Json.Serialization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>What a stored message means.</summary>
public abstract record Translation
{
    public sealed record Events(IReadOnlyList<CanonicalEvent> List) : Translation
    {
        /// <summary>What is read, as with <see cref="Fetch"/>, if nobody has heard of what they are about in the time allowed.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Missing { get; init; }
    }

    /// <summary>Understood, and of no interest to any flow.</summary>
    public sealed record Ignored(string Reason) : Translation;

    /// <summary>A thin event: the data must be read from the vendor. The answer comes back as a stored message of its own.</summary>
    public sealed record Fetch(string Resource) : Translation;

    /// <summary>The channel tells levels of its stock: hints at what is to be looked at.</summary>
    public sealed record Levels(IReadOnlyList<StockLevelTold> List) : Translation;

    /// <summary>Authentic but unusable: parked with its body and an exception case.</summary>
    public sealed record Unreadable(FailureKind Kind, string Code, string Message, string? Field = null) : Translation;
}
