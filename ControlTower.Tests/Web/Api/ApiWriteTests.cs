using ControlTower.Data.ApiClients;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static ControlTower.Tests.Web.Api.StockApiWorld;

namespace ControlTower.Tests.Web.Api;

/// <summary>The same key is the same wish: raced, repeated, after a death, with another body.</summary>
public sealed class ApiWriteTests
{
    private const string Path = "/api/v1/orders";

    private static readonly string[] All = [Scopes.OrdersWrite, Scopes.SupplyWrite];

    [Fact]
    public async Task Of_twenty_at_once_one_is_done_and_the_others_are_answered_the_same_or_told_to_wait()
    {
        await using var world = await StartAsync();
        using var client = (await world.ClientAsync(All)).Http;
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SendAsync(client, HttpMethod.Post, Path, OrdersApiTests.Given(), "one")));
        Assert.Contains(answers, a => a.Status == 202);
        Assert.All(answers.Where(a => a.Status != 202), a => Assert.Equal((409, "idempotency-key-running"), (a.Status, Slug(a.Body))));
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from inbox_message"));
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'orders:order:state'"));
    }

    [Fact]
    public async Task A_repeat_is_answered_from_the_book_and_another_body_under_the_key_is_refused()
    {
        await using var world = await StartAsync();
        var (id, client) = await world.ClientAsync(All);
        using var http = client;
        var first = await SendAsync(http, HttpMethod.Post, Path, OrdersApiTests.Given(), "k");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Path, UriKind.Relative)) { Content = System.Net.Http.Json.JsonContent.Create(OrdersApiTests.Given()) };
        request.Headers.Add("Idempotency-Key", "k");
        using var again = await http.SendAsync(request);
        Assert.Equal((202, "true", first.Body.GetProperty("link").GetString(), first.Body.ToString()),
            ((int)again.StatusCode, again.Headers.GetValues("Idempotency-Replayed").Single(), again.Headers.Location!.ToString(), await again.Content.ReadAsStringAsync()));
        Assert.Equal((422, "idempotency-key-reused"), (await SendAsync(http, HttpMethod.Post, Path, OrdersApiTests.Given("1002"), "k")) is var (s, b) ? (s, Slug(b)) : default);
        Assert.Equal((422, "idempotency-key-reused"), (await SendAsync(http, HttpMethod.Put, "/api/v1/supply", new { source = "erp", items = Array.Empty<object>() }, "k")) is var (t, c) ? (t, Slug(c)) : default);
        using var other = (await world.ClientAsync(All)).Http;
        Assert.Equal(202, (await SendAsync(other, HttpMethod.Post, Path, OrdersApiTests.Given("1003"), "k")).Status);

        // A day later the key is free again.
        await world.Tower.Database.ExecuteAsync($"update api_write set started_at = now() - interval '25 hours' where client_id = '{id}'");
        Assert.Equal(200, (await SendAsync(http, HttpMethod.Put, "/api/v1/supply", new { source = "erp", items = Array.Empty<object>() }, "k")).Status);
    }

    [Fact]
    public async Task What_was_refused_leaves_its_key_free_and_a_write_without_a_key_that_needs_one_is_refused()
    {
        await using var world = await StartAsync();
        using var client = (await world.ClientAsync(All)).Http;
        Assert.Equal(400, (await SendAsync(client, HttpMethod.Post, Path, "{}", "k")).Status);
        Assert.Equal(202, (await SendAsync(client, HttpMethod.Post, Path, OrdersApiTests.Given(), "k")).Status);
        Assert.Equal((400, "idempotency-key-needed"), (await SendAsync(client, HttpMethod.Post, Path, OrdersApiTests.Given())) is var (s, b) ? (s, Slug(b)) : default);
    }

    [Fact]
    public async Task A_write_whose_node_died_before_or_after_it_was_done_is_done_once()
    {
        await using var world = await StartAsync();
        var (id, client) = await world.ClientAsync(All);
        using var http = client;
        foreach (var done in (bool[])[false, true])
        {
            var key = $"died-{done}";
            Assert.Equal(202, (await SendAsync(http, HttpMethod.Post, Path, OrdersApiTests.Given(key), key)).Status);
            await world.Tower.Database.ExecuteAsync($"update api_write set status = null, headers = null, body = null where key = '{key}'");
            if (!done)
                await world.Tower.Database.ExecuteAsync("delete from inbox_work; delete from inbox_message");
            Assert.Equal((409, "idempotency-key-running"), (await SendAsync(http, HttpMethod.Post, Path, OrdersApiTests.Given(key), key)) is var (s, b) ? (s, Slug(b)) : default);
            await world.Tower.Database.ExecuteAsync($"update api_write set started_at = now() - interval '31 seconds' where key = '{key}'");
            Assert.Equal(202, (await SendAsync(http, HttpMethod.Post, Path, OrdersApiTests.Given(key), key)).Status);
            Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>($"select count(*) from inbox_message where event_id like '{key}/%'"));
        }

        // Whoever wakes up late has lost the key and writes nothing over what another answered.
        var store = world.Tower.Services.GetRequiredService<ApiWriteStore>();
        await store.EndAsync(id, "died-True", 1, 202, "{}", [1], default);
        Assert.NotEqual([1], await world.Tower.Database.ScalarAsync<byte[]>("select body from api_write where key = 'died-True'"));
    }
}
