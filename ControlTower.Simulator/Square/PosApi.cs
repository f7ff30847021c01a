using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Simulator.Square;

/// <summary>The vendor's REST API, as far as a hub needs it: version pinned by header, bearer token, errors as <c>{errors: […]}</c>.</summary>
internal sealed class PosApi(PosAccount account)
{
    public const string Version = "2025-08-20";
    private const int Burst = 120;
    private const int PerSecond = 60;

    private readonly Shopify.CostBudget budget = new(Burst, PerSecond, account.Options);

    public async Task HandleAsync(HttpContext context, string path)
    {
        if (context.Request.Headers.Authorization.ToString() != $"Bearer {account.AccessToken}")
        {
            await Fail(context, 401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", "This request could not be authorized.", null);
            return;
        }

        if (!budget.TryTake(1))
        {
            await Fail(context, 429, "RATE_LIMIT_ERROR", "RATE_LIMITED", "Too many requests.", null);
            return;
        }

        try
        {
            using var body = HttpMethods.IsGet(context.Request.Method) ? JsonDocument.Parse("{}") : await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            await Answer(context, 200, await RouteAsync(context, path, body.RootElement));
        }
        catch (JsonException)
        {
            await Fail(context, 400, "INVALID_REQUEST_ERROR", "BAD_REQUEST", "The body is not valid JSON.", null);
        }
        catch (PosRefusal refusal)
        {
            await Fail(context, refusal.Status, "INVALID_REQUEST_ERROR", refusal.Code, refusal.Message, refusal.Field);
        }
    }

    private async Task<JsonObject> RouteAsync(HttpContext context, string path, JsonElement body) => (context.Request.Method, path.Split('/')) switch
    {
        ("GET", ["locations"]) => new JsonObject { ["locations"] = new JsonArray([.. account.Stores.Select(s => PosCatalog.Location(account, s))]) },
        ("POST", ["orders", "search"]) => account.Read(() => PosSearch.Orders(account, body)),
        ("GET", ["orders", var id]) => account.Read(() => One("orders", id, "order")),
        ("GET", ["payments", var id]) => account.Read(() => One("payments", id, "payment")),
        ("GET", ["payments"]) => account.Read(() => PosSearch.Changed(account, "payments", context.Request.Query)),
        ("GET", ["refunds"]) => account.Read(() => PosSearch.Changed(account, "refunds", context.Request.Query)),
        ("POST", ["refunds"]) => await account.ChangeAsync(change => PosRefunds.Create(account, change, body)),
        ("GET", ["refunds", var id]) => account.Read(() => One("refunds", id, "refund")),
        ("POST", ["catalog", "batch-retrieve"]) => account.Read(() => PosCatalog.Retrieve(account, body)),
        ("POST", ["catalog", "search"]) => account.Read(() => PosCatalog.Search(account, body)),
        ("POST", ["catalog", "batch-upsert"]) => await account.ChangeAsync(change => PosCatalog.Upsert(account, change, body)),
        ("POST", ["catalog", "batch-delete"]) => await account.ChangeAsync(change => PosDiscounts.Delete(account, change, body)),
        ("POST", ["customers", "search"]) => account.Read(() => PosPeople.Search(account, body)),
        ("POST", ["inventory", "changes", "batch-create"]) => await account.ChangeAsync(change => PosStock.Apply(account, change, body)),
        ("POST", ["inventory", "changes", "batch-retrieve"]) => account.Read(() => PosSearch.StockChanges(account, body)),
        ("POST", ["inventory", "counts", "batch-retrieve"]) => account.Read(() => PosSearch.Counts(account, body)),
        ("GET", ["payouts"]) => account.Read(() => PosPayouts.List(account, context.Request.Query)),
        ("GET", ["payouts", var id, "payout-entries"]) => account.Read(() => PosPayouts.Entries(account, id, context.Request.Query)),
        ("GET", ["webhooks", "subscriptions"]) => account.Read(() => new JsonObject { ["subscriptions"] = new JsonArray([.. account.Tables.All("subscriptions").Select(s => s.DeepClone())]) }),
        ("POST", ["webhooks", "subscriptions"]) => await account.ChangeAsync(change => PosSubscriptions.Create(account, change, body)),
        ("PUT", ["webhooks", "subscriptions", var id]) => await account.ChangeAsync(change => PosSubscriptions.Update(account, change, id, body)),
        _ => throw new PosRefusal("NOT_FOUND", "Resource not found."),
    };

    private JsonObject One(string set, string id, string name)
        => new() { [name] = account.Tables.Find(set, id)?.DeepClone() ?? throw new PosRefusal("NOT_FOUND", $"No {name} with this id.", $"{name}_id") };

    public static Task Fail(HttpContext context, int status, string category, string code, string detail, string? field)
    {
        var error = new JsonObject { ["category"] = category, ["code"] = code, ["detail"] = detail };
        if (field is not null) error["field"] = field;
        return Answer(context, status, new JsonObject { ["errors"] = new JsonArray(error) });
    }

    private static Task Answer(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers["Square-Version"] = Version;
        return context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }
}
