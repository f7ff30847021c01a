using System.Text.Json;
using System.Text.Json.Serialization;

namespace ControlTower.Data.Canonical;

/// <summary>Canonical records as we keep them: camel case, enums by name, nulls left out, unknown members of newer releases tolerated.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(CanonicalEvent))]
[JsonSerializable(typeof(CanonicalEvent[]))]
[JsonSerializable(typeof(PromotionPlan))]
public sealed partial class CanonicalJson : JsonSerializerContext;
