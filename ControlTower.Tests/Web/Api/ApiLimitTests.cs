using System.Net;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Web.Api;

/// <summary>What a client may use up: in one moment, in the long run, at once, of one operation, of a day, and that it is told of it.</summary>
public sealed class ApiLimitTests
{
    private const string Path = "/api/v1/orders?limit=1";

    private static readonly Actor Ada = Actor.Tower("test");

    [Fact]
    public async Task Limits_hold_exactly_and_every_answer_says_what_is_left()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var (limits, id, client) = await ClientAsync(tower, new ApiLimits("", PerSecond: 2, Burst: 4, AtOnce: 8, PerDay: null));
        using var http = client;
        var answers = await Task.WhenAll(Enumerable.Range(0, 7).Select(_ => AskAsync(http)));
        Assert.Equal((4, 3), (answers.Count(a => a.Status is 200), answers.Count(a => a.Status is 429)));
        Assert.All(answers.Where(a => a.Status is 429), a => Assert.Equal(("rate-limited", "1"), (a.Slug, a.RetryAfter)));
        Assert.All(answers, a => Assert.StartsWith("\"rate\";q=4;w=2, \"at-once\";q=8;qu=\"concurrent-requests\"", a.Policy, StringComparison.Ordinal));
        Assert.Equal([0, 1, 2, 3], answers.Where(a => a.Status is 200).Select(a => a.Left).Order());
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((int[])[200, 200, 429], (int[])[(await AskAsync(http)).Status, (await AskAsync(http)).Status, (await AskAsync(http)).Status]);

        // Another limit is in force within five seconds, without a restart.
        Assert.True(await limits.SetAsync(id, new ApiLimits("", 100, 100, 8, null), Ada, default));
        clock.Advance(SessionGate.Remembered);
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AskAsync(http))), a => Assert.Equal(200, a.Status));
        Assert.True(SessionGate.Remembered <= TimeSpan.FromSeconds(5));

        Assert.True(await limits.SetAsync(id, new ApiLimits("orders.list", 1, 1, 8, null), Ada, default));
        clock.Advance(SessionGate.Remembered);
        Assert.Equal((int[])[200, 429], (int[])[(await AskAsync(http)).Status, (await AskAsync(http)).Status]);
        using var elsewhere = await http.GetAsync(new Uri("/api/v1/orders/1", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
        Assert.Equal(3, await tower.Database.ScalarAsync<long>("select count(*) from audit where detail like '%limits%'"));
    }

    [Fact]
    public async Task The_day_is_never_passed_by_two_nodes_together_outlives_a_restart_and_begins_anew_at_midnight()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(TimeProvider.System.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).AddHours(12));
        await using var database = await TestDatabase.CreateAsync();
        string key;
        await using (var one = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock), database))
        await using (var other = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock), database))
        {
            var (_, _, first) = await ClientAsync(one, new ApiLimits("", 1000, 1000, 100, PerDay: 12));
            key = first.DefaultRequestHeaders.Authorization!.Parameter!;
            using var second = With(other, key);
            var answers = await Task.WhenAll(Enumerable.Range(0, 9).SelectMany(_ => (Task<Answer>[])[AskAsync(first), AskAsync(second)]));
            Assert.Equal((12, 6), (answers.Count(a => a.Status is 200), answers.Count(a => a is { Status: 429, Slug: "quota-exceeded", RetryAfter: "43200" })));
            Assert.Contains("\"day\";q=12;w=86400", answers[0].Policy, StringComparison.Ordinal);
            first.Dispose();
        }

        await using var again = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock), database);
        using var third = With(again, key);
        Assert.Equal(429, (await AskAsync(third)).Status);
        clock.Advance(TimeSpan.FromHours(12));
        Assert.Equal(200, (await AskAsync(third)).Status);
    }

    [Fact]
    public async Task What_a_node_took_and_did_not_use_is_given_back()
    {
        await using var tower = await TestTower.StartAsync();
        var (limits, id, client) = await ClientAsync(tower, new ApiLimits("", 1000, 1000, 100, PerDay: 1000));
        using var http = client;
        Assert.Equal(200, (await AskAsync(http)).Status);
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        Assert.Equal(10, await limits.UsedAsync(id, today, default));
        await tower.Services.GetRequiredService<ApiQuotas>().StopAsync(default);
        Assert.Equal(1, await limits.UsedAsync(id, today, default));
    }

    [Fact]
    public void Requests_under_way_are_counted_and_what_another_limit_refused_is_not()
    {
        var bucket = new ApiBucket(new FakeTimeProvider());
        var limits = new ApiLimits("", 1, 10, 2, null);
        Assert.True(bucket.Enter(limits).In && bucket.Enter(limits).In);
        Assert.Equal((false, true), bucket.Enter(limits) is var third ? (third.In, third.Busy) : default);
        bucket.Leave(done: false);
        Assert.Equal((true, 8L), bucket.Enter(limits) is var fourth ? (fourth.In, fourth.Left) : default);
    }

    [Theory]
    [InlineData(0, 1, 1, null)]
    [InlineData(1, 0, 1, null)]
    [InlineData(1, 1, 0, null)]
    [InlineData(1, 1, 1, 0L)]
    public async Task Limits_out_of_bounds_are_refused(int perSecond, int burst, int atOnce, long? perDay)
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new ApiLimitStore(database.Sources, new AuditLog(database.Sources, TimeProvider.System));
        await Assert.ThrowsAsync<ArgumentException>(() => store.SetAsync(Guid.NewGuid(), new ApiLimits("", perSecond, burst, atOnce, perDay), Ada, default));
    }

    private static async Task<(ApiLimitStore Limits, Guid Id, HttpClient Client)> ClientAsync(TestTower tower, ApiLimits limits)
    {
        var (store, id) = (tower.Services.GetRequiredService<ApiLimitStore>(), Guid.NewGuid());
        var (key, _) = await tower.Services.GetRequiredService<ApiClientStore>().AddAsync(id, $"client {id}", [Scopes.OrdersRead], [], TimeSpan.FromDays(30), Ada, default);
        await store.SetAsync(id, limits, Ada, default);
        return (store, id, With(tower, key!));
    }

    private static HttpClient With(TestTower tower, string key)
    {
        var client = tower.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return client;
    }

    private static async Task<Answer> AskAsync(HttpClient client)
    {
        using var answer = await client.GetAsync(new Uri(Path, UriKind.Relative));
        var body = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        var left = string.Join(", ", answer.Headers.GetValues("RateLimit"));
        return new Answer(
            (int)answer.StatusCode, answer.IsSuccessStatusCode ? null : StockApiWorld.Slug(body), answer.Headers.RetryAfter?.ToString(), string.Join(", ", answer.Headers.GetValues("RateLimit-Policy")),
            int.Parse(left["\"rate\";r=".Length..left.IndexOf(";t", StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture));
    }

    private sealed record Answer(int Status, string? Slug, string? RetryAfter, string Policy, int Left);
}
