using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Flows;

namespace ControlTower.Data.Audit;

/// <summary>Which entries of the trail a person wants to see. Members are joined with and.</summary>
public sealed record AuditFilter
{
    /// <summary>Whose acts; null for everybody's.</summary>
    public Guid? Person { get; init; }

    /// <summary>Only what nobody did who has an account: the tower itself, and strangers at the door.</summary>
    public bool Nobody { get; init; }

    /// <summary>One act, as stored.</summary>
    public string? Action { get; init; }

    /// <summary><c>done</c>, <c>refused</c> or <c>failed</c>.</summary>
    public string? Outcome { get; init; }

    /// <summary>What it was about: a subject as stored, an order by any of its ids, a case, a batch, a connection.</summary>
    public OrderSearchText Subject { get; init; } = OrderSearchText.None;

    /// <summary>Words of the reason, all of them; the last may be a beginning.</summary>
    public string Words { get; init; } = "";

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? Before { get; init; }

    /// <summary>No entry after this one: the trail as it was then.</summary>
    public long? UpTo { get; init; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(AuditFilter))]
public sealed partial class AuditFilterJson : JsonSerializerContext;
