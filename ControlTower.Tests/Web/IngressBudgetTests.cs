using System.Net;
using System.Text;
using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using ControlTower.Web.Ingress;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>Many large bodies at once, from anybody: the memory that they may fill is limited, and orders still come in.</summary>
public sealed class IngressBudgetTests
{
    private const int Mebibyte = 1024 * 1024;
    private const int Strangers = 24;

    [Promise(15)]
    [Fact]
    public async Task Slow_large_bodies_beyond_the_budget_are_told_to_come_later_and_small_ones_are_still_heard()
    {
        await using var tower = await OpenAsync(budgetMiB: 8);
        var budget = tower.Services.GetRequiredService<BodyBudget>();
        var senders = await CrowdAsync(tower);
        try
        {
            // Four times 1.5 MiB are three quarters of eight; every other one was refused.
            while (budget.Held != 6 * Mebibyte)
            {
                Assert.InRange(budget.Held, 0, 8 * Mebibyte);
                await MomentAsync();
            }

            using var late = await RawHttp.ConnectAsync(tower.Url);
            await BeginAsync(late, new string('x', BodyBudget.Small + 1));
            AssertBusy(await late.AnswerAsync());

            // 401: it was read and judged; of large ones the door is still full.
            Assert.Equal(HttpStatusCode.Unauthorized, await PushAsync(tower, 60 * 1024));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await PushAsync(tower, 2 * Mebibyte));
        }
        finally
        {
            senders.ForEach(s => s.Dispose());
        }

        while (budget.Held > 0)
            await MomentAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await PushAsync(tower, 2 * Mebibyte));
        Assert.Equal(0, budget.Held);
    }

    [Sabotage(15)]
    [Fact]
    public async Task P15_sabotage_without_a_budget_the_same_strangers_fill_as_much_memory_as_they_like()
    {
        await using var tower = await OpenAsync(budgetMiB: 16 * 1024);
        var budget = tower.Services.GetRequiredService<BodyBudget>();
        var senders = await CrowdAsync(tower);
        try
        {
            while (budget.Held != Strangers * 3L * Mebibyte / 2)
                await MomentAsync();
        }
        finally
        {
            senders.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again_and_a_refusal_takes_nothing()
    {
        var budget = new BodyBudget(Options.Create(new IngressOptions { BodyBudgetMiB = 8 }));
        using (var large = budget.Open())
        using (var other = budget.Open())
        {
            Assert.True(large.TryGrow(6 * Mebibyte));
            Assert.False(other.TryGrow(BodyBudget.Small + 1));
            Assert.True(other.TryGrow(BodyBudget.Small));
            Assert.False(large.TryGrow((6 * Mebibyte) + 1));
            Assert.Equal((6 * Mebibyte) + BodyBudget.Small, budget.Held);
        }

        Assert.Equal(0, budget.Held);
    }

    private static async Task<TestTower> OpenAsync(int budgetMiB)
    {
        // Its clock stands still: no body is too slow, however slow this machine is.
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock), null, $"Ingress:BodyBudgetMiB={budgetMiB}");
        await tower.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(
            new ConnectionSeed(
                [
                    new SeedConnection("shop", "shopify", "Shop", "brand", null, "EUR", "UTC", null,
                        new() { ["baseUrl"] = "http://127.0.0.1:9", ["apiVersion"] = "2026-07", ["shopDomain"] = "door.myshopify.com" },
                        new() { ["accessToken"] = "door-token-door-token", ["clientSecret"] = "door-secret-door-secret-door-secret" }),
                ],
                [], []),
            default);
        return tower;
    }

    /// <summary>Twenty-four strangers, each with three quarters of a large body sent and the rest kept back.</summary>
    private static async Task<List<RawHttp>> CrowdAsync(TestTower tower)
    {
        var senders = new List<RawHttp>();
        for (var i = 0; i < Strangers; i++)
            senders.Add(await RawHttp.ConnectAsync(tower.Url));
        await Task.WhenAll(senders.Select(s => BeginAsync(s, new string('x', 3 * Mebibyte / 2))));
        return senders;
    }

    private static Task MomentAsync() => Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);

    private static async Task BeginAsync(RawHttp sender, string part)
    {
        try
        {
            await sender.SendAsync($"POST /ingress/shop/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {2 * Mebibyte}\r\n\r\n");
            await sender.SendAsync(part);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Refused while it was still sending.
        }
    }

    private static void AssertBusy(string answer)
    {
        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.Contains("Retry-After: 5", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Connection: close", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Too much is arriving at once", answer, StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> PushAsync(TestTower tower, int size)
    {
        using var client = tower.Client();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(new string('x', size)));
        try
        {
            using var answer = await client.PostAsync(new Uri("/ingress/shop/orders", UriKind.Relative), content);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return HttpStatusCode.ServiceUnavailable; // Cut off while it was still sending.
        }
    }
}
