using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Simulator.Faults;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Api;

/// <summary>The estate's own switches: status, faults, traffic, orders by hand, ledgers, and what a tower needs to connect.</summary>
internal static class EstateApi
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Map(WebApplication app, Estate estate)
    {
        app.MapGet("/", () => Results.Stream(typeof(EstateApi).Assembly.GetManifestResourceStream("index.html")!, "text/html; charset=utf-8"));
        app.MapGet("/estate", () => Results.Json(Status.Of(estate), Json));
        app.MapGet("/estate/connections", (HttpContext context) => Results.Json(Connections.Of(estate, $"{context.Request.Scheme}://{context.Request.Host}"), Json));
        app.MapGet("/estate/ledger/{system}", (string system, long? since) => estate.Ledger(system, since ?? 0) is { } effects ? Results.Json(new { system, effects }, Json) : Unknown(system));
        app.MapPost("/estate/faults/{system}", (HttpContext context, string system) => AddFault(context, estate, system));
        app.MapDelete("/estate/faults/{system}", (string system, string? kind) => ClearFaults(estate, system, kind));
        app.MapPost("/estate/traffic", (Delegate)(Func<HttpContext, Task<IResult>>)(context => SetTraffic(context, estate)));
        app.MapGet("/estate/files/{name}", (string name) => estate.Cards?.File(name) is { } file ? Results.File(System.Text.Encoding.UTF8.GetBytes(file.Text), file.Type, name) : Unknown(name));
        HandOrders.Map(app, estate);
    }

    /// <summary>Reads a strict JSON body; unknown members and wrong types come back as one clear problem.</summary>
    public static async Task<(T? Value, IResult? Problem)> Read<T>(HttpContext context) where T : class
    {
        try
        {
            return (await JsonSerializer.DeserializeAsync<T>(context.Request.Body, Json, context.RequestAborted), null);
        }
        catch (JsonException e)
        {
            return (null, Bad([$"The body is not valid: {e.Message}"]));
        }
    }

    public static IResult Bad(IReadOnlyList<string> problems) => Results.Json(new { errors = problems }, Json, statusCode: 400);

    public static IResult Unknown(string system) => Results.Json(new { errors = new[] { $"The estate has no system '{system}'." } }, Json, statusCode: 404);

    private static async Task<IResult> AddFault(HttpContext context, Estate estate, string system)
    {
        var boards = Boards(estate, system);
        if (boards.Count == 0) return Unknown(system);
        var (fault, problem) = await Read<Fault>(context);
        if (problem is not null) return problem;
        if (fault is null) return Bad(["The body must be a fault."]);
        return fault.Problems() is { Count: > 0 } problems ? Bad(problems) : Results.Json(boards.Select(b => b.Add(fault)).Last(), Json, statusCode: 201);
    }

    private static IResult ClearFaults(Estate estate, string system, string? kind)
    {
        var boards = Boards(estate, system);
        return boards.Count == 0 ? Unknown(system) : Results.Json(new { cleared = boards.Sum(b => b.Clear(kind)) }, Json);
    }

    private static IReadOnlyList<FaultBoard> Boards(Estate estate, string system) => system == "all"
        ? [.. estate.ShopFaults.Values, .. estate.Erps.Select(e => e.Faults), .. estate.Pos is { } pos ? new[] { pos.Faults } : [], .. estate.Cards is { } cards ? new[] { cards.Faults } : []]
        : estate.Faults(system) is { } board ? [board] : [];

    private sealed record TrafficSetting(double? Rate, bool? Running);

    private static async Task<IResult> SetTraffic(HttpContext context, Estate estate)
    {
        var (setting, problem) = await Read<TrafficSetting>(context);
        if (problem is not null) return problem;
        if (setting?.Rate is { } rate && (double.IsNaN(rate) || rate is < 0 or > 60000)) return Bad(["rate must be 0 to 60000 orders a minute"]);
        estate.Traffic.Set(setting?.Rate, setting?.Running);
        return Results.Json(new { estate.Traffic.Rate, estate.Traffic.Running }, Json);
    }
}
