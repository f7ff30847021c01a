using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>
/// The API as a document (OpenAPI 3.1): made of the very operations that are mapped, so that it has every route and no other. What programs may rely on is kept in Goldens/openapi.json: a test says in words what a
/// change would break.
/// </summary>
internal sealed partial class ApiDocument(IEnumerable<EndpointDataSource> sources)
{
    public const string Path = $"{GovernedApi.Root}/openapi.json";

    private const string About = """
        Programs ask the tower; it answers from its own books and never asks an ERP or a shop meanwhile. Lists come in pages by keyset: pass `next` as `after` until it is null. Every answer says what is left of the
        client's limits in the fields RateLimit and RateLimit-Policy. POST and PUT take an Idempotency-Key: the same key is answered the same for a day. Errors are problem details (RFC 9457): `type` is stable, `errors`
        names each field by a JSON pointer or `?parameter`, `retryable` says whether the same request may work later. Members may be added to answers; unknown members of requests are refused.
        """;

    private static readonly Problem[] Everywhere = [new("key-needed", "", 401, ""), new("key-invalid", "", 401, ""), new("token-invalid", "", 401, ""), Problem.NotAllowed, Problem.TooMany, new("rate-limited", "", 429, ""), new("quota-exceeded", "", 429, ""), Problem.Unavailable, Problem.Broken];

    private readonly Lazy<JsonObject> document = new(() => Make(sources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()));

    /// <summary>As JSON text.</summary>
    public string Text => document.Value.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static JsonObject Make(IEnumerable<RouteEndpoint> endpoints)
    {
        var schemas = new ApiSchemas();
        schemas.Of(ProblemJson.Default.ProblemBody, asked: false);
        var paths = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var endpoint in endpoints)
        {
            if (endpoint.Metadata.GetMetadata<ApiOperation>() is not { } operation || endpoint.Metadata.GetMetadata<GovernedDoor>() is not { } door)
                continue;
            var path = Constraint().Replace($"/{endpoint.RoutePattern.RawText!.TrimStart('/')}", "{${name}}");
            var item = paths.TryGetValue(path, out var known) ? known : paths[path] = [];
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
                item[method.ToLowerInvariant()] = Operation(operation, door, schemas);
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "ControlTower", ["version"] = "1", ["description"] = About.ReplaceLineEndings(" ") },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["security"] = new JsonArray(new JsonObject { ["key"] = new JsonArray() }, new JsonObject { ["token"] = new JsonArray() }),
            ["paths"] = new JsonObject(paths.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, p.Value))),
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas.All(),
                ["securitySchemes"] = new JsonObject
                {
                    ["key"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "The key of an API client, as Authorization: Bearer ctk_…" },
                    ["token"] = new JsonObject
                    {
                        ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT",
                        ["description"] = "An access token that the program got from the company's authority for itself (OAuth 2, client credentials), where the tower takes them: an admin knows the audience, and sets what the authority calls the client.",
                    },
                },
            },
        };
    }

    private static JsonObject Operation(ApiOperation operation, GovernedDoor door, ApiSchemas schemas)
    {
        var said = new JsonObject
        {
            ["operationId"] = operation.Id, ["tags"] = new JsonArray(operation.Tag), ["summary"] = operation.Summary, ["description"] = operation.Words, ["x-scope"] = door.Scope,
            ["x-idempotency-key"] = operation.Body is null && operation.Key == ApiKeyUse.May ? null : operation.Key == ApiKeyUse.May ? "optional" : "required",
        };
        if (said["x-idempotency-key"] is null)
            said.Remove("x-idempotency-key");
        var parameters = operation.Parameters.Select(Parameter).ToList();
        if (operation.Key != ApiKeyUse.May)
        {
            parameters.Add(Parameter(new ApiParameter(
                "Idempotency-Key", "header", "New for each wish, and the same when it is repeated: 1 to 200 printable ASCII characters.", new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 200 }, Required: true, "wish-1")));
        }

        if (parameters.Count > 0)
            said["parameters"] = new JsonArray([.. parameters]);
        if (operation.Body is { } body)
        {
            said["requestBody"] = new JsonObject
            {
                ["required"] = true, ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schemas.Of(body.Type, asked: true), ["example"] = JsonNode.Parse(body.Example) } },
            };
        }

        said["responses"] = Responses(operation, schemas);
        return said;
    }

    private static JsonObject Parameter(ApiParameter parameter)
    {
        var said = new JsonObject { ["name"] = parameter.Name, ["in"] = parameter.In, ["description"] = parameter.Words, ["required"] = parameter.Required, ["schema"] = parameter.Schema.DeepClone() };
        if (parameter.Example is not null)
            said["example"] = parameter.Example.DeepClone();
        return said;
    }

    private static JsonObject Responses(ApiOperation operation, ApiSchemas schemas)
    {
        var responses = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var answer in operation.Answers)
        {
            var said = new JsonObject { ["description"] = answer.Words };
            if (answer.Type is { } type)
                said["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schemas.Of(type, asked: false) } };
            else if (answer.Other is var (media, schema))
                said["content"] = new JsonObject { [media] = new JsonObject { ["schema"] = schema.DeepClone() } };
            responses[answer.Status.ToString(CultureInfo.InvariantCulture)] = said;
        }

        List<Problem> refused = [.. Everywhere, .. operation.Problems];
        if (operation.Body is not null || operation.Parameters.Any(p => p.In == "query"))
            refused.Add(ApiRequest.Invalid([]));
        if (operation.Body is not null)
            refused.AddRange([Problem.Of(StatusCodes.Status415UnsupportedMediaType), ApiRequest.Reused]);
        if (operation.Key != ApiKeyUse.May)
            refused.AddRange([ApiRequest.NoKey, ApiRequest.Reused]);
        if (operation.Key == ApiKeyUse.Must)
            refused.Add(ApiWrites.Running);
        foreach (var status in refused.GroupBy(p => p.Status))
        {
            responses[status.Key.ToString(CultureInfo.InvariantCulture)] = new JsonObject
            {
                ["description"] = string.Join(", ", status.Select(p => $"/problems/{p.Slug}").Distinct(StringComparer.Ordinal)),
                ["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" } } },
            };
        }

        return new JsonObject(responses.Select(r => KeyValuePair.Create<string, JsonNode?>(r.Key, r.Value)));
    }

    [GeneratedRegex(@"\{(?<name>\w+)(:\w+)?\}", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Constraint();
}

/// <summary>Where the document is asked for: by people, and by any API client.</summary>
internal static class ApiDocumentEndpoint
{
    public static void MapApiDocument(this IEndpointRouteBuilder routes) =>
        routes.MapGet(ApiDocument.Path, (ApiDocument document) => Results.Text(document.Text, "application/json")).RequireAuthorization(Permissions.ApiDocumentRead);
}
