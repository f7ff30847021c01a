using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ControlTower.Tests.Chaos;

/// <summary>Sends genuine webhooks that nobody can use, through the same door as all others: they have to be taken, set aside with a case, and hold up nobody.</summary>
internal sealed class Poisoner(ChaosWorld world)
{
    public const string Mark = "poison-";

    private static readonly string[] bodies =
    [
        "not json at all", "[]", "null", """{"id":"a text"}""", """{"id":1e400,"updated_at":"never"}""", $"{{\"id\":7,\"line_items\":{new string('[', 4000)}", "{\"id\":8,\"note\":\"\\ud800\"}",
    ];

    private int sent;

    public Task SendAsync(int pick) => Task.WhenAll(Enumerable.Range(0, 4).Select(i => SendOneAsync(bodies[(pick + i) % bodies.Length])));

    private async Task SendOneAsync(string body)
    {
        var (domain, secret) = await world.ShopAsync("shopify-eu");
        await world.Postman.CarryAsync(SignedWebhook.Of("shopify-eu", domain, secret, "orders/create", $"{Mark}{Interlocked.Increment(ref sent).ToString(CultureInfo.InvariantCulture)}", Encoding.UTF8.GetBytes(body)));
    }
}

/// <summary>A webhook as the vendor would seal it.</summary>
internal static class SignedWebhook
{
    public static Postman.Letter Of(string connection, string domain, string secret, string topic, string eventId, byte[] body) => new(
        connection, $"/ingress/{connection}/{topic.Replace('/', '-')}",
        [
            new("Content-Type", "application/json"), new("X-Shopify-Topic", topic), new("X-Shopify-Shop-Domain", domain), new("X-Shopify-Event-Id", eventId),
            new("X-Shopify-Webhook-Id", Guid.NewGuid().ToString()), new("X-Shopify-Hmac-Sha256", Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body))),
        ],
        body);
}
