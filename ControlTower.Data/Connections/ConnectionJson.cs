using System.Text.Json.Serialization;

namespace ControlTower.Data.Connections;

[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class ConnectionJson : JsonSerializerContext;
