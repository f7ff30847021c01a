using System.Net;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using ControlTower.Web.Ingress;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>The door at which shops push, over real HTTP.</summary>
public sealed class IngressDoorTests
{
    private const string Secret = "door-secret-door-secret-door-secret";

    [Theory]
    [InlineData(1_000, HttpStatusCode.Accepted, 1)]
    [InlineData(1_500_000, HttpStatusCode.Accepted, 1)]
    [InlineData(IngressApi.LargestBody, HttpStatusCode.Accepted, 1)]
    [InlineData(IngressApi.LargestBody + 1, HttpStatusCode.RequestEntityTooLarge, 0)]
    public async Task A_genuine_body_is_taken_up_to_the_stated_size(int size, HttpStatusCode expected, long stored)
    {
        await using var tower = await TestTower.StartAsync();
        await tower.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(
            new ConnectionSeed(
                [
                    new SeedConnection("shop", "shopify", "Shop", "brand", null, "EUR", "UTC", null,
                        new() { ["baseUrl"] = "http://127.0.0.1:9", ["apiVersion"] = "2026-07", ["shopDomain"] = "door.myshopify.com" },
                        new() { ["accessToken"] = "door-token-door-token", ["clientSecret"] = Secret }),
                ],
                [], []),
            default);
        var frame = Encoding.UTF8.GetBytes("""{"id":1,"note":""}""");
        var body = Encoding.UTF8.GetBytes($$"""{"id":1,"note":"{{new string('x', size - frame.Length)}}"}""");
        Assert.Equal(size, body.Length);
        using var client = tower.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/ingress/shop/orders-create", UriKind.Relative)) { Content = new ByteArrayContent(body) };
        request.Headers.Add("X-Shopify-Topic", "orders/create");
        request.Headers.Add("X-Shopify-Shop-Domain", "door.myshopify.com");
        request.Headers.Add("X-Shopify-Hmac-Sha256", Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), body)));
        request.Headers.Add("X-Shopify-Event-Id", "event-1");

        using var answer = await client.SendAsync(request);
        Assert.True(expected == answer.StatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        Assert.Equal(stored, await tower.Database.ScalarAsync<long>("select count(*) from inbox_message"));
    }
}
