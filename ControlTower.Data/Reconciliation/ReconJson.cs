using System.Text.Json;
using System.Text.Json.Serialization;

namespace ControlTower.Data.Reconciliation;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(List<PeriodFigure>))]
internal sealed partial class ReconJson : JsonSerializerContext;
