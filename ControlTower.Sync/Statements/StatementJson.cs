using System.Text.Json.Serialization;

namespace ControlTower.Sync.Statements;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<StatementProblem>))]
internal sealed partial class StatementJson : JsonSerializerContext;
