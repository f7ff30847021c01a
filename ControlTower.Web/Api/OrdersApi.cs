using System.Globalization;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Flows;
using ControlTower.Data.Timeline;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Sync.Orders;
using ControlTower.Web.Auth;
using Microsoft.Net.Http.Headers;

namespace ControlTower.Web.Api;

/// <summary>
/// <c>/api/v1/orders</c>: orders of the channels within a client's reach, what became of them, and what programs say of them in a channel's name. What is said is taken (202) and goes the way of the channel's own
/// messages; the order shows what became of it.
/// </summary>
internal static class OrdersApi
{
    private const string All = $"{GovernedApi.Root}/orders";
    private const string One = $"{All}/{{id:long}}";
    private const string List = "orders";

    private static readonly string[] Stages = [.. OrderStages.InOrder, OrderStages.Cancelled];
    private static readonly string[] Statuses = ["open", "attention", "done", "cancelled"];

    private static readonly Problem Gone = Problem.NotFound with { Detail = "This client sees no order of this number." };
    private static readonly Problem NoMatch = new("if-match-needed", "If-Match is needed", 428, "Send the ETag of the order as you saw it in the header If-Match. Nothing was done.");
    private static readonly Problem Stale = new("changed-meanwhile", "It has changed", 412, "The order has changed since you saw it. Nothing was done. Read it again and decide anew.");
    private static readonly Problem Over = new("order-over", "This order is over", 409, "");

    public static void MapOrders(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(All, ListAsync).Governed(Scopes.OrdersRead, new ApiOperation("orders.list", "orders", "Orders, in the order in which the tower heard of them", "A page of orders. Reading again is always safe.")
        {
            Parameters =
            [
                ApiParameter.Several("source", "The channel: a connection's id."), ApiParameter.Several("sourceId", "The order's id at its channel, up to 100."), ApiParameter.Several("stage", "Where it stands.", Stages),
                ApiParameter.Several("status", "Whether it goes on.", Statuses), ApiParameter.Time("updatedSince", "Only orders of which something was logged since."), .. ApiParameter.Pages,
            ],
            Answers = [new ApiAnswer(200, OrdersJson.Default.OrderPage, "A page.")],
        });
        routes.MapGet(One, ShowAsync).Governed(Scopes.OrdersRead, new ApiOperation("orders.show", "orders", "An order", "One order with its lines; its buyer only with the scope api:personal:read. The ETag is needed to edit it.")
        {
            Parameters = [ApiParameter.Number("id")], Answers = [new ApiAnswer(200, OrdersJson.Default.OrderShown, "The order."), new ApiAnswer(304, null, "It is as If-None-Match says.")], Problems = [Gone],
        });
        routes.MapGet($"{One}/timeline", TimelineAsync).Governed(Scopes.OrdersRead, new ApiOperation("orders.timeline", "orders", "What became of an order", "Steps, documents in other systems and cases, without payloads and without personal data.")
        {
            Parameters = [ApiParameter.Number("id")], Answers = [new ApiAnswer(200, OrdersJson.Default.OrderTimeline, "What is known.")], Problems = [Gone],
        });
        routes.MapPost(All, CreateAsync).Governed(Scopes.OrdersWrite, new ApiOperation(
            "orders.create", "orders", "State an order of a channel",
            "Takes the order as the channel's own statement: it goes the way of the channel's messages. It is named as the channel names it, because acknowledgements and shipments are told there. A higher version replaces a lower one.")
        {
            Body = new ApiBody(OrdersJson.Default.OrderGiven, OrderGiven.Example), Answers = [new ApiAnswer(202, OrdersJson.Default.OrderTaken, "It is on disk and will be done; look at the link for what became of it.")], Key = ApiKeyUse.Must,
        });
        routes.MapPost($"{One}/cancel", CancelAsync).Governed(Scopes.OrdersWrite, new ApiOperation(
            "orders.cancel", "orders", "Call an order off", "Says in the channel's name that the order is called off: what was not sent is taken back, what was posted is cancelled there, what left the house stays sold.")
        {
            Parameters = [ApiParameter.Number("id"), ApiParameter.IfMatch], Body = new ApiBody(OrdersJson.Default.CancelAsked, """{"reason": "The buyer changed their mind"}"""),
            Answers = [new ApiAnswer(202, OrdersJson.Default.OrderTaken, "It is on disk and will be done.")], Problems = [Gone, NoMatch, Stale, Over], Key = ApiKeyUse.Must,
        });
    }

    private static async Task<IResult> ListAsync(HttpContext http, OrderQueries orders)
    {
        List<FieldError> errors = [.. ApiRequest.Unknown(http, "source", "sourceId", "stage", "status", "updatedSince", "limit", "after")];
        var filter = new OrderFilter
        {
            Reach = ApiKeyScheme.CallerOf(http).Reach, Sources = await GovernedApi.SourcesAsync(http, errors), SourceIds = Ids(http, errors), Stages = ApiPaging.Words(http, "stage", Stages, errors),
            Statuses = ApiPaging.Words(http, "status", Statuses, errors), UpdatedSince = ApiPaging.Time(http, "updatedSince", errors), Sort = OrderSort.Heard,
        };
        var (limit, after) = ApiPaging.ReadNumber(http, List, errors);
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid(errors));
        var keys = await orders.KeysAsync(filter, after == 0 ? null : new OrderCursor(OrderSort.Heard, "", after), limit, http.RequestAborted);
        var rows = (await orders.RowsAsync(keys.Ids, http.RequestAborted)).ToDictionary(row => row.Id);
        return Results.Json(new OrderPage([.. keys.Ids.Where(rows.ContainsKey).Select(id => Told(rows[id]))], keys.Next is { } next ? ApiPaging.Seal(List, next.Id) : null), OrdersJson.Default.OrderPage);
    }

    private static async Task<IResult> ShowAsync(long id, HttpContext http, OrderQueries orders)
    {
        var caller = ApiKeyScheme.CallerOf(http);
        if (await FindAsync(id, caller, orders, http.RequestAborted) is not { } row)
            return Problems.Result(Gone);
        var tag = Tag(row.Version);
        http.Response.Headers.ETag = tag.ToString();
        http.Response.Headers.CacheControl = "private, no-cache";
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
            return Results.StatusCode(StatusCodes.Status304NotModified);
        var stated = await orders.StatementAsync(id, http.RequestAborted);
        return Results.Json(
            new OrderShown(
                Told(row), [.. (stated?.Lines ?? []).Select(l => new OrderShownLine(l.Id, l.Sku, l.Title, l.Quantity, l.UnitPrice, l.Discount, l.Tax))], stated?.Payment.ToString(), stated?.Fulfilment.ToString(),
                stated is not null && caller.Has(Scopes.PersonalRead) ? OrderGiving.Told(stated.Buyer) : null),
            OrdersJson.Default.OrderShown);
    }

    private static async Task<IResult> TimelineAsync(long id, HttpContext http, OrderQueries orders, OrderStoryQueries stories)
    {
        if (await FindAsync(id, ApiKeyScheme.CallerOf(http), orders, http.RequestAborted) is null || await stories.LoadAsync(id, http.RequestAborted) is not { } story)
            return Problems.Result(Gone);
        return Results.Json(
            new OrderTimeline(
                [.. story.Steps.Select(s => new OrderStep(s.Step, s.Type, s.Stage, s.System, s.Reference, s.Detail, s.At))],
                [.. story.Postings.Select(p => new OrderPosting(p.Key, p.System, p.Kind, p.State, p.Number ?? p.Reference, p.IntendedAt, p.SettledAt))],
                [.. story.Cases.Select(c => new OrderCase(c.Id, c.State, c.Failure, c.Title, c.System, c.OpenedAt, c.ClosedAt))], !story.IsCut),
            OrdersJson.Default.OrderTimeline);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, OrderDesk desk, ConnectionDirectory connections)
    {
        var (given, unreadable) = await ApiRequest.BodyAsync(http, OrdersJson.Default.OrderGiven);
        if (given is null)
            return Problems.Result(unreadable!);
        var errors = OrderGiving.Faults(given);
        if (await GovernedApi.WrongChannelAsync(http, given.Source, "/source") is { } wrong)
            errors.Add(wrong);
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid([.. errors.Take(100)]));
        var order = OrderGiving.Order(given, connections.Find(given.Source)!.Brand);
        return Taken(http, await desk.StateAsync(Act(http), order, ApiKeyScheme.ActorOf(http), http.RequestAborted));
    }

    private static async Task<IResult> CancelAsync(long id, HttpContext http, OrderDesk desk)
    {
        if (http.Request.Headers.IfMatch.Count == 0)
            return Problems.Result(NoMatch);
        var (asked, unreadable) = await ApiRequest.BodyAsync(http, OrdersJson.Default.CancelAsked);
        if (asked is null)
            return Problems.Result(unreadable!);
        if (!ApiRequest.IsText(asked.Reason, 200) || asked.Reason.Length < 3)
            return Problems.Result(ApiRequest.Invalid([new FieldError("/reason", "bad-reason", "Say why, in 3 to 200 characters; people see it on the order.")]));
        // A tag that is none of ours matches nothing.
        var seen = http.Request.GetTypedHeaders().IfMatch is [{ IsWeak: false } tag] && int.TryParse(tag.Tag.AsSpan().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : -1;
        var caller = ApiKeyScheme.CallerOf(http);
        return Taken(http, await desk.CancelAsync(Act(http), id, seen, caller.Reach, asked.Reason, ApiKeyScheme.ActorOf(http), http.RequestAborted));
    }

    private static IResult Taken(HttpContext http, OrderAnswer answer)
    {
        switch (answer)
        {
            case OrderAnswer.Taken { Key: var key }:
                var link = $"{All}?source={Uri.EscapeDataString(key.Source)}&sourceId={Uri.EscapeDataString(key.Id)}";
                http.Response.Headers.Location = link;
                return Results.Json(new OrderTaken(key.Source, key.Id, link), OrdersJson.Default.OrderTaken, statusCode: StatusCodes.Status202Accepted);
            case OrderAnswer.Unknown:
                return Problems.Result(Gone);
            case OrderAnswer.Stale { Version: var version }:
                http.Response.Headers.ETag = Tag(version).ToString();
                return Problems.Result(Stale);
            case OrderAnswer.TooLate { Stage: var stage }:
                return Problems.Result(Over with { Detail = $"It is {stage}. Nothing was done. What was delivered comes back as a return." });
            default:
                return Problems.Result(ApiRequest.Reused);
        }
    }

    private static async Task<OrderRow?> FindAsync(long id, ApiCaller caller, OrderQueries orders, CancellationToken cancel) =>
        (await orders.KeysAsync(new OrderFilter { Id = id, Reach = caller.Reach }, null, 1, cancel)).Ids is [var found] && await orders.RowsAsync([found], cancel) is [var row] ? row : null;

    private static List<string> Ids(HttpContext http, List<FieldError> errors)
    {
        var ids = http.Request.Query["sourceId"].Select(id => id ?? "").Distinct(StringComparer.Ordinal).ToList();
        if (ids.Count > 100 || ids.Exists(id => !ApiRequest.IsText(id, 120)))
            errors.Add(new FieldError("?sourceId", "bad-id", "Give up to 100 ids of 1 to 120 characters, each as its own parameter."));
        return ids;
    }

    private static Guid Act(HttpContext http) => ApiRequest.IdOf(ApiKeyScheme.CallerOf(http), http.Request.Headers["Idempotency-Key"]!);

    private static EntityTagHeaderValue Tag(int version) => new(string.Create(CultureInfo.InvariantCulture, $"\"{version}\""));

    private static OrderListed Told(OrderRow row) => new(
        row.Id, row.Name, row.Source, row.SourceId, row.Brand, row.Stage, row.Status, row.Value.Amount, row.Value.Currency, row.PlacedAt, row.StageSince, row.UpdatedAt,
        row.Case is { } open ? new OrderHeldUp(open.Id, open.Title) : null);
}
