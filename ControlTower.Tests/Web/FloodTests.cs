using System.Net;
using System.Text;
using ControlTower.Data.Accounts;
using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>Many bad requests at once: each is answered in its kind and in seconds, nothing is stored, nothing fails.</summary>
public sealed class FloodTests
{
    private static readonly TimeSpan Seconds = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Two_hundred_sign_ins_at_once_are_refused_or_paused()
    {
        await using var tower = await TestTower.StartAsync();
        using var client = tower.Client(html: true);
        var token = await TestTower.FormTokenAsync(client, "/sign-in");
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            using var form = new FormUrlEncodedContent(
                [new("_handler", "sign-in"), new("__RequestVerificationToken", token), new("Form.Email", $"person{i}@test.example"), new("Form.Password", "not the password")]);
            using var answer = await client.PostAsync(new Uri("/sign-in", UriKind.Relative), form);
            return (answer.StatusCode, Body: await answer.Content.ReadAsStringAsync());
        })).WaitAsync(Seconds);

        Assert.All(answers, answer => Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests, $"{answer.StatusCode}: {answer.Body}"));
        Assert.InRange(answers.Count(answer => answer.StatusCode is HttpStatusCode.Unauthorized), 0, SignInLimits.PerAddress);
        Assert.DoesNotContain(answers, answer => answer.Body.Contains("   at ", StringComparison.Ordinal));
        Assert.Equal(0, await tower.Database.ScalarAsync<long>("select count(*) from account_session"));
        Assert.Empty(tower.Log.Errors);
    }

    [Promise(15)]
    [Fact]
    public async Task Five_hundred_forged_pushes_at_once_store_nothing()
    {
        await using var tower = await TestTower.StartAsync();
        await tower.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(
            new ConnectionSeed(
                [
                    new SeedConnection("shop", "shopify", "Shop", "brand", null, "EUR", "UTC", null,
                        new() { ["baseUrl"] = "http://127.0.0.1:9", ["apiVersion"] = "2026-07", ["shopDomain"] = "door.myshopify.com" },
                        new() { ["accessToken"] = "door-token-door-token", ["clientSecret"] = "door-secret-door-secret-door-secret" }),
                ],
                [], []),
            default);
        using var client = tower.Client();
        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(async i =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/ingress/shop/orders-create", UriKind.Relative)) { Content = new StringContent($"{{\"id\":{i}}}", Encoding.UTF8, "application/json") };
            request.Headers.Add("X-Shopify-Topic", "orders/create");
            request.Headers.Add("X-Shopify-Event-Id", $"event-{i}");
            request.Headers.Add("X-Shopify-Hmac-Sha256", Convert.ToBase64String(new byte[32]));
            using var answer = await client.SendAsync(request);
            return (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType);
        })).WaitAsync(Seconds);

        Assert.Equal([(HttpStatusCode.Unauthorized, "application/problem+json")], answers.Distinct());
        Assert.Equal(0, await tower.Database.ScalarAsync<long>("select count(*) from inbox_message"));
        Assert.Empty(tower.Log.Errors);
    }
}
