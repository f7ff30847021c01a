using System.Text.Json;
using ControlTower.Simulator.Faults;
using GraphQL;
using GraphQL.Execution;
using GraphQL.Validation;
using GraphQLParser;
using GraphQLParser.AST;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>POST /shopify/{shop}/admin/api/{version}/graphql.json: token, document, cost, run, answer.</summary>
public static class AdminApi
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task HandleAsync(HttpContext context, Shop shop, string version, FaultBoard board)
    {
        context.Response.Headers["X-Request-Id"] = Guid.NewGuid().ToString();
        if (version != Webhooks.WebhookSender.ApiVersion)
        {
            await Write(context, 404, new { errors = "Not Found" });
            return;
        }

        context.Response.Headers["X-Shopify-API-Version"] = version;
        if (context.Request.Headers["X-Shopify-Access-Token"] != shop.AccessToken)
        {
            await Write(context, 401, new { errors = "[API] Invalid API key or access token (unrecognized login or wrong password)" });
            return;
        }

        var call = await ReadAsync(context);
        if (call is null)
        {
            await Write(context, 400, new { errors = new { query = "Required parameter missing or invalid" } });
            return;
        }

        await Write(context, 200, await AnswerAsync(shop, call, board));
    }

    private sealed record Call(string Query, string? OperationName, Inputs Variables);

    private static async Task<Call?> ReadAsync(HttpContext context)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            var root = body.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("query", out var query) || query.ValueKind != JsonValueKind.String) return null;
            var name = root.TryGetProperty("operationName", out var operation) && operation.ValueKind == JsonValueKind.String ? operation.GetString() : null;
            var variables = root.TryGetProperty("variables", out var given) && given.ValueKind == JsonValueKind.Object ? (Dictionary<string, object?>)Value(given)! : [];
            return new Call(query.GetString()!, name, new Inputs(variables));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static object? Value(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().ToDictionary(p => p.Name, p => Value(p.Value)),
        JsonValueKind.Array => json.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.TryGetInt32(out var small) ? (object)small : json.TryGetInt64(out var large) ? large : json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static async Task<object> AnswerAsync(Shop shop, Call call, FaultBoard board)
    {
        GraphQLDocument document;
        try
        {
            document = Parser.Parse(call.Query, new ParserOptions { Ignore = IgnoreOptions.Comments });
        }
        catch (GraphQLParser.Exceptions.GraphQLSyntaxErrorException e)
        {
            return new { errors = new[] { new { message = e.Description, locations = new[] { new { line = e.Location.Line, column = e.Location.Column } } } } };
        }

        var operations = document.Definitions.OfType<GraphQLOperationDefinition>().ToList();
        var operation = call.OperationName is null ? operations.FirstOrDefault() : operations.Find(o => o.Name?.StringValue == call.OperationName);
        var requested = operation is null ? 0 : QueryCost.Requested(AdminSchema.Shared, document, operation, call.Variables);
        if (requested > QueryCost.Largest) return Failed(shop, requested, "MAX_COST_EXCEEDED", $"Query cost is {requested}, which exceeds the single query max cost limit (1000).");
        if (!shop.Budget.TryTake(requested)) return Failed(shop, requested, "THROTTLED", "Throttled");
        var searched = new List<object>();
        var result = await new DocumentExecuter().ExecuteAsync(o =>
        {
            o.Schema = AdminSchema.Shared;
            o.Query = call.Query;
            o.OperationName = call.OperationName;
            o.Variables = call.Variables;
            o.ThrowOnUnhandledException = true;
            o.UserContext = new Dictionary<string, object?> { ["shop"] = shop, ["search"] = searched, ["refusal"] = () => Refusal(board) };
        });
        var actual = result.Executed ? QueryCost.Actual(result.Data as ExecutionNode) : 0;
        shop.Budget.GiveBack(Math.Max(0, requested - actual));
        var answer = new Dictionary<string, object?>();
        if (result.Errors?.Count > 0) answer["errors"] = result.Errors.Select(Error).ToList();
        if (result.Executed) answer["data"] = (result.Data as RootExecutionNode)?.ToValue();
        var extensions = new Dictionary<string, object?> { ["cost"] = Cost(shop, requested, actual) };
        if (searched.Count > 0) extensions["search"] = searched;
        answer["extensions"] = extensions;
        return answer;
    }

    private static string? Refusal(FaultBoard board) => board.Take(true, "graphql", FaultKinds.Refuse)?.Reason switch
    {
        null => null,
        "unknown-sku" => "The specified inventory item could not be found.",
        "closed-period" => "Order cannot be changed at this time.",
        "blocked-customer" => "Customer is blocked.",
        var text => text,
    };

    private static object Failed(Shop shop, int requested, string code, string message) => new
    {
        errors = new[] { new { message, extensions = new { code, documentation = "https://shopify.dev/api/usage/rate-limits" } } },
        extensions = new { cost = Cost(shop, requested, null) },
    };

    private static object Cost(Shop shop, int requested, int? actual) => new
    {
        requestedQueryCost = requested,
        actualQueryCost = actual,
        throttleStatus = new { maximumAvailable = (double)shop.Budget.Maximum, currentlyAvailable = Math.Floor(shop.Budget.Available), restoreRate = (double)shop.Budget.RestoreRate },
    };

    private static object Error(ExecutionError error)
    {
        var shape = new Dictionary<string, object?> { ["message"] = error.Message };
        if (error.Locations is { Count: > 0 } places) shape["locations"] = places.Select(l => new { line = l.Line, column = l.Column });
        if (error.Path is not null) shape["path"] = error.Path;
        if (error.Code is not null) shape["extensions"] = new { code = error.Code };
        return shape;
    }

    private static async Task Write(HttpContext context, int status, object body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        await JsonSerializer.SerializeAsync(context.Response.Body, body, Json, context.RequestAborted);
    }
}
