using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ControlTower.Data.Db;
using ControlTower.Data.EventLog;
using ControlTower.Sync.Relay;
using ControlTower.Web.Auth;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Api;

/// <summary>
/// <c>GET /api/v1/events</c>: the event log in its order, page by page behind a cursor, as a batch of CloudEvents. Nothing is skipped, whatever commits late; reading moves nothing in the tower, so any page
/// may be asked for again. With <c>wait</c> an empty page is answered when something comes. A client of single channels has the events of those alone. <c>GET /api/v1/events/types</c>: what there is, with
/// a JSON Schema each.
/// </summary>
internal static class EventsApi
{
    /// <summary>Where the next page begins.</summary>
    public const string CursorHeader = "Events-Cursor";

    /// <summary><c>true</c> if the next page has something already, or may have.</summary>
    public const string MoreHeader = "Events-More";

    private const string Route = $"{GovernedApi.Root}/events";

    private static readonly JsonObject Batch = new()
    {
        ["type"] = "array",
        ["items"] = new JsonObject
        {
            ["type"] = "object", ["required"] = new JsonArray("specversion", "id", "source", "type"),
            ["properties"] = new JsonObject(new[] { "specversion", "id", "source", "type" }.Select(name => KeyValuePair.Create<string, JsonNode?>(name, new JsonObject { ["type"] = "string" }))),
        },
    };

    private static readonly Problem Gone = new("cursor-gone", "The log does not go back to this cursor", 410, "");

    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Route, GetAsync).Governed(Scopes.EventsRead, new ApiOperation(
            "events.list", "events", "What happened, behind a cursor",
            $"A batch of CloudEvents in the order of the log. The header {CursorHeader} is the next request's after; {MoreHeader} says whether there is more already. Any page may be asked for again.")
        {
            Parameters =
            [
                ApiParameter.One("from", "Where to begin without a cursor; at the start unless it says.", ["start", "now"]), ApiParameter.Text("after", "The cursor of the page before."), ApiParameter.Text("limit", "Events at most."),
                ApiParameter.Text("types", "Only these types, with commas between."), ApiParameter.Text("source", "Only what concerns orders of this connection."),
                ApiParameter.Text("wait", "Seconds to wait for something where there is nothing yet."),
            ],
            Answers = [new ApiAnswer(200, null, "The events; the schema of each type is under /api/v1/events/types.") { Other = (CloudEventJson.BatchContentType, Batch) }], Problems = [Gone],
        });
        routes.MapGet($"{Route}/types", Types).Governed(Scopes.EventsRead, new ApiOperation("events.types", "events", "Types of events", "Every type that is published, with its version.")
        {
            Answers = [new ApiAnswer(200, EventsJson.Default.EventTypeList, "The types.")],
        });
        routes.MapGet($"{Route}/types/{{type}}", Schema).Governed(Scopes.EventsRead, new ApiOperation("events.schema", "events", "The schema of a type", "A JSON Schema (2020-12) of the events of one type.")
        {
            Parameters = [ApiParameter.PathWord("type", "As the list of types has it.", EventTypes.Test.Type)], Answers = [new ApiAnswer(200, null, "The schema.") { Other = ("application/schema+json", new JsonObject { ["type"] = "object" }) }],
        });
    }

    private static IResult Types() => Results.Json(
        new EventTypeList([.. EventTypes.All.Select(type => new EventTypeItem(type.Type, type.Name, type.Version, type.Flow, type.Words, $"{Route}/types/{type.Type}"))]), EventsJson.Default.EventTypeList);

    private static IResult Schema(string type) =>
        EventTypes.Find(type) is { } known ? Results.Text(EventSchemas.Of(known).ToJsonString(), "application/schema+json") : Problems.Result(Problem.NotFound with { Detail = "No event of this type is published. See /api/v1/events/types." });

    private static async Task<IResult> GetAsync(HttpContext http, TowerDataSources data, EventTail tail, IOptions<RelayOptions> relay, IHostApplicationLifetime life, TimeProvider clock)
    {
        var (asked, errors) = await EventsAsked.ReadAsync(http);
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid(errors));
        var place = asked.After ?? (asked.FromNow ? await EventFeed.EndAsync(data.Work, http.RequestAborted) : LogPosition.Start);
        if (asked.After is not null && !await EventFeed.HasAsync(data.Work, place, http.RequestAborted))
            return Problems.Result(await GoneAsync(data, http.RequestAborted));
        var page = await EventFeed.ReadAsync(data.Work, place, asked.Filter, asked.Limit, http.RequestAborted);
        if (page is { Events.Count: 0, More: false } && asked.Wait > TimeSpan.Zero)
        {
            // A node that stops keeps nobody waiting.
            using var time = new CancellationTokenSource(asked.Wait, clock);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(time.Token, http.RequestAborted, life.ApplicationStopping);
            page = await WaitAsync(data, tail, page, asked, patience.Token);
        }

        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers[CursorHeader] = EventCursor.Of(page.Next);
        http.Response.Headers[MoreHeader] = page.More ? "true" : "false";
        http.Response.Headers.Link = $"<{Route}?{asked.Again(page.Next)}>; rel=\"next\"";
        return Results.Bytes(CloudEventJson.WriteBatch(page.Events.Select(e => CloudEvent.Of(e, relay.Value.Source))), CloudEventJson.BatchContentType);
    }

    private static async Task<FeedPage> WaitAsync(TowerDataSources data, EventTail tail, FeedPage page, EventsAsked asked, CancellationToken patience)
    {
        try
        {
            while (page is { Events.Count: 0, More: false })
            {
                var place = page.Next;
                var news = await tail.NextAsync(place, patience);
                page = news.After <= place
                    ? EventFeed.Of([.. news.Events.Where(e => e.Position > place)], place, asked.Filter, asked.Limit)
                    : await EventFeed.ReadAsync(data.Work, place, asked.Filter, asked.Limit, patience);
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // Nothing came.
        }

        return page;
    }

    private static async Task<Problem> GoneAsync(TowerDataSources data, CancellationToken cancel)
    {
        var begin = await EventFeed.BeginAsync(data.Work, cancel);
        var since = begin is { } at ? string.Create(CultureInfo.InvariantCulture, $"It begins at {at.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}") : "It is empty";
        return Gone with
        {
            Detail = $"{since}. What happened between this cursor and then cannot be read here any more. Begin anew with {Route}?from=start, or with ?from=now, and fetch the state of what matters to you.",
            Errors = [new FieldError("?after", "cursor-gone", "Leave it out and send from=start.")],
        };
    }
}

/// <summary>What a program wants of the log.</summary>
/// <param name="After">Null: from an end of the log.</param>
internal sealed record EventsAsked(LogPosition? After, bool FromNow, int Limit, TimeSpan Wait, FeedFilter Filter, IReadOnlyList<string> Types, IReadOnlyList<string> Sources)
{
    private const int Usual = 100;
    private const int Most = 500;
    private const int LongestWait = 20;

    private static readonly string[] Known = ["after", "from", "limit", "types", "source", "wait"];

    /// <summary>The query of the next page.</summary>
    public string Again(LogPosition place) => string.Join(
        '&',
        [
            $"after={EventCursor.Of(place)}", string.Create(CultureInfo.InvariantCulture, $"limit={Limit}"), .. Types.Count > 0 ? [$"types={string.Join(',', Types)}"] : Array.Empty<string>(),
            .. Sources.Select(source => $"source={Uri.EscapeDataString(source)}"), .. Wait > TimeSpan.Zero ? [string.Create(CultureInfo.InvariantCulture, $"wait={(int)Wait.TotalSeconds}")] : Array.Empty<string>(),
        ]);

    public static async Task<(EventsAsked Asked, List<FieldError> Errors)> ReadAsync(HttpContext http)
    {
        List<FieldError> errors = [.. ApiRequest.Unknown(http, Known)];
        var (after, from) = (One(http, "after", errors), One(http, "from", errors));
        var place = after is null ? null : EventCursor.Read(after);
        if (after is not null && place is null)
            errors.Add(new FieldError("?after", "bad-cursor", $"This is no cursor. Send one as it was given in {EventsApi.CursorHeader}, or begin with from=start or from=now."));
        if ((after is not null && from is not null) || from is not (null or "start" or "now"))
            errors.Add(new FieldError("?from", "bad-from", "Begin with from=start, which it is unless it says, or from=now; then go on with after alone."));
        var limit = Number(http, "limit", Usual, 1, Most, errors);
        var wait = Number(http, "wait", 0, 0, LongestWait, errors);
        var types = Values(http, "types").SelectMany(list => list.Split(',')).Distinct(StringComparer.Ordinal).ToList();
        errors.AddRange(types.Where(type => EventTypes.Find(type) is null).Take(10).Select(type =>
            new FieldError("?types", "unknown-type", $"No event of type {Problems.Cut(type)} is published. See /api/v1/events/types.")));
        var sources = Values(http, "source").Distinct(StringComparer.Ordinal).ToList();
        foreach (var source in sources.Take(10))
        {
            if (await EventScope.WrongSourceAsync(http, source, "?source") is { } wrong)
                errors.Add(wrong);
        }

        var filter = EventScope.Of(ApiKeyScheme.CallerOf(http), [.. types.Select(type => EventTypes.Find(type)?.Name ?? type)], sources);
        return (new EventsAsked(place, from == "now", limit, TimeSpan.FromSeconds(wait), filter, types, sources), errors);
    }

    private static IEnumerable<string> Values(HttpContext http, string name) => http.Request.Query[name].Select(value => value ?? "");

    private static string? One(HttpContext http, string name, List<FieldError> errors)
    {
        var values = http.Request.Query[name];
        if (values.Count > 1)
            errors.Add(new FieldError($"?{name}", "given-twice", "Give it once."));
        return values.Count == 0 ? null : values[0] ?? "";
    }

    private static int Number(HttpContext http, string name, int otherwise, int least, int most, List<FieldError> errors)
    {
        if (One(http, name, errors) is not { } text)
            return otherwise;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        errors.Add(new FieldError($"?{name}", $"bad-{name}", string.Create(CultureInfo.InvariantCulture, $"Give a whole number from {least} to {most}.")));
        return otherwise;
    }
}

internal sealed record EventTypeList(IReadOnlyList<EventTypeItem> Types);

/// <param name="Name">Without the tower and the version.</param>
/// <param name="Flow">The kind of flow that it happens to.</param>
/// <param name="Schema">Where its JSON Schema is.</param>
internal sealed record EventTypeItem(string Type, string Name, int Version, string Flow, string Description, string Schema);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EventTypeList))]
internal sealed partial class EventsJson : JsonSerializerContext;
