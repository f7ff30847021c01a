using System.Text.Json;
using System.Text.Json.Serialization;

namespace ControlTower.Sync.Flows;

/// <summary>What rides along with deliveries and postings.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeliveryArguments))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class DeliveryJson : JsonSerializerContext;
