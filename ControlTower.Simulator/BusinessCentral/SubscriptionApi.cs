using System.Text.Json;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>The subscriptions resource: list, create, renew, delete. Creating and renewing both ask the subscriber to echo a token.</summary>
internal sealed class SubscriptionApi(Company company, Notifier notifier, string baseUrl)
{
    public async Task<BcAnswer> RunAsync(BcCall call) => (call.Method, Key(call.Path[0])) switch
    {
        ("GET", null) => new BcAnswer(200, new Dictionary<string, object?> { ["@odata.context"] = $"{baseUrl}/$metadata#subscriptions", ["value"] = company.Subscriptions.All.Select(Shape).ToList() }),
        ("GET", { } id) => new BcAnswer(200, Shape(Need(id))),
        ("POST", null) => await Create(call.NeedBody()),
        ("PATCH", { } id) => await Renew(call, Need(id)),
        ("DELETE", { } id) => await Remove(call, Need(id)),
        _ => throw new BcError(405, "BadRequest_MethodNotAllowed", $"The request method {call.Method} is not supported for this resource."),
    };

    private static string? Key(Segment segment) => segment.Key?.Trim('\'');

    private Subscription Need(string id) => company.Subscriptions.Find(id) ?? throw BcError.NotFound();

    private static string Etag(Subscription s) => $"W/\"{s.Version}-{s.Id}\"";

    private async Task<BcAnswer> Create(JsonElement body)
    {
        var url = Text(body, "notificationUrl") ?? throw BcError.Bad("The notificationUrl must be provided.");
        var resource = Text(body, "resource") ?? throw BcError.Bad("The resource must be provided.");
        var set = company.Subscriptions.SetOf(resource) ?? throw BcError.Bad($"The resource '{resource}' does not support webhooks.");
        if (company.Subscriptions.All.Any(s => s.Set == set && s.NotificationUrl == url)) throw new BcError(400, "Internal_EntityWithSameKeyExists", "The record in table API Webhook Subscription already exists.");
        await ShakeHands(url);
        var now = company.Options.Clock.GetUtcNow();
        var made = await company.ChangeAsync(change => company.Subscriptions.Keep(change, new Subscription
        {
            Id = Guid.NewGuid().ToString("N"), NotificationUrl = url, Resource = resource, Set = set, ClientState = Text(body, "clientState") ?? "",
            Expires = now + company.Options.Scaled(Subscriptions.Life), CreatedAt = now, ModifiedAt = now,
        }));
        return new BcAnswer(201, Shape(made), $"{baseUrl}/subscriptions('{made.Id}')");
    }

    private async Task<BcAnswer> Renew(BcCall call, Subscription old)
    {
        call.Check(Etag(old));
        var body = call.Body ?? default;
        var url = Text(body, "notificationUrl") ?? old.NotificationUrl;
        await ShakeHands(url);
        var now = company.Options.Clock.GetUtcNow();
        var kept = await company.ChangeAsync(change => company.Subscriptions.Keep(change, old with
        {
            NotificationUrl = url,
            ClientState = Text(body, "clientState") ?? old.ClientState,
            Expires = now + company.Options.Scaled(Subscriptions.Life),
            ModifiedAt = now,
            Version = old.Version + 1,
        }));
        return new BcAnswer(200, Shape(kept));
    }

    private async Task<BcAnswer> Remove(BcCall call, Subscription old)
    {
        call.Check(Etag(old));
        await company.ChangeAsync(change =>
        {
            company.Subscriptions.Remove(change, old.Id);
            return true;
        });
        return new BcAnswer(204);
    }

    private async Task ShakeHands(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && !(address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))) throw BcError.Bad("The notificationUrl must be an https address.");
        if (!await notifier.ShakesHandsAsync(url)) throw BcError.Bad("The subscriber did not echo the validation token with status 200.");
    }

    private static string? Text(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static Dictionary<string, object?> Shape(Subscription s) => new()
    {
        ["@odata.etag"] = Etag(s), ["subscriptionId"] = s.Id, ["notificationUrl"] = s.NotificationUrl, ["resource"] = s.Resource, ["timestamp"] = s.Version, ["userId"] = Guid.Empty,
        ["lastModifiedDateTime"] = BcRecord.Wire(s.ModifiedAt), ["clientState"] = s.ClientState, ["expirationDateTime"] = BcRecord.Wire(s.Expires),
        ["systemCreatedAt"] = BcRecord.Wire(s.CreatedAt), ["systemCreatedBy"] = Guid.Empty, ["systemModifiedAt"] = BcRecord.Wire(s.ModifiedAt), ["systemModifiedBy"] = Guid.Empty,
    };
}
