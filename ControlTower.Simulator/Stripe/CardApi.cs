using System.Globalization;
using System.Text.Json.Nodes;

namespace ControlTower.Simulator.Stripe;

/// <summary>The vendor's REST API, as far as it is read: bearer key, lists from the newest on with <c>starting_after</c>, errors as <c>{error: …}</c>.</summary>
internal sealed class CardApi(CardAccount account)
{
    public const string Version = "2026-10-28.endive";

    public Task HandleAsync(HttpContext context, string path)
    {
        if (context.Request.Headers.Authorization.ToString() != $"Bearer {account.SecretKey}") return Fail(context, 401, "invalid_api_key", "Invalid API Key provided.");
        if (!HttpMethods.IsGet(context.Request.Method)) return Fail(context, 403, "more_permissions_required", "The provided key does not have the required permissions.");
        var ledger = account.Ledger();
        var query = context.Request.Query;
        return path.Split('/') switch
        {
            ["balance"] => Answer(context, 200, Balance(ledger)),
            ["balance_transactions"] => List(context, ledger.Entries.Reverse().Where(e => After(e.Created, query) && (query["payout"] is not [{ } payout] || e.Payout == payout)).ToList(), e => e.Id, e => CardObjects.Entry(e, query["expand[]"].Contains("data.source"))),
            ["balance_transactions", var id] when ledger.Entries.FirstOrDefault(e => e.Id == id) is { } entry => Answer(context, 200, CardObjects.Entry(entry, false)),
            ["payouts"] => List(context, ledger.Payouts.Reverse().Where(p => After(p.Created, query)).ToList(), p => p.Id, CardObjects.Payout),
            ["payouts", var id] when ledger.Payouts.FirstOrDefault(p => p.Id == id) is { } payout => Answer(context, 200, CardObjects.Payout(payout)),
            ["webhook_endpoints"] => List(context, Array.Empty<string>(), id => id, _ => []),
            _ => Fail(context, 404, "resource_missing", "There is no such object."),
        };
    }

    private static bool After(DateTimeOffset created, IQueryCollection query)
        => query["created[gte]"] is not [{ } from] || !long.TryParse(from, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) || created.ToUnixTimeSeconds() >= seconds;

    private static Task List<T>(HttpContext context, IReadOnlyList<T> all, Func<T, string> idOf, Func<T, JsonObject> objectOf)
    {
        var query = context.Request.Query;
        var limit = int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? Math.Clamp(asked, 1, 100) : 10;
        var rest = query["starting_after"] is [{ } after] ? all.SkipWhile(t => idOf(t) != after).Skip(1).ToList() : all;
        return Answer(context, 200, new JsonObject
        {
            ["object"] = "list", ["url"] = context.Request.Path.Value, ["has_more"] = rest.Count > limit, ["data"] = new JsonArray([.. rest.Take(limit).Select(t => (JsonNode)objectOf(t))]),
        });
    }

    private static JsonObject Balance(CardLedger ledger)
    {
        static JsonArray Of(long amount) => new(new JsonObject { ["amount"] = amount, ["currency"] = "eur" });
        return new JsonObject { ["object"] = "balance", ["livemode"] = false, ["available"] = Of(ledger.Entries.Sum(e => e.Net)), ["pending"] = Of(0) };
    }

    private static Task Fail(HttpContext context, int status, string code, string message)
        => Answer(context, status, new JsonObject { ["error"] = new JsonObject { ["type"] = "invalid_request_error", ["code"] = code, ["message"] = message } });

    private static Task Answer(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers["Stripe-Version"] = Version;
        return context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }
}
