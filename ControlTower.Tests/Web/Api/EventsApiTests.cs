using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Live;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Relay;
using ControlTower.Tests.Conformance;
using ControlTower.Tests.Support;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;
using static ControlTower.Tests.Web.Api.StockApiWorld;

namespace ControlTower.Tests.Web.Api;

/// <summary>The event log as programs follow it.</summary>
public sealed class EventsApiTests : IAsyncLifetime
{
    private const string Route = "/api/v1/events";

    private StockApiWorld world = null!;
    private OrderWorld orders = null!;
    private HttpClient program = null!;

    public async ValueTask InitializeAsync()
    {
        world = await StartAsync();
        orders = await new OrderWorld(world.Tower.Database).ConnectAsync();
        await world.Tower.Services.GetRequiredService<ConnectionDirectory>().RefreshAsync(default);
        program = await world.ProgramAsync("feed", [Scopes.EventsRead]);
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_program_reads_every_event_once_in_order_and_goes_on_where_it_stopped()
    {
        var flow = await orders.OrderAsync("NL-1");
        await WriteAsync(flow, 1, 25);

        var (ids, cursor) = await AllAsync("from=start&limit=10");

        Assert.Equal(Enumerable.Range(1, 25).Select(step => $"{flow}/{step}"), ids);
        await WriteAsync(flow, 26, 27);
        Assert.Equal([$"{flow}/26", $"{flow}/27"], (await AllAsync($"after={cursor}")).Ids);
        Assert.Equal([$"{flow}/26", $"{flow}/27"], (await AllAsync($"after={cursor}")).Ids);
        Assert.Empty((await GetAsync("from=now")).Events);
    }

    [Fact]
    public async Task An_event_that_commits_late_is_not_skipped()
    {
        var (one, two) = (await orders.OrderAsync("NL-1"), await orders.OrderAsync("NL-2"));
        await WriteAsync(one, 1, 1);
        var begun = await SettledAsync("from=start", 1);
        await using var slow = await world.Tower.Database.Sources.Work.OpenConnectionAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await using (var late = new NpgsqlCommand($"insert into event_log (flow_id, step, type, stage) values ({two}, 1, 'order.posted', 'posted')", slow))
        {
            await late.ExecuteNonQueryAsync();
        }

        await WriteAsync(one, 2, 3);
        var during = await GetAsync($"after={begun}");
        await transaction.CommitAsync();

        Assert.Empty(during.Events);
        Assert.Equal([$"{two}/1", $"{one}/2", $"{one}/3"], (await AllAsync($"after={during.Cursor}")).Ids);
    }

    [Fact]
    public async Task A_client_of_one_channel_or_brand_has_the_events_of_no_other()
    {
        var (mine, theirs) = (await orders.OrderAsync("NL-1"), await orders.OrderAsync("FJ-1", source: OrderWorld.OtherShop));
        await WriteAsync(mine, 1, 3);
        await WriteAsync(theirs, 1, 3);
        var bound = await world.ProgramAsync("northlane", [Scopes.EventsRead], OrderWorld.Shop);

        Assert.Equal([$"{mine}/1", $"{mine}/2", $"{mine}/3"], (await AllAsync("from=start", bound)).Ids);
        Assert.Equal(6, (await AllAsync("from=start")).Ids.Count);
        Assert.Equal([$"{theirs}/1", $"{theirs}/2", $"{theirs}/3"], (await AllAsync($"from=start&source={OrderWorld.OtherShop}")).Ids);
        var branded = await world.ProgramAsync("fjord too", [Scopes.EventsRead]);
        await world.Tower.Database.ExecuteAsync("update api_client set brands = array['Fjord'] where name = 'fjord too'");
        Assert.Equal([$"{theirs}/1", $"{theirs}/2", $"{theirs}/3"], (await AllAsync("from=start", branded)).Ids);
        Assert.Empty((await AllAsync($"from=start&source={OrderWorld.Shop}", branded)).Ids);
        var (status, problem) = await SendAsync(bound, HttpMethod.Get, $"{Route}?from=start&source={OrderWorld.OtherShop}");
        Assert.Equal((400, "?source channel-not-yours"), (status, Faults(problem)));
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'api:channel:use' and outcome = 'refused'"));
    }

    [Fact]
    public async Task Types_choose_and_what_people_wrote_stays_here()
    {
        var flow = await orders.OrderAsync("NL-1");
        await WriteAsync(flow, 1, 3);
        await orders.StepAsync(flow, 4, "order.invoiced", "invoiced", "bc-eu", "Ada Lind", "Ada Lind, ada@example.com");
        await SettledAsync("from=start", 4);

        var page = await GetAsync("from=start&types=controltower.order.invoiced.v1,controltower.order.paid.v1");

        var e = Assert.Single(page.Events)!;
        Assert.Equal("controltower.order.invoiced.v1", e["type"]!.GetValue<string>());
        Assert.DoesNotContain("Ada", e.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal([], JsonSchemas.Objections(EventSchemas.Of(EventTypes.Find("controltower.order.invoiced.v1")!), e));
        Assert.Equal("application/cloudevents-batch+json", page.Media);
    }

    [Fact]
    public async Task Who_waits_is_answered_when_something_comes_and_many_wait_by_one_query()
    {
        var flow = await orders.OrderAsync("NL-1");
        var from = (await GetAsync("from=now")).Cursor;
        var waits = Enumerable.Range(0, 20).Select(_ => GetAsync($"after={from}&wait=20")).ToList();
        var other = GetAsync($"after={from}&wait=2&types=controltower.order.paid.v1");
        await WriteAsync(flow, 1, 1);
        world.Tower.Services.GetRequiredService<ChangeNotifier>().Announce(LiveTopics.Flows);

        Assert.All(await Task.WhenAll(waits), page => Assert.Equal($"{flow}/1", Assert.Single(page.Events)!["id"]!.GetValue<string>()));
        var none = await other;
        Assert.Empty(none.Events);
        // It does not look at the same again.
        Assert.NotEqual(from, none.Cursor);
    }

    [Fact]
    public async Task A_cursor_whose_event_is_gone_is_told_where_to_begin()
    {
        var flow = await orders.OrderAsync("NL-1");
        await WriteAsync(flow, 1, 5);
        // The log is read behind the oldest transaction of the whole server.
        var page = await GetAsync("from=start&limit=2");
        while (page.Events.Count < 2)
            page = await GetAsync("from=start&limit=2");
        var cursor = page.Cursor;
        await world.Tower.Database.ExecuteAsync("delete from event_log where step <= 3");

        var (status, problem) = await SendAsync(program, HttpMethod.Get, $"{Route}?after={cursor}");

        Assert.Equal((410, "cursor-gone"), (status, Slug(problem)));
        Assert.Contains("from=start", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, (await AllAsync("from=start")).Ids.Count);
    }

    [Fact]
    public async Task A_wrong_question_is_refused_by_its_parameter()
    {
        foreach (var (query, faults) in new[]
        {
            ("from=yesterday", "?from bad-from"), ("from=now&after=AQAAAAAAAAAAAAAAAAAAAAA", "?from bad-from"), ("after=../../etc", "?after bad-cursor"),
            ("from=now&limit=501&wait=21", "?limit bad-limit, ?wait bad-wait"), ("from=now&limit=-1", "?limit bad-limit"), ("from=now&types=order.posted", "?types unknown-type"),
            ("from=now&source=nowhere", "?source unknown-source"), ("from=now&typ=x", "?typ unknown-parameter"), ("from=now&wait=1&wait=2", "?wait given-twice"),
        })
        {
            var (status, problem) = await SendAsync(program, HttpMethod.Get, $"{Route}?{query}");
            Assert.Equal((400, faults), (status, Faults(problem)));
        }
    }

    [Fact]
    public async Task The_types_are_listed_with_their_schemas_for_who_may_read_events()
    {
        var (_, list) = await SendAsync(program, HttpMethod.Get, $"{Route}/types");
        Assert.Equal(EventTypes.All.Count, list.GetProperty("types").GetArrayLength());
        var (status, schema) = await SendAsync(program, HttpMethod.Get, list.GetProperty("types")[0].GetProperty("schema").GetString()!);
        Assert.Equal((200, "controltower.order.captured.v1"), (status, schema.GetProperty("title").GetString()));
        Assert.Equal(404, (await SendAsync(program, HttpMethod.Get, $"{Route}/types/controltower.order.sold.v1")).Status);
        Assert.Equal(403, (await SendAsync(await world.ProgramAsync("shop"), HttpMethod.Get, $"{Route}/types")).Status);
        Assert.Equal(403, (await SendAsync(await world.ProgramAsync("other", [Scopes.AvailabilityRead]), HttpMethod.Get, $"{Route}?from=now")).Status);
    }

    private Task WriteAsync(long flow, int from, int to) => world.Tower.Database.ExecuteAsync(
        $"insert into event_log (flow_id, step, type, stage, system, reference) select {flow}, s, 'order.posted', 'posted', 'bc-eu', 'SO-' || s from generate_series({from}, {to}) s");

    // Transactions of other tests on the same server hold the fence back for a moment.
    private async Task<string> SettledAsync(string query, int count)
    {
        var page = await GetAsync(query);
        await Wait.ForAsync(async () => (page = await GetAsync(query)).Events.Count >= count);
        return page.Cursor;
    }

    private async Task<(List<string> Ids, string Cursor)> AllAsync(string query, HttpClient? client = null)
    {
        List<string> ids = [];
        var quiet = 0;
        while (true)
        {
            var page = await GetAsync(ids.Count == 0 ? $"{query}&wait=5" : query, client);
            ids.AddRange(page.Events.Select(e => e!["id"]!.GetValue<string>()));
            query = page.Next;
            quiet = page.Events.Count == 0 && !page.More ? quiet + 1 : 0;
            if (quiet > 0)
                return (ids, page.Cursor);
        }
    }

    private async Task<Page> GetAsync(string query, HttpClient? client = null)
    {
        using var answer = await (client ?? program).GetAsync(new Uri($"{Route}?{query}", UriKind.Relative));
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        var link = answer.Headers.GetValues("Link").Single();
        return new Page(
            JsonNode.Parse(body)!.AsArray(), answer.Headers.GetValues(EventsApi.CursorHeader).Single(), answer.Headers.GetValues(EventsApi.MoreHeader).Single() == "true",
            link[(link.IndexOf('?', StringComparison.Ordinal) + 1)..link.IndexOf('>', StringComparison.Ordinal)], answer.Content.Headers.ContentType!.MediaType!);
    }

    private sealed record Page(JsonArray Events, string Cursor, bool More, string Next, string Media);
}
