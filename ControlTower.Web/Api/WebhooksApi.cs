using System.Globalization;
using System.Text.Json.Serialization;
using ControlTower.Data.Webhooks;
using ControlTower.Sync.Relay;
using ControlTower.Sync.Webhooks;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>
/// <c>/api/v1/webhooks</c>: where a client has its events sent. Each client sees and changes its own alone; another's are not there. The secret is told where it is made, once. Writes say by their
/// <c>Idempotency-Key</c> or <c>If-Match</c> what they are, so that each may be repeated.
/// </summary>
internal static class WebhooksApi
{
    private const int MostDeliveries = 100;
    private const string Route = $"{GovernedApi.Root}/webhooks";
    private const string One = $"{Route}/{{id:guid}}";

    private static readonly Problem NotHere = Problem.NotFound with { Detail = "This client has no webhook of this id." };
    private static readonly Problem Stale = new("changed-meanwhile", "It was changed meanwhile", 412, "Somebody changed it after you read it. Nothing was done. Read it again, then send your change with the new ETag.");
    private static readonly Problem NoMatch = new("if-match-needed", "An If-Match is needed", 428, "Send the header If-Match with the ETag as you read it, so that you do not undo somebody else's change.");
    private static readonly Problem Reused = new("idempotency-key-reused", "The key stands for another wish", 422, "This Idempotency-Key was used with another body. Nothing was done. Take a new key for a new wish.");
    private static readonly Problem TooMany = new("too-many-webhooks", "Too many webhooks", 409, $"This client has {WebhookStore.MostPerClient} already. Delete one that is not needed, or change it.");
    private static readonly Problem Stopped = new("stopped-by-admin", "An admin switched it off", 409, "An admin alone can switch it on again. The webhook says why it was switched off.");

    public static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Route, ListAsync).Governed(Scopes.WebhooksManage, new ApiOperation("webhooks.list", "webhooks", "The client's webhooks", "All that this client has. Reading again is always safe.")
        {
            Answers = [new ApiAnswer(200, WebhooksJson.Default.WebhookList, "The webhooks; secrets are not told again.")],
        });
        routes.MapPost(Route, AddAsync).Governed(Scopes.WebhooksManage, new ApiOperation(
            "webhooks.add", "webhooks", "Have events sent to an address", "Events from now on are sent there, signed as Standard Webhooks says, at least once each. The secret stands in this answer alone; the same key again gives the same answer.")
        {
            Body = new ApiBody(WebhooksJson.Default.WebhookAsked, """{"url": "https://hooks.example.com/tower"}"""),
            Answers = [new ApiAnswer(201, WebhooksJson.Default.WebhookView, "It is made.")], Problems = [Reused, TooMany], Key = ApiKeyUse.Own,
        });
        routes.MapGet(One, GetAsync).Governed(Scopes.WebhooksManage, new ApiOperation("webhooks.show", "webhooks", "A webhook", "How it stands: whether it is on, since when it fails and why. The ETag is needed to change it.")
        {
            Parameters = [ApiParameter.Uuid("id")], Answers = [new ApiAnswer(200, WebhooksJson.Default.WebhookView, "The webhook.")], Problems = [NotHere],
        });
        routes.MapPatch(One, ChangeAsync).Governed(Scopes.WebhooksManage, new ApiOperation(
            "webhooks.change", "webhooks", "Change a webhook", "What is left out stays. The state, on or paused, is changed alone; what came while it was paused is sent once it is on again.")
        {
            Parameters = [ApiParameter.Uuid("id"), ApiParameter.IfMatch], Body = new ApiBody(WebhooksJson.Default.WebhookChange, """{"state": "paused"}"""),
            Answers = [new ApiAnswer(200, WebhooksJson.Default.WebhookView, "It is changed.")], Problems = [NotHere, NoMatch, Stale, Stopped],
        });
        routes.MapDelete(One, DeleteAsync).Governed(Scopes.WebhooksManage, new ApiOperation("webhooks.delete", "webhooks", "Delete a webhook", "Nothing more is sent there. With If-Match only as it was seen.")
        {
            Parameters = [ApiParameter.Uuid("id")], Answers = [new ApiAnswer(204, null, "It is gone.")], Problems = [NotHere, Stale],
        });
        routes.MapPost($"{One}/rotate-secret", RotateAsync).Governed(Scopes.WebhooksManage, new ApiOperation(
            "webhooks.rotate", "webhooks", "A new secret", "The new secret stands in this answer alone. For a time both sign, so that a receiver can be changed without losing anything.")
        {
            Parameters = [ApiParameter.Uuid("id")], Answers = [new ApiAnswer(200, WebhooksJson.Default.WebhookView, "The webhook with its new secret.")], Problems = [NotHere, Reused], Key = ApiKeyUse.Own,
        });
        routes.MapPost($"{One}/test", TestAsync).Governed(Scopes.WebhooksManage, new ApiOperation("webhooks.test", "webhooks", "Send a test event", "An event of a type of its own is sent at once, and its answer is told.")
        {
            Parameters = [ApiParameter.Uuid("id")], Answers = [new ApiAnswer(200, WebhooksJson.Default.WebhookTested, "Whether it was taken, and the answer.")], Problems = [NotHere],
        });
        routes.MapGet($"{One}/deliveries", DeliveriesAsync).Governed(Scopes.WebhooksManage, new ApiOperation("webhooks.deliveries", "webhooks", "What could not be sent at once", $"The newest {MostDeliveries} events that were not taken at the first try, and what became of them.")
        {
            Parameters = [ApiParameter.Uuid("id")], Answers = [new ApiAnswer(200, WebhooksJson.Default.WebhookDeliveryList, "What is known.")], Problems = [NotHere],
        });
    }

    private static async Task<IResult> ListAsync(HttpContext http, WebhookDesk desk)
    {
        var all = await desk.ListAsync(ApiKeyScheme.CallerOf(http).Id, http.RequestAborted);
        return Results.Json(new WebhookList([.. all.Select(one => View(desk, one))]), WebhooksJson.Default.WebhookList);
    }

    private static async Task<IResult> GetAsync(HttpContext http, WebhookDesk desk, Guid id) =>
        await desk.FindAsync(id, ApiKeyScheme.CallerOf(http).Id, http.RequestAborted) is { } one ? Told(http, desk, one) : Problems.Result(NotHere);

    private static async Task<IResult> AddAsync(HttpContext http, WebhookDesk desk)
    {
        var (key, missing) = ApiRequest.IdempotencyKey(http);
        if (key is null)
            return Problems.Result(missing!);
        var (asked, unreadable) = await ApiRequest.BodyAsync(http, WebhooksJson.Default.WebhookAsked);
        if (asked is null)
            return Problems.Result(unreadable!);
        var caller = ApiKeyScheme.CallerOf(http);
        var answer = await desk.AddAsync(caller.Id, key, new WebhookDraft(asked.Url, asked.Types ?? [], asked.Brands ?? []), By(http), http.RequestAborted);
        return await AnswerAsync(http, desk, answer, created: true);
    }

    private static async Task<IResult> ChangeAsync(HttpContext http, WebhookDesk desk, Guid id)
    {
        if (Version(http, out var version) is { } wrong)
            return Problems.Result(wrong);
        var (asked, unreadable) = await ApiRequest.BodyAsync(http, WebhooksJson.Default.WebhookChange);
        if (asked is null)
            return Problems.Result(unreadable!);
        if (await desk.FindAsync(id, ApiKeyScheme.CallerOf(http).Id, http.RequestAborted) is not { } one)
            return Problems.Result(NotHere);
        var answer = asked switch
        {
            { State: null } => await desk.ChangeAsync(id, version, new WebhookDraft(asked.Url, asked.Types ?? one.Types, asked.Brands ?? one.Brands), By(http), http.RequestAborted),
            { Url: not null } or { Types: not null } or { Brands: not null } => new WebhookAnswer.Wrong([new("state", "Change the state alone, or the rest.")]),
            { State: WebhookState.Paused } => await desk.StopAsync(id, version, WebhookState.Paused, null, By(http), http.RequestAborted),
            { State: WebhookState.On } => await desk.ResumeAsync(id, version, null, By(http), http.RequestAborted),
            _ => new WebhookAnswer.Wrong([new("state", "Say on or paused.")]),
        };
        return await AnswerAsync(http, desk, answer);
    }

    private static async Task<IResult> DeleteAsync(HttpContext http, WebhookDesk desk, Guid id)
    {
        int? version = null;
        if (http.Request.Headers.IfMatch.Count > 0)
        {
            if (Version(http, out var read) is { } wrong)
                return Problems.Result(wrong);
            version = read;
        }

        return await desk.DeleteAsync(id, version, By(http), http.RequestAborted) switch
        {
            WebhookAnswer.Done => Results.NoContent(),
            var other => await AnswerAsync(http, desk, other),
        };
    }

    private static async Task<IResult> RotateAsync(HttpContext http, WebhookDesk desk, Guid id)
    {
        var (key, missing) = ApiRequest.IdempotencyKey(http);
        return key is null ? Problems.Result(missing!) : await AnswerAsync(http, desk, await desk.RotateAsync(id, key, By(http), http.RequestAborted));
    }

    private static async Task<IResult> TestAsync(HttpContext http, WebhookDesk desk, Guid id) =>
        await desk.TestAsync(id, By(http), http.RequestAborted) is { } answer
            ? Results.Json(new WebhookTested(EventTypes.Test.Type, answer.Sent, answer.Words), WebhooksJson.Default.WebhookTested) : Problems.Result(NotHere);

    private static async Task<IResult> DeliveriesAsync(HttpContext http, WebhookDesk desk, Guid id)
    {
        if (await desk.FindAsync(id, ApiKeyScheme.CallerOf(http).Id, http.RequestAborted) is null)
            return Problems.Result(NotHere);
        var held = await desk.DeliveriesAsync(id, MostDeliveries, http.RequestAborted);
        return Results.Json(
            new WebhookDeliveryList([.. held.Select(one => new WebhookDeliveryView(
                string.Create(CultureInfo.InvariantCulture, $"{one.FlowId}/{one.Step}"), EventTypes.TypeOf(one.Type), one.SentAt is null ? "waiting" : "sent", one.Attempts, one.FailedAt,
                one.SentAt is null ? one.DueAt : null, one.SentAt, one.LastError))]),
            WebhooksJson.Default.WebhookDeliveryList);
    }

    private static async Task<IResult> AnswerAsync(HttpContext http, WebhookDesk desk, WebhookAnswer answer, bool created = false)
    {
        switch (answer)
        {
            case WebhookAnswer.Done done:
                if (created)
                    http.Response.Headers.Location = $"{Route}/{done.Subscription.Id}";
                return Told(http, desk, done.Subscription, done.Secret, created ? StatusCodes.Status201Created : StatusCodes.Status200OK);
            case WebhookAnswer.Wrong wrong:
                // Whoever tries addresses that may not be called is written down.
                if (wrong.Problems.Any(problem => problem.Field == "url"))
                    await http.RequestServices.GetRequiredService<Denials>().TellAsync(ApiKeyScheme.ActorOf(http), "api:webhooks:address", Doors.Of(http));
                return Problems.Result(ApiRequest.Invalid([.. wrong.Problems.Take(100).Select(problem => new FieldError($"/{problem.Field}", $"bad-{problem.Field.Split('/')[0]}", problem.Message))]));
            case WebhookAnswer.ChangedMeanwhile:
                return Problems.Result(Stale);
            case WebhookAnswer.TooMany:
                return Problems.Result(TooMany);
            case WebhookAnswer.Reused:
                return Problems.Result(Reused);
            case WebhookAnswer.StoppedByAdmin:
                return Problems.Result(Stopped);
            default:
                return Problems.Result(NotHere);
        }
    }

    private static IResult Told(HttpContext http, WebhookDesk desk, WebhookSubscription one, string? secret = null, int status = StatusCodes.Status200OK)
    {
        http.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{one.Version}\"");
        http.Response.Headers.CacheControl = "no-store";
        return Results.Json(View(desk, one) with { Secret = secret }, WebhooksJson.Default.WebhookView, statusCode: status);
    }

    private static WebhookView View(WebhookDesk desk, WebhookSubscription one) => new(
        one.Id, desk.UrlOf(one), one.Types, one.Brands, one.State, one.StoppedBy, one.Why, one.FailingSince, one.LastError, one.LastOkAt, one.PreviousUntil, one.Sent, one.CreatedAt, one.Version);

    private static WebhookActor By(HttpContext http) => new(ApiKeyScheme.ActorOf(http), ApiKeyScheme.CallerOf(http).Id, Scopes.WebhooksManage);

    private static Problem? Version(HttpContext http, out int version)
    {
        version = 0;
        var match = http.Request.Headers.IfMatch;
        return match.Count == 0 ? NoMatch
            : match is [{ Length: > 2 } tag] && tag[0] == '"' && tag[^1] == '"' && int.TryParse(tag.AsSpan(1, tag.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out version) ? null : Stale;
    }
}

/// <param name="Types">As <c>/api/v1/events/types</c> lists them; none: all.</param>
/// <param name="Brands">None: all that the client may have.</param>
internal sealed record WebhookAsked(string Url, IReadOnlyList<string>? Types = null, IReadOnlyList<string>? Brands = null);

/// <summary>What is left out stays.</summary>
/// <param name="State"><c>on</c> or <c>paused</c>, alone.</param>
internal sealed record WebhookChange(string? Url = null, IReadOnlyList<string>? Types = null, IReadOnlyList<string>? Brands = null, string? State = null);

internal sealed record WebhookList(IReadOnlyList<WebhookView> Items);

/// <param name="State"><c>on</c>, <c>paused</c> or <c>disabled</c>.</param>
/// <param name="PreviousSecretUntil">Until then the secret before signs as well.</param>
/// <param name="Secret">Only where it was just made.</param>
internal sealed record WebhookView(
    Guid Id, string? Url, IReadOnlyList<string> Types, IReadOnlyList<string> Brands, string State, string? StoppedBy, string? Why, DateTimeOffset? FailingSince, string? LastError, DateTimeOffset? LastSentAt,
    DateTimeOffset? PreviousSecretUntil, long Sent, DateTimeOffset CreatedAt, int Version,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Secret = null);

internal sealed record WebhookTested(string Type, bool Sent, string Answer);

internal sealed record WebhookDeliveryList(IReadOnlyList<WebhookDeliveryView> Items);

/// <param name="Event">The event's id.</param>
/// <param name="State"><c>waiting</c> or <c>sent</c>.</param>
internal sealed record WebhookDeliveryView(
    string Event, string Type, string State, int Attempts, DateTimeOffset FailedAt, DateTimeOffset? DueAt, DateTimeOffset? SentAt, string LastError);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8)]
[JsonSerializable(typeof(WebhookAsked))]
[JsonSerializable(typeof(WebhookChange))]
[JsonSerializable(typeof(WebhookList))]
[JsonSerializable(typeof(WebhookView))]
[JsonSerializable(typeof(WebhookTested))]
[JsonSerializable(typeof(WebhookDeliveryList))]
internal sealed partial class WebhooksJson : JsonSerializerContext;
