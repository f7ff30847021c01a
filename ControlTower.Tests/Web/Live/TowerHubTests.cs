using System.Net;
using System.Threading.Channels;
using ControlTower.Data.Accounts;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Live;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web.Live;

/// <summary>The hub as programs outside meet it: docs/TOWERHUB.md.</summary>
public sealed class TowerHubTests : IAsyncLifetime
{
    private static readonly Actor Ada = new(Guid.NewGuid(), "Ada Lind", "Admin");

    private TestTower tower = null!;
    private OrderWorld orders = null!;

    private ApiClientStore Clients => tower.Services.GetRequiredService<ApiClientStore>();

    public async ValueTask InitializeAsync()
    {
        tower = await TestTower.StartAsync();
        orders = await new OrderWorld(tower.Database).ConnectAsync();
    }

    [Fact]
    public async Task A_program_follows_the_flows_of_a_brand_first_all_stages_then_what_changed()
    {
        await orders.OrderAsync("#1", value: 120, stage: "posted", inStage: TimeSpan.FromMinutes(3));
        await orders.OrderAsync("#2", source: OrderWorld.OtherShop, currency: "GBP", stage: "posted");
        await using var listener = await ConnectAsync(await KeyAsync(Scopes.FlowsRead));
        Assert.False((await listener.Hub.InvokeAsync<Subscribed>("Subscribe", "flows", new { brand = "Northlane" })).Resumed);

        var snapshot = await listener.NextAsync<StreamSnapshot>();
        Assert.Equal("Northlane", snapshot.Arguments["brand"]);
        var posted = snapshot.Items["order-to-cash/posted"];
        Assert.Equal((1, 120m, "EUR"), (posted.GetProperty("count").GetInt32(), posted.GetProperty("values")[0].GetProperty("amount").GetDecimal(), posted.GetProperty("values")[0].GetProperty("currency").GetString()));
        Assert.True(snapshot.Items["$feed"].GetProperty("live").GetBoolean());
        Assert.Contains("return-to-refund/received", snapshot.Items.Keys);

        await orders.OrderAsync("#3", value: 80, stage: "posted");
        var delta = await listener.NextAsync<StreamDelta>();
        Assert.Equal((snapshot.Epoch, snapshot.Sequence), (delta.Epoch, delta.After));
        Assert.Equal(2, Assert.Single(delta.Changed).Value.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_program_follows_incidents_and_key_figures_of_a_brand()
    {
        await tower.Database.ExecuteAsync(
            """
            insert into incident (kind, subject, title, severity, brand, began_at, detected_at) values ('manual', 'a', 'Orders wait', 'major', 'Northlane', now() - interval '9 minutes', now()), ('manual', 'b', 'Theirs', 'minor', 'Fjord', now(), now());
            insert into drift_day (connection_id, location, day, checked, exact) values ('shopify-eu', 'a', current_date, 200, 199), ('vendure-uk', 'b', current_date, 200, 0);
            """);
        await using var listener = await ConnectAsync(await KeyAsync(Scopes.IncidentsRead, Scopes.KpisRead));
        await listener.Hub.InvokeAsync<Subscribed>("Subscribe", "incidents", new { brand = "Northlane" });
        var incidents = (await listener.NextAsync<StreamSnapshot>()).Items;
        Assert.Equal("Orders wait", Assert.Single(incidents, item => item.Key != "$feed").Value.GetProperty("title").GetString());
        await listener.Hub.InvokeAsync<Subscribed>("Subscribe", "kpis", new { brand = "Northlane" });
        var figures = (await listener.NextAsync<StreamSnapshot>()).Items;
        Assert.Equal((0.995, 200, true), (figures["inventory-sync"].GetProperty("value").GetDouble(), figures["inventory-sync"].GetProperty("n").GetInt32(), figures["inventory-sync"].GetProperty("onTarget").GetBoolean()));
        // What was never measured has no value, and no verdict.
        Assert.Equal(System.Text.Json.JsonValueKind.Null, figures["return-processing"].GetProperty("value").ValueKind);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, figures["return-processing"].GetProperty("onTarget").ValueKind);
    }

    [Fact]
    public async Task After_a_loss_it_goes_on_where_it_was()
    {
        var key = await KeyAsync(Scopes.ConnectionsRead);
        await using var first = await ConnectAsync(key);
        await first.Hub.InvokeAsync<Subscribed>("Subscribe", "connections", (object?)null);
        var snapshot = await first.NextAsync<StreamSnapshot>();
        Assert.Equal("closed", snapshot.Items["bc-eu"].GetProperty("state").GetString());
        await first.Hub.StopAsync();

        Assert.Equal(DeskAnswer.Done, await tower.Services.GetRequiredService<ConnectionDesk>().PauseAsync("bc-eu", "month end", Ada, default));
        await using var second = await ConnectAsync(key);
        Assert.True((await second.Hub.InvokeAsync<Subscribed>("Resume", "connections", (object?)null, snapshot.Epoch, snapshot.Sequence)).Resumed);
        var delta = await second.NextAsync<StreamDelta>();
        Assert.Equal((snapshot.Epoch, snapshot.Sequence), (delta.Epoch, delta.After));
        Assert.Equal("paused", delta.Changed["bc-eu"].GetProperty("state").GetString());

        var again = await second.Hub.InvokeAsync<Subscribed>("Resume", "connections", (object?)null, "before the restart", 7);
        Assert.False(again.Resumed);
        Assert.Equal(again.Subscription, (await second.NextAsync<StreamSnapshot>()).Subscription);
        await second.Hub.InvokeAsync("Refresh", again.Subscription);
        await second.NextAsync<StreamSnapshot>();
    }

    [Fact]
    public async Task An_error_names_the_argument()
    {
        await using var listener = await ConnectAsync(await KeyAsync(Scopes.FlowsRead));
        await RefusedAsync("unknown-stream: stream: There is no such stream. There are ", "Subscribe", "orders", null);
        await RefusedAsync("unknown-stream: stream: ", "Subscribe", 5, null);
        await RefusedAsync("bad-argument: brand: No connection has this brand.", "Subscribe", "flows", new { brand = "Nobody's" });
        await RefusedAsync("bad-argument: brand: A text of 1 to 200 characters.", "Subscribe", "flows", new { brand = 5 });
        await RefusedAsync("bad-argument: channel: flows takes brand.", "Subscribe", "flows", new { channel = "shopify-eu" });
        await RefusedAsync("bad-argument: arguments: An object of texts, or null.", "Subscribe", "flows", "brand");
        await RefusedAsync("bad-argument: subscription: This connection has no such subscription.", "Refresh", "s9");
        await RefusedAsync("bad-argument: sequence: The whole number that came with the last message.", "Resume", "flows", null, "e", 1.5);
        await RefusedAsync("not-allowed: stream: You need api:connection:read for connections.", "Subscribe", "connections", null);

        for (var i = 0; i < TowerHub.Most; i++)
            await listener.Hub.InvokeAsync<Subscribed>("Subscribe", "flows", (object?)null);
        await RefusedAsync("too-many: stream: A connection follows 16 streams at most.", "Subscribe", "flows", null);
        await listener.Hub.InvokeAsync("Unsubscribe", "s1");
        await listener.Hub.InvokeAsync<Subscribed>("Subscribe", "flows", (object?)null);

        async Task RefusedAsync(string said, string call, params object?[] list) =>
            Assert.Contains(said, (await Assert.ThrowsAsync<HubException>(() => listener.Hub.InvokeCoreAsync<object>(call, list))).Message, StringComparison.Ordinal);
    }

    [Promise(20)]
    [Fact]
    public async Task Rights_are_asked_for_each_stream_and_a_refusal_is_written_down()
    {
        await using var listener = await ConnectAsync(null, await CookieAsync(await tower.PersonAsync(Roles.Merchandiser)));
        await listener.Hub.InvokeAsync<Subscribed>("Subscribe", "flows", (object?)null);
        var refused = await Assert.ThrowsAsync<HubException>(() => listener.Hub.InvokeAsync<Subscribed>("Subscribe", "connections", (object?)null));
        Assert.Contains("You need connections:connection:read", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from audit where outcome = 'refused' and subject = 'hub:connections'"));
    }

    [Promise(20)]
    [Fact]
    public async Task Without_a_good_key_nobody_comes_in_and_a_page_of_another_origin_only_with_a_key()
    {
        using var stranger = tower.Client();
        Assert.Equal(HttpStatusCode.Unauthorized, await NegotiateAsync(stranger));
        Assert.Equal(HttpStatusCode.Unauthorized, await NegotiateAsync(stranger, "?access_token=ctk_" + new string('0', 64)));
        Assert.Equal(HttpStatusCode.Forbidden, await NegotiateAsync(stranger, "?access_token=" + await KeyAsync(Scopes.AvailabilityRead)));
        Assert.Equal(HttpStatusCode.OK, await NegotiateAsync(stranger, "?access_token=" + await KeyAsync(Scopes.FlowsRead)));

        // Somebody else's page, in the browser of a person who is signed in here.
        using var person = await tower.SignInAsAsync(Roles.Admin);
        Assert.Equal(HttpStatusCode.Forbidden, await NegotiateAsync(person, origin: "https://elsewhere.example"));
        Assert.Equal(HttpStatusCode.Unauthorized, await NegotiateAsync(person, "?access_token=ctk_guess", "https://elsewhere.example"));
        Assert.Equal(HttpStatusCode.OK, await NegotiateAsync(person, "?access_token=" + await KeyAsync(Scopes.FlowsRead), "https://elsewhere.example"));
        // The key is for the hub alone.
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(new Uri("/api/v1/availability?access_token=" + await KeyAsync(Scopes.AvailabilityRead), UriKind.Relative))).StatusCode);
    }

    [Promise(21)]
    [Fact]
    public async Task A_revoked_key_and_an_ended_session_close_the_open_connection_within_ten_seconds()
    {
        var key = await KeyAsync(Scopes.FlowsRead);
        var person = await tower.PersonAsync(Roles.Executive);
        await using var program = await ConnectAsync(key);
        await using var board = await ConnectAsync(null, await CookieAsync(person));
        var (programClosed, boardClosed) = (ClosedAsync(program.Hub), ClosedAsync(board.Hub));

        var client = (await Clients.ListAsync(default)).Single(client => client.Keys.Any(one => one.Hint == key[^4..]));
        await Clients.RevokeKeyAsync(client.Id, client.Keys[0].Hint, client.Keys[0].MadeAt, Ada, default);
        await tower.Services.GetRequiredService<AccountStore>().DisableAsync(person.Id, "left", Ada);
        await Task.WhenAll(programClosed, boardClosed).WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_scope_that_was_taken_away_closes_the_open_connection_within_ten_seconds()
    {
        await using var program = await ConnectAsync(await KeyAsync(Scopes.FlowsRead, Scopes.KpisList));
        var closed = ClosedAsync(program.Hub);
        await tower.Database.ExecuteAsync($"update api_client set scopes = array['{Scopes.FlowsRead}']");
        await closed.WaitAsync(TimeSpan.FromSeconds(10));
    }

    public ValueTask DisposeAsync() => tower.DisposeAsync();

    private async Task<string> KeyAsync(params string[] scopes) =>
        (await Clients.AddAsync(Guid.NewGuid(), $"Board {Guid.NewGuid():N}", scopes, [], TimeSpan.FromDays(1), Ada, default)).Key!;

    private async Task<Listener> ConnectAsync(string? key, string? cookie = null)
    {
        var hub = new HubConnectionBuilder().WithUrl(new Uri(tower.Url + TowerHub.Path), options =>
        {
            options.AccessTokenProvider = () => Task.FromResult(key);
            if (cookie is not null)
                options.Headers["Cookie"] = cookie;
        }).Build();
        var listener = new Listener(hub);
        await hub.StartAsync();
        return listener;
    }

    private async Task<string> CookieAsync(Account person)
    {
        using var client = tower.Client();
        using var answer = await TestTower.PostSignInAsync(client, person.Email, TestTower.Password);
        return answer.Headers.GetValues("Set-Cookie").First(cookie => cookie.StartsWith("ct=", StringComparison.Ordinal)).Split(';')[0];
    }

    private static async Task<HttpStatusCode> NegotiateAsync(HttpClient client, string query = "", string? origin = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{TowerHub.Path}/negotiate{(query.Length == 0 ? "?" : query + "&")}negotiateVersion=1", UriKind.Relative));
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    private static Task ClosedAsync(HubConnection hub)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        hub.Closed += _ => Task.FromResult(closed.TrySetResult());
        return closed.Task;
    }

    private sealed class Listener : IAsyncDisposable
    {
        private readonly Channel<object> heard = Channel.CreateUnbounded<object>();

        public Listener(HubConnection hub)
        {
            Hub = hub;
            hub.On<StreamSnapshot>("Snapshot", message => heard.Writer.TryWrite(message));
            hub.On<StreamDelta>("Delta", message => heard.Writer.TryWrite(message));
        }

        public HubConnection Hub { get; }

        public async Task<T> NextAsync<T>()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (true)
            {
                // A feed that just came to life may first say so.
                var message = await heard.Reader.ReadAsync(limit.Token);
                if (message is StreamDelta { Changed: var changed } && changed.Keys.All(name => name == "$feed"))
                    continue;
                return Assert.IsType<T>(message);
            }
        }

        public ValueTask DisposeAsync() => Hub.DisposeAsync();
    }
}
