using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace ControlTower.Web.Api;

/// <summary>Whether a write is asked for under an Idempotency-Key.</summary>
internal enum ApiKeyUse
{
    /// <summary>It may be; without one, the request may be repeated because it says what shall be.</summary>
    May,

    /// <summary>It must be.</summary>
    Must,

    /// <summary>It must be, and what is made carries the key itself: both are one statement.</summary>
    Own,
}

/// <summary>
/// One operation of the API as programs are told of it. It is mapped with its route (<see cref="GovernedApi.Governed(RouteHandlerBuilder, string, ApiOperation)"/>), and the document at
/// <c>/api/v1/openapi.json</c> is made of what is mapped.
/// </summary>
/// <param name="Id">Stable: limits and figures name it.</param>
/// <param name="Tag">The resource.</param>
/// <param name="Summary">A few words.</param>
/// <param name="Words">What it does, and what may be repeated.</param>
internal sealed record ApiOperation(string Id, string Tag, string Summary, string Words)
{
    public IReadOnlyList<ApiParameter> Parameters { get; init; } = [];

    public ApiBody? Body { get; init; }

    public IReadOnlyList<ApiAnswer> Answers { get; init; } = [];

    /// <summary>What it refuses with, beside what every operation may.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];

    public ApiKeyUse Key { get; init; }

    /// <summary>Of all that are mapped, in the order of the alphabet.</summary>
    public static IReadOnlyList<string> Ids(EndpointDataSource endpoints) =>
        [.. endpoints.Endpoints.Select(e => e.Metadata.GetMetadata<ApiOperation>()?.Id).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
}

/// <param name="In"><c>query</c>, <c>path</c> or <c>header</c>.</param>
/// <param name="Schema">JSON Schema of its value; of an array, the parameter is given several times.</param>
internal sealed record ApiParameter(string Name, string In, string Words, JsonObject Schema, bool Required = false, JsonNode? Example = null)
{
    public static ApiParameter Text(string name, string words, bool required = false, string? example = null) =>
        new(name, "query", words, new JsonObject { ["type"] = "string" }, required, example);

    public static ApiParameter Several(string name, string words, IEnumerable<string>? among = null) =>
        new(name, "query", words, new JsonObject { ["type"] = "array", ["items"] = Word(among) });

    public static ApiParameter One(string name, string words, IEnumerable<string> among) => new(name, "query", words, Word(among));

    public static ApiParameter Time(string name, string words, bool required = false) =>
        new(name, "query", words, new JsonObject { ["type"] = "string", ["format"] = "date-time" }, required, "2026-11-27T06:00:00Z");

    public static ApiParameter Number(string name) => new(name, "path", "The tower's own number of it.", new JsonObject { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 1 }, Required: true, 1);

    public static ApiParameter PathWord(string name, string words, string example) => new(name, "path", words, new JsonObject { ["type"] = "string" }, Required: true, example);

    public static ApiParameter Uuid(string name) => new(name, "path", "Its id.", new JsonObject { ["type"] = "string", ["format"] = "uuid" }, Required: true, "6f9619ff-8b86-4d01-b42d-00c04fc964ff");

    /// <summary>Of every list.</summary>
    public static IReadOnlyList<ApiParameter> Pages { get; } =
    [
        new("limit", "query", $"Entries at most; {ApiPaging.Usual} unless it says.", new JsonObject { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = ApiPaging.Most }),
        new("after", "query", "The next of the page before: entries behind it. Entries that come meanwhile neither move nor repeat others.", new JsonObject { ["type"] = "string" }),
    ];

    public static ApiParameter IfMatch { get; } =
        new("If-Match", "header", "The ETag of what was seen: what has changed since is not edited.", new JsonObject { ["type"] = "string" }, Required: true, "\"3\"");

    private static JsonObject Word(IEnumerable<string>? among) =>
        among is null ? new JsonObject { ["type"] = "string" } : new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. among.Select(word => (JsonNode)word)]) };
}

/// <param name="Example">JSON that the type's schema takes.</param>
internal sealed record ApiBody(JsonTypeInfo Type, string Example);

/// <param name="Type">Null: no body, or one of another media type.</param>
internal sealed record ApiAnswer(int Status, JsonTypeInfo? Type, string Words)
{
    /// <summary>A body that is not plain JSON of ours: its media type and its schema.</summary>
    public (string Media, JsonObject Schema)? Other { get; init; }
}

/// <summary>A door of the API: for clients with this scope, within their limits.</summary>
internal sealed record GovernedDoor(string Scope);
