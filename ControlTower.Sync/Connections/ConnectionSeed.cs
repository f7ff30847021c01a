using System.Text.Json.Serialization;

namespace ControlTower.Sync.Connections;

/// <summary>Connections, locations and stock as a document: what the simulated estate offers, or a file written by a person.</summary>
public sealed record ConnectionSeed(IReadOnlyList<SeedConnection>? Connections, IReadOnlyList<SeedLocation>? Locations, IReadOnlyList<SeedStock>? Stock);

public sealed record SeedConnection(
    string Id, string Kind, string Name, string? Brand, string? Region, string? Currency, string? TimeZone, string? PostsTo,
    Dictionary<string, string>? Settings, Dictionary<string, string>? Secrets);

public sealed record SeedLocation(string Id, string Name, string Kind, string? Brand, string? Region);

public sealed record SeedStock(string Sku, string Location, int OnHand);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ConnectionSeed))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class ConnectionSeedJson : JsonSerializerContext;
