using System.Text.Json;
using System.Text.Json.Serialization;

namespace ControlTower.Data.Reconciliation;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(List<PeriodFigure>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(ReconFilter))]
[JsonSerializable(typeof(MonthFilter))]
internal sealed partial class ReconJson : JsonSerializerContext;
