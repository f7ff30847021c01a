using System.Text.Json;
using System.Text.Json.Serialization;

namespace ControlTower.Data.Triage;

/// <summary>A filter as it is kept with what was asked for: complete, so that it means the same whenever it is read.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(CaseFilter))]
public sealed partial class CaseFilterJson : JsonSerializerContext;
