using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Simulator.Square;

internal static class PosSubscriptions
{
    public static JsonObject Create(PosAccount account, PosChange change, JsonElement body)
    {
        var key = body.TryGetProperty("idempotency_key", out var given) ? given.GetString() : null;
        if (key is not null && account.Tables.Find("idempotency", key) is { } known) return known["answer"]!.DeepClone().AsObject();
        var answer = Keep(account, change, account.Next("subscriptions"), body);
        if (key is not null) change.Puts.Add(account.Tables.Keep("idempotency", key, new JsonObject { ["asked"] = body.GetRawText(), ["answer"] = answer.DeepClone() }));
        return answer;
    }

    public static JsonObject Update(PosAccount account, PosChange change, string id, JsonElement body)
        => account.Tables.Find("subscriptions", id) is null ? throw new PosRefusal("NOT_FOUND", "No subscription with this id.", "subscription_id") : Keep(account, change, id, body);

    private static JsonObject Keep(PosAccount account, PosChange change, string id, JsonElement body)
    {
        var wanted = body.TryGetProperty("subscription", out var one) ? JsonObject.Create(one)! : throw new PosRefusal("MISSING_REQUIRED_PARAMETER", "Field must be set.", "subscription");
        if (!Uri.TryCreate(wanted["notification_url"]?.GetValue<string>(), UriKind.Absolute, out _)) throw new PosRefusal("INVALID_VALUE", "The URL is not valid.", "subscription.notification_url");
        var subscription = (account.Tables.Find("subscriptions", id)?.DeepClone() as JsonObject) ?? new JsonObject { ["id"] = id, ["created_at"] = PosMoney.Iso(account.Options.Clock.GetUtcNow()) };
        foreach (var (name, value) in wanted) subscription[name] = value?.DeepClone();
        subscription["signature_key"] = account.SignatureKey;
        subscription["updated_at"] = PosMoney.Iso(account.Options.Clock.GetUtcNow());
        change.Puts.Add(account.Tables.Keep("subscriptions", id, subscription));
        return new JsonObject { ["subscription"] = subscription.DeepClone() };
    }
}
