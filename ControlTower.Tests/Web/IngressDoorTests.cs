using System.Net;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Db;
using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using ControlTower.Web.Ingress;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>The door at which shops push, over real HTTP.</summary>
public sealed class IngressDoorTests
{
    private static readonly byte[] Letter = Encoding.UTF8.GetBytes("""{"id":1}""");

    private const string Secret = "door-secret-door-secret-door-secret";

    [Theory]
    [InlineData(1_000, HttpStatusCode.Accepted, 1)]
    [InlineData(1_500_000, HttpStatusCode.Accepted, 1)]
    [InlineData(IngressApi.LargestBody, HttpStatusCode.Accepted, 1)]
    [InlineData(IngressApi.LargestBody + 1, HttpStatusCode.RequestEntityTooLarge, 0)]
    public async Task A_genuine_body_is_taken_up_to_the_stated_size(int size, HttpStatusCode expected, long stored)
    {
        await using var tower = await OpenAsync();
        var frame = Encoding.UTF8.GetBytes("""{"id":1,"note":""}""");
        var body = Encoding.UTF8.GetBytes($$"""{"id":1,"note":"{{new string('x', size - frame.Length)}}"}""");
        Assert.Equal(size, body.Length);

        using var answer = await PushAsync(tower, body);
        Assert.True(expected == answer.StatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        Assert.Equal(stored, await tower.Database.ScalarAsync<long>("select count(*) from inbox_message"));
    }

    [Promise(2)]
    [Fact]
    public async Task While_somebody_locks_the_inbox_the_door_answers_come_later_and_the_same_letter_is_taken_afterwards()
    {
        await using var tower = await OpenAsync();
        await using (var holder = await tower.Database.Sources.Work.OpenConnectionAsync())
        await using (var transaction = await holder.BeginTransactionAsync())
        {
            // A frozen holder would lose its lock after seconds; this one lives and works on.
            await holder.Command("set local idle_in_transaction_session_timeout = 0").ExecuteAsync(default);
            await holder.Command("lock table inbox_message in access exclusive mode").ExecuteAsync(default);

            await AssertLaterAsync(tower);
            Assert.Equal(1, await holder.Command("select count(*) from pg_locks where relation = 'inbox_message'::regclass and mode = 'AccessExclusiveLock' and granted").ScalarAsync<long>(default));
        }

        await AssertTakenOnceAsync(tower);
    }

    [Promise(2)]
    [Fact]
    public async Task While_the_pool_of_the_door_is_used_up_it_answers_come_later_and_the_same_letter_is_taken_afterwards()
    {
        await using var tower = await OpenAsync();
        var ingress = tower.Services.GetRequiredService<TowerDataSources>().Ingress;
        var taken = new List<NpgsqlConnection>();
        try
        {
            var room = new NpgsqlConnectionStringBuilder(ingress.ConnectionString).MaxPoolSize;
            while (taken.Count < room)
            {
                taken.Add(await ingress.OpenConnectionAsync());
            }

            await AssertLaterAsync(tower);
        }
        finally
        {
            foreach (var connection in taken)
            {
                await connection.DisposeAsync();
            }
        }

        await AssertTakenOnceAsync(tower);
    }

    private static async Task AssertLaterAsync(TestTower tower)
    {
        using var answer = await PushAsync(tower, Letter);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    private static async Task AssertTakenOnceAsync(TestTower tower)
    {
        using var answer = await PushAsync(tower, Letter);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from inbox_message"));
    }

    private static async Task<TestTower> OpenAsync()
    {
        var tower = await TestTower.StartAsync();
        await tower.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(
            new ConnectionSeed(
                [
                    new SeedConnection("shop", "shopify", "Shop", "brand", null, "EUR", "UTC", null,
                        new() { ["baseUrl"] = "http://127.0.0.1:9", ["apiVersion"] = "2026-07", ["shopDomain"] = "door.myshopify.com" },
                        new() { ["accessToken"] = "door-token-door-token", ["clientSecret"] = Secret }),
                ],
                [], []),
            default);
        return tower;
    }

    // The sender's patience is far beyond the door's: what waits for the database would be seen by the answer, not by a clock.
    private static async Task<HttpResponseMessage> PushAsync(TestTower tower, byte[] body)
    {
        using var client = tower.Client();
        client.Timeout = TimeSpan.FromSeconds(60);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/ingress/shop/orders-create", UriKind.Relative)) { Content = new ByteArrayContent(body) };
        request.Headers.Add("X-Shopify-Topic", "orders/create");
        request.Headers.Add("X-Shopify-Shop-Domain", "door.myshopify.com");
        request.Headers.Add("X-Shopify-Hmac-Sha256", Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), body)));
        request.Headers.Add("X-Shopify-Event-Id", "event-1");
        return await client.SendAsync(request);
    }
}
