using System.ComponentModel;
using System.Text.Json.Serialization;
using ControlTower.Data.Incidents;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary><c>/api/v1/incidents</c>: trouble that concerns many transactions at once, for clients of every channel; of the brands within a client's reach.</summary>
internal static class IncidentsApi
{
    private const string List = "incidents";

    private static readonly Problem Gone = Problem.NotFound with { Detail = "This client sees no incident of this number." };

    public static void MapApiIncidents(this IEndpointRouteBuilder routes)
    {
        routes.MapGet($"{GovernedApi.Root}/incidents", ListAsync).Governed(Scopes.IncidentsList, new ApiOperation("incidents.list", "incidents", "Incidents, in the order in which they were opened", "A page of incidents. Reading again is always safe.")
        {
            Parameters = [ApiParameter.Several("status", "Where it stands.", IncidentStatus.All), ApiParameter.Several("kind", "What it is about.", IncidentKind.All), .. ApiParameter.Pages],
            Answers = [new ApiAnswer(200, IncidentsJson.Default.IncidentPage, "A page.")],
        });
        routes.MapGet($"{GovernedApi.Root}/incidents/{{id:long}}", ShowAsync).Governed(Scopes.IncidentsList, new ApiOperation("incidents.show", "incidents", "An incident", "One incident with its timeline.")
        {
            Parameters = [ApiParameter.Number("id")], Answers = [new ApiAnswer(200, IncidentsJson.Default.IncidentShown, "The incident.")], Problems = [Gone],
        });
    }

    private static async Task<IResult> ListAsync(HttpContext http, IncidentQueries incidents)
    {
        List<FieldError> errors = [.. ApiRequest.Unknown(http, "status", "kind", "limit", "after")];
        var (statuses, kinds) = (ApiPaging.Words(http, "status", [.. IncidentStatus.All], errors), ApiPaging.Words(http, "kind", [.. IncidentKind.All], errors));
        var (limit, after) = ApiPaging.ReadNumber(http, List, errors);
        if (await GovernedApi.SingleAsync(http) is { } single)
            return Problems.Result(single);
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid(errors));
        var rows = await incidents.OpenedAsync(statuses, kinds, ApiKeyScheme.CallerOf(http).Brands, after, limit + 1, http.RequestAborted);
        return Results.Json(new IncidentPage([.. rows.Take(limit).Select(Told)], rows.Count > limit ? ApiPaging.Seal(List, rows[limit - 1].Id) : null), IncidentsJson.Default.IncidentPage);
    }

    private static async Task<IResult> ShowAsync(long id, HttpContext http, IncidentQueries incidents) =>
        await GovernedApi.SingleAsync(http) is { } single ? Problems.Result(single)
        : await incidents.FindAsync(id, http.RequestAborted, ApiKeyScheme.CallerOf(http).Brands) is not { } found ? Problems.Result(Gone)
        : Results.Json(new IncidentShown(Told(found.Row), found.Holding, [.. found.Log.Select(e => new IncidentLine(e.At, e.Kind, e.Words))]), IncidentsJson.Default.IncidentShown);

    private static IncidentListed Told(IncidentRow row) => new(
        row.Id, row.Kind, row.Title, row.Severity, row.Status, row.Brand.Length == 0 ? null : row.Brand, row.System.Length == 0 ? null : row.System, row.Times.Began, row.Times.Detected, row.Times.Restored, row.Times.Drained,
        row.Times.Closed, row.Affected, row.Unsettled, [.. row.Worth.Select(w => new IncidentHarm(w.Currency, w.Count, w.Value, w.Unsettled, w.UnsettledValue))]);
}

internal sealed record IncidentPage(IReadOnlyList<IncidentListed> Items, [Description("Pass it as after; null at the end.")] string? Next);

internal sealed record IncidentListed(
    long Id, string Kind, string Title, string Severity, string Status, [Description("Null: of no brand alone.")] string? Brand, [Description("The connection that it is about; null: of none.")] string? System, DateTimeOffset BeganAt,
    DateTimeOffset DetectedAt, [Description("The cause was over.")] DateTimeOffset? RestoredAt, [Description("Every transaction that it harmed was settled.")] DateTimeOffset? DrainedAt, DateTimeOffset? ClosedAt, long Affected,
    [Description("Of the affected, those that are neither completed nor written off.")] long Unsettled, IReadOnlyList<IncidentHarm> Harm);

internal sealed record IncidentHarm(string Currency, long Count, decimal Value, long Unsettled, decimal UnsettledValue);

internal sealed record IncidentShown(IncidentListed Incident, [Description("Conditions that still hold, in words.")] IReadOnlyList<string> Holding, [Description("The newest first.")] IReadOnlyList<IncidentLine> Timeline);

internal sealed record IncidentLine(DateTimeOffset At, string Kind, string Words);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8)]
[JsonSerializable(typeof(IncidentPage))]
[JsonSerializable(typeof(IncidentShown))]
internal sealed partial class IncidentsJson : JsonSerializerContext;
