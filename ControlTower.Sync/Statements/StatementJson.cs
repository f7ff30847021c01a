using System.Text.Json.Serialization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Statements;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<StatementProblem>))]
[JsonSerializable(typeof(MoneyLine))]
internal sealed partial class StatementJson : JsonSerializerContext;
