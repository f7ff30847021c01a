using System.Text.Json.Serialization;

namespace ControlTower.Data.Feeds;

[JsonSerializable(typeof(Dictionary<string, decimal>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, decimal>))]
internal sealed partial class FeedJson : JsonSerializerContext;
