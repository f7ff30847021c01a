using System.Text.Json.Serialization;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>How the state is stored: names of enum members, nothing that is at its default.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
[JsonSerializable(typeof(OrderState))]
public sealed partial class OrderStateJson : JsonSerializerContext;
