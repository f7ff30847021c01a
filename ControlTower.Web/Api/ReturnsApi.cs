using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Returns;
using ControlTower.Sync.Flows.ReturnToRefund;
using ControlTower.Sync.Returns;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary><c>/api/v1/returns</c>: returns of the channels within a client's reach, and taking one in for a buyer through the same desk as a person at the counter: what the policy leaves to a person still needs one.</summary>
internal static class ReturnsApi
{
    private const string All = $"{GovernedApi.Root}/returns";
    private const string List = "returns";

    private static readonly string[] Stages =
    [
        ReturnStages.Requested, ReturnStages.Authorised, ReturnStages.Received, ReturnStages.Inspected, ReturnStages.Credited, ReturnStages.Refunded, ReturnStages.ChannelTold, ReturnStages.Closed, ReturnStages.Refused,
        ReturnStages.Cancelled,
    ];

    private static readonly string[] Statuses = ["open", "attention", "done", "cancelled"];

    private static readonly Problem Gone = Problem.NotFound with { Detail = "This client sees no return of this number." };
    private static readonly Problem Refused = new("return-refused", "This return cannot be taken in", 409, "");

    public static void MapReturns(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(All, ListAsync).Governed(Scopes.ReturnsRead, new ApiOperation("returns.list", "returns", "Returns, in the order in which the tower heard of them", "A page of returns. Reading again is always safe.")
        {
            Parameters =
            [
                ApiParameter.Several("source", "The channel: a connection's id."), ApiParameter.Several("sourceId", "The return's id at its source, up to 100."), ApiParameter.Several("stage", "Where it stands.", Stages),
                ApiParameter.Several("status", "Whether it goes on.", Statuses), .. ApiParameter.Pages,
            ],
            Answers = [new ApiAnswer(200, ReturnsJson.Default.ReturnPageShown, "A page.")],
        });
        routes.MapGet($"{All}/{{id:long}}", ShowAsync).Governed(Scopes.ReturnsRead, new ApiOperation("returns.show", "returns", "A return", "One return with its lines, what came, and its documents in other systems.")
        {
            Parameters = [ApiParameter.Number("id")], Answers = [new ApiAnswer(200, ReturnsJson.Default.ReturnShown, "The return.")], Problems = [Gone],
        });
        routes.MapPost(All, StartAsync).Governed(Scopes.ReturnsWrite, new ApiOperation(
            "returns.create", "returns", "Authorise a return", "Takes a return in for a buyer. The policy decides; what it leaves to a person waits for one. The return shows what became of it.")
        {
            Body = new ApiBody(ReturnsJson.Default.ReturnAsked, """{"order": 41, "lines": [{"orderLine": "1", "quantity": 1, "reason": "size"}]}"""),
            Answers = [new ApiAnswer(202, ReturnsJson.Default.ReturnTaken, "It is on disk and will be done; look at the link for what became of it.")], Problems = [Refused], Key = ApiKeyUse.Must,
        });
    }

    private static async Task<IResult> ListAsync(HttpContext http, ReturnQueries returns)
    {
        List<FieldError> errors = [.. ApiRequest.Unknown(http, "source", "sourceId", "stage", "status", "limit", "after")];
        var ids = http.Request.Query["sourceId"].Select(id => id ?? "").Distinct(StringComparer.Ordinal).ToList();
        if (ids.Count > 100 || ids.Exists(id => !ApiRequest.IsText(id, 120)))
            errors.Add(new FieldError("?sourceId", "bad-id", "Give up to 100 ids of 1 to 120 characters, each as its own parameter."));
        var filter = new ReturnFilter
        {
            Reach = ApiKeyScheme.CallerOf(http).Reach, Sources = await GovernedApi.SourcesAsync(http, errors), SourceIds = ids, Stages = ApiPaging.Words(http, "stage", Stages, errors),
            Statuses = ApiPaging.Words(http, "status", Statuses, errors),
        };
        var (limit, after) = ApiPaging.ReadNumber(http, List, errors);
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid(errors));
        var rows = await returns.HeardAsync(filter, after, limit + 1, http.RequestAborted);
        return Results.Json(new ReturnPageShown([.. rows.Take(limit).Select(Told)], rows.Count > limit ? ApiPaging.Seal(List, rows[limit - 1].Id) : null), ReturnsJson.Default.ReturnPageShown);
    }

    private static async Task<IResult> ShowAsync(long id, HttpContext http, ReturnQueries returns)
    {
        if (await returns.HeardAsync(new ReturnFilter { Id = id, Reach = ApiKeyScheme.CallerOf(http).Reach }, 0, 1, http.RequestAborted) is not [var row] || await returns.FindAsync(id, http.RequestAborted) is not { } detail)
            return Problems.Result(Gone);
        var view = ReturnView.Of(detail);
        return Results.Json(
            new ReturnShown(
                Told(row), view.AwaitsPerson, view.EndedWhy,
                [.. view.Lines.Select(l => new ReturnShownLine(l.OrderLineId, l.Sku, l.Reason, l.Quantity, l.Received, l.Accepted, l.Rejected, l.Due?.Amount))],
                [.. detail.Documents.Select(d => new ReturnDocumentShown(d.Key, d.Kind, d.Connection, d.State, d.Number, d.Value.Amount, d.Value.Currency, d.AskedAt, d.SettledAt))]),
            ReturnsJson.Default.ReturnShown);
    }

    private static async Task<IResult> StartAsync(HttpContext http, ReturnDesk desk, OrderQueries orders, ReturnQueries returns)
    {
        var caller = ApiKeyScheme.CallerOf(http);
        var (asked, unreadable) = await ApiRequest.BodyAsync(http, ReturnsJson.Default.ReturnAsked);
        if (asked is null)
            return Problems.Result(unreadable!);
        var errors = Faults(asked);
        if (asked.Order < 1 || (await orders.KeysAsync(new OrderFilter { Id = asked.Order, Reach = caller.Reach }, null, 1, http.RequestAborted)).Ids.Count == 0)
            errors.Add(new FieldError("/order", "unknown-order", "This client sees no order of this number."));
        else if (errors.Count == 0)
            errors.AddRange(await StrangeAsync(asked, returns, http.RequestAborted));
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid(errors));
        var wish = new ReturnWish(
            ApiRequest.IdOf(caller, http.Request.Headers["Idempotency-Key"]!), asked.Order, [.. asked.Lines.Select(l => new ReturnedLine(l.OrderLine, l.Quantity, l.Reason))], asked.Store, asked.Receipt);
        if (await desk.StartAsync(wish, ApiKeyScheme.ActorOf(http), http.RequestAborted) is not ReturnAnswer.Taken taken)
            return Problems.Result(Refused with { Detail = $"Nothing was done. There is no place called {Problems.Cut(asked.Store)}, or this key was used for another return." });
        var link = $"{All}?source={Uri.EscapeDataString(taken.Source)}&sourceId={Uri.EscapeDataString(taken.ReturnId)}";
        http.Response.Headers.Location = link;
        return Results.Json(new ReturnTaken(taken.Source, taken.ReturnId, link), ReturnsJson.Default.ReturnTaken, statusCode: StatusCodes.Status202Accepted);
    }

    private static List<FieldError> Faults(ReturnAsked asked)
    {
        var errors = new List<FieldError>();
        if (asked.Store is not null && !ApiRequest.IsText(asked.Store, 60))
            errors.Add(new FieldError("/store", "unknown-location", "There is no place of this name."));
        if (asked.Lines.Count is 0 or > ReturnDesk.MostLines)
            errors.Add(new FieldError("/lines", "count", $"Give 1 to {ReturnDesk.MostLines} lines."));
        for (var i = 0; i < Math.Min(asked.Lines.Count, ReturnDesk.MostLines); i++)
        {
            if (asked.Lines[i] is not { } line)
            {
                errors.Add(ApiRequest.Null(At(i, "")));
                continue;
            }

            if (!ApiRequest.IsText(line.OrderLine, 100))
                errors.Add(new FieldError(At(i, "orderLine"), "bad-id", "Give the id of a line of the order."));
            if (line.Quantity is < 1 or > ReturnDesk.MostPieces)
                errors.Add(new FieldError(At(i, "quantity"), "bad-quantity", $"Give a whole number from 1 to {ReturnDesk.MostPieces}."));
            if (!ReturnReasons.All.Contains(line.Reason, StringComparer.Ordinal))
                errors.Add(new FieldError(At(i, "reason"), "unknown-word", $"Give one of {string.Join(", ", ReturnReasons.All)}."));
        }

        return errors;
    }

    // How many pieces may still come back is decided by the flow, at the database; here only what can never be.
    private static async Task<IEnumerable<FieldError>> StrangeAsync(ReturnAsked asked, ReturnQueries returns, CancellationToken cancel)
    {
        var sold = (await returns.SoldAsync(asked.Order, cancel)).Select(l => l.Id).ToHashSet(StringComparer.Ordinal);
        return asked.Lines.Select((line, i) => (line, i)).Where(x => !sold.Contains(x.line.OrderLine)).Select(x => new FieldError(At(x.i, "orderLine"), "unknown-line", "The order has no line of this id."));
    }

    private static ReturnListed Told(ReturnRow row) => new(
        row.Id, row.Name, row.Source, row.SourceId, row.Stage, row.Status, row.Value.Amount, row.Value.Currency, row.RequestedAt, row.StageSince, row.OrderFlowId, row.OrderName, row.Store);

    private static string At(int line, string member) => string.Create(CultureInfo.InvariantCulture, $"/lines/{line}/{member}").TrimEnd('/');
}

internal sealed record ReturnPageShown(IReadOnlyList<ReturnListed> Items, [Description("Pass it as after; null at the end.")] string? Next);

internal sealed record ReturnListed(
    long Id, string Name, string Source, string SourceId, string Stage, string Status, [Description("What is, or is to be, paid back.")] decimal Value, string Currency, DateTimeOffset RequestedAt, DateTimeOffset StageSince,
    [Description("The order's number; null until it is known.")] long? Order, string? OrderName, [Description("Where it is handed in; null by post.")] string? Store);

internal sealed record ReturnShown(
    ReturnListed Return, [Description("The policy leaves it to a person, and nobody has agreed yet.")] bool AwaitsPerson, string? EndedWhy, IReadOnlyList<ReturnShownLine> Lines, IReadOnlyList<ReturnDocumentShown> Documents);

internal sealed record ReturnShownLine(string OrderLine, string? Sku, string Reason, int Quantity, int Received, int Accepted, int Rejected, [Description("What is paid for those that were accepted.")] decimal? Due);

internal sealed record ReturnDocumentShown(string Key, string Kind, string System, string State, string? Number, decimal Value, string Currency, DateTimeOffset AskedAt, DateTimeOffset? SettledAt);

internal sealed record ReturnAsked(
    [Description("The order's number in the tower.")] long Order, IReadOnlyList<ReturnLineAsked> Lines, [Description("Where it is handed in; not named: it comes by post.")] string? Store = null,
    [Description("The buyer can prove the purchase; yes unless it says no.")] bool Receipt = true);

internal sealed record ReturnLineAsked([Description("The id of a line of the order.")] string OrderLine, int Quantity, [Description("unwanted, size, faulty, damaged, wrong-item, late or other.")] string Reason);

internal sealed record ReturnTaken(string Source, string Id, [Description("Where it is found once it was worked.")] string Link);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8)]
[JsonSerializable(typeof(ReturnPageShown))]
[JsonSerializable(typeof(ReturnShown))]
[JsonSerializable(typeof(ReturnAsked))]
[JsonSerializable(typeof(ReturnTaken))]
internal sealed partial class ReturnsJson : JsonSerializerContext;
