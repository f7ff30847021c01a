using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ControlTower.Data.Audit;
using ControlTower.Sync.Webhooks;
using ControlTower.Tests.Support;
using ControlTower.Tests.Sync.Webhooks;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static ControlTower.Tests.Web.Api.StockApiWorld;

namespace ControlTower.Tests.Web.Api;

/// <summary>Clients set up where their events are sent.</summary>
public sealed class WebhooksApiTests
{
    private const string Route = "/api/v1/webhooks";

    [Fact]
    public async Task A_client_makes_changes_exchanges_tests_and_ends_its_own_and_each_wish_may_be_repeated()
    {
        await using var world = await StartAsync("Notifications:AllowPrivateNetworks=true");
        await using var receiver = new WebhookReceiver();
        var program = await world.ProgramAsync("partner", [Scopes.WebhooksManage]);
        var wish = new { url = receiver.Url, types = new[] { "controltower.order.posted.v1" } };

        var (status, made) = await SendAsync(program, HttpMethod.Post, Route, wish, "one");
        Assert.Equal((201, "on", 1), (status, Text(made, "state"), made.GetProperty("version").GetInt32()));
        var (id, secret) = (Text(made, "id"), Text(made, "secret"));
        receiver.Secrets.Add(secret);
        var again = (await SendAsync(program, HttpMethod.Post, Route, wish, "one")).Body;
        Assert.Equal((id, secret), (Text(again, "id"), Text(again, "secret")));
        Assert.Equal((422, "idempotency-key-reused"), Refusal(await SendAsync(program, HttpMethod.Post, Route, new { url = receiver.Url }, "one")));
        Assert.Equal(1, (await SendAsync(program, HttpMethod.Get, Route)).Body.GetProperty("items").GetArrayLength());
        Assert.False((await SendAsync(program, HttpMethod.Get, $"{Route}/{id}")).Body.TryGetProperty("secret", out _));

        Assert.Equal((428, "if-match-needed"), Refusal(await PatchAsync(program, id, new { state = "paused" }, null)));
        Assert.Equal((200, "paused"), (await PatchAsync(program, id, new { state = "paused" }, "\"1\"")) is var (code, body) ? (code, Text(body, "state")) : default);
        Assert.Equal((412, "changed-meanwhile"), Refusal(await PatchAsync(program, id, new { state = "on" }, "\"1\"")));
        var changed = await PatchAsync(program, id, new { types = Array.Empty<string>() }, "\"2\"");
        Assert.Equal((200, 0, receiver.Url), (changed.Status, changed.Body.GetProperty("types").GetArrayLength(), Text(changed.Body, "url")));

        var rotated = Text((await SendAsync(program, HttpMethod.Post, $"{Route}/{id}/rotate-secret", null, "new")).Body, "secret");
        Assert.NotEqual(secret, rotated);
        Assert.Equal(rotated, Text((await SendAsync(program, HttpMethod.Post, $"{Route}/{id}/rotate-secret", null, "new")).Body, "secret"));
        var tested = (await SendAsync(program, HttpMethod.Post, $"{Route}/{id}/test")).Body;
        Assert.Equal((true, "The receiver answered 200."), (tested.GetProperty("sent").GetBoolean(), Text(tested, "answer")));
        Assert.Equal("controltower.webhook.test.v1", Assert.Single(receiver.Heard)["type"]!.GetValue<string>());
        Assert.Equal([], JsonSchemas.Objections(ControlTower.Sync.Relay.EventSchemas.Of(ControlTower.Sync.Relay.EventTypes.Test), receiver.Heard.Single().DeepClone()));
        Assert.Equal(0, (await SendAsync(program, HttpMethod.Get, $"{Route}/{id}/deliveries")).Body.GetProperty("items").GetArrayLength());

        Assert.Equal(204, (await SendAsync(program, HttpMethod.Delete, $"{Route}/{id}")).Status);
        Assert.Equal(404, (await SendAsync(program, HttpMethod.Delete, $"{Route}/{id}")).Status);
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>("select count(*) from event_cursor where follower like 'webhook/%'"));
        Assert.Equal(
            "add, pause, change, rotate secret, test, delete",
            await world.Tower.Database.ScalarAsync<string>("select string_agg(detail::jsonb ->> 'act', ', ' order by seq) from audit where action = 'api:webhooks:manage' and outcome = 'done'"));
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>($"select count(*) from audit where detail::text like '%{secret}%' or detail::text like '%/tower%'"));
    }

    [Fact]
    public async Task Another_clients_webhooks_are_not_there()
    {
        await using var world = await StartAsync("Notifications:AllowPrivateNetworks=true");
        var (mine, other) = (await world.ProgramAsync("mine", [Scopes.WebhooksManage]), await world.ProgramAsync("other", [Scopes.WebhooksManage]));
        var id = Text((await SendAsync(mine, HttpMethod.Post, Route, new { url = "https://hooks.example.com/a" }, "k")).Body, "id");

        Assert.Equal(0, (await SendAsync(other, HttpMethod.Get, Route)).Body.GetProperty("items").GetArrayLength());
        Assert.Equal(404, (await SendAsync(other, HttpMethod.Get, $"{Route}/{id}")).Status);
        Assert.Equal(404, (await PatchAsync(other, id, new { state = "paused" }, "\"1\"")).Status);
        Assert.Equal(404, (await SendAsync(other, HttpMethod.Post, $"{Route}/{id}/rotate-secret", null, "k")).Status);
        Assert.Equal(404, (await SendAsync(other, HttpMethod.Post, $"{Route}/{id}/test")).Status);
        Assert.Equal(404, (await SendAsync(other, HttpMethod.Get, $"{Route}/{id}/deliveries")).Status);
        Assert.Equal(404, (await SendAsync(other, HttpMethod.Delete, $"{Route}/{id}")).Status);
        Assert.Equal(403, (await SendAsync(await world.ProgramAsync("shop"), HttpMethod.Get, Route)).Status);
        Assert.NotEqual(id, Text((await SendAsync(other, HttpMethod.Post, Route, new { url = "https://hooks.example.com/a" }, "k")).Body, "id"));
    }

    [Fact]
    public async Task What_an_admin_switched_off_no_client_switches_on()
    {
        await using var world = await StartAsync();
        var program = await world.ProgramAsync("partner", [Scopes.WebhooksManage]);
        var id = Text((await SendAsync(program, HttpMethod.Post, Route, new { url = "https://hooks.example.com/a" }, "k")).Body, "id");
        var desk = world.Tower.Services.GetRequiredService<WebhookDesk>();
        await desk.StopAsync(Guid.Parse(id), null, "disabled", "It tells too much.", new WebhookActor(Actor.Tower("test"), null, WebhookDesk.Manage));

        Assert.Equal((409, "stopped-by-admin"), Refusal(await PatchAsync(program, id, new { state = "on" }, "\"2\"")));
        Assert.Equal("It tells too much.", Text((await SendAsync(program, HttpMethod.Get, $"{Route}/{id}")).Body, "why"));
    }

    [Fact]
    public async Task Addresses_that_may_not_be_called_and_other_nonsense_are_refused_by_their_field_and_written_down()
    {
        await using var world = await StartAsync();
        var program = await world.ProgramAsync("partner", [Scopes.WebhooksManage]);
        foreach (var url in new[]
        {
            "", "hooks.example.com", "ftp://hooks.example.com", "http://hooks.example.com", "https://user:secret@hooks.example.com/", "https://127.0.0.1/", "https://localhost/", "https://10.1.2.3/hook",
            "https://192.168.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest/meta-data", "https://metadata.google.internal/", "https://0x7f000001/", "https://hooks.example.com/#a",
            "https://hooks.example.com/\r\nX-Evil: 1", "https://hooks.example.com/ a", "https://hooks.example.com\\@10.0.0.1/", "javascript:alert(1)", $"https://hooks.example.com/{new string('a', 2_000)}",
        })
        {
            var (status, problem) = await SendAsync(program, HttpMethod.Post, Route, new { url }, $"k{Guid.NewGuid():N}");
            Assert.True(status == 400 && Faults(problem) == "/url bad-url", $"{url}: {status} {problem}");
        }

        Assert.InRange(await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'api:webhooks:address' and outcome = 'refused'"), 1, 20);
        const string Fine = "https://hooks.example.com/a";
        Assert.Equal("/types/1 bad-types", await FaultsAsync(new { url = Fine, types = new[] { "controltower.order.posted.v1", "controltower.order.sold.v1" } }));
        Assert.Equal("/types/0 bad-types", await FaultsAsync(new { url = Fine, types = new[] { "controltower.webhook.test.v1" } }));
        Assert.Equal("/brands/0 bad-brands", await FaultsAsync(new { url = Fine, brands = new[] { "Nobody's" } }));
        Assert.Equal("/secret unreadable", await FaultsAsync(new { url = Fine, secret = "mine" }));
        Assert.Equal((400, "idempotency-key-needed"), Refusal(await SendAsync(program, HttpMethod.Post, Route, new { url = Fine })));
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>("select count(*) from webhook_subscription"));

        var id = Text((await SendAsync(program, HttpMethod.Post, Route, new { url = Fine }, "k")).Body, "id");
        Assert.Equal("/url bad-url", Faults((await PatchAsync(program, id, new { url = "https://10.0.0.1/" }, "\"1\"")).Body));
        Assert.Equal("/state bad-state", Faults((await PatchAsync(program, id, new { state = "disabled" }, "\"1\"")).Body));
        Assert.Equal("/state bad-state", Faults((await PatchAsync(program, id, new { state = "on", url = Fine }, "\"1\"")).Body));
        for (var i = 1; i < 20; i++)
            Assert.Equal(201, (await SendAsync(program, HttpMethod.Post, Route, new { url = Fine }, $"more-{i}")).Status);
        Assert.Equal((409, "too-many-webhooks"), Refusal(await SendAsync(program, HttpMethod.Post, Route, new { url = Fine }, "more-20")));

        async Task<string> FaultsAsync(object body) => Faults((await SendAsync(program, HttpMethod.Post, Route, body, $"k{Guid.NewGuid():N}")).Body);
    }

    private static async Task<(int Status, JsonElement Body)> PatchAsync(HttpClient client, string id, object body, string? match)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"{Route}/{id}") { Content = JsonContent.Create(body, new MediaTypeHeaderValue("application/merge-patch+json")) };
        if (match is not null)
            request.Headers.TryAddWithoutValidation("If-Match", match);
        using var answer = await client.SendAsync(request);
        return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    private static (int Status, string Slug) Refusal((int Status, JsonElement Body) answer) => (answer.Status, Slug(answer.Body));

    private static string Text(JsonElement body, string member) => body.GetProperty(member).GetString()!;
}
