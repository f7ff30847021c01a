using System.Net;
using ControlTower.Data.Operations;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Pages.Start;
using Xunit;

namespace ControlTower.Tests.Web.Start;

/// <summary>The first-run setup reads each step off the tower: what is missing is told in words, and nothing is ever kept as done.</summary>
public sealed class StartTests : IAsyncLifetime
{
    private TestDatabase database = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task An_empty_tower_says_all_that_is_missing_and_leads_to_where_it_is_done()
    {
        var steps = await StepsAsync();

        Assert.Equal(["database", "admin", "company", "connections", "owners", "look-back", "live"], steps.Select(step => step.Id));
        Assert.Equal("database", StartSteps.Next(steps).Id);
        Assert.Equal(["/operations", "/admin/configuration", "/admin/clients", "/connections/new?return=%2Fstart%3Fstep%3Dconnections&kind=business-central", "/connections/new?return=%2Fstart%3Fstep%3Dconnections&kind=shopify"],
            steps[^1].Gaps.Select(gap => gap.Href));
        Assert.False(steps[^1].IsDone);
    }

    [Fact]
    public async Task A_system_is_proven_by_its_answers_and_what_is_disabled_paused_or_answers_badly_is_told()
    {
        await new OrderWorld(database).ConnectAsync();
        await database.ExecuteAsync(
            """
            insert into location (id, name, kind) values ('WH', 'Venlo', 'warehouse');
            insert into stock (sku, location, on_hand) values ('TEE', 'WH', 5);
            insert into node (id, roles, host, version) values (gen_random_uuid(), 'worker', 'h', '1');
            insert into vendor_call (connection_id, purpose, verb, path, status, outcome, started_at, took_ms) values ('bc-eu', 'test', 'GET', '/', 200, 'ok', now() - interval '1 minute', 5), ('shopify-eu', 'feed', 'POST', '/', 401, 'refused', now(), 5);
            update connection set disabled_at = now(), disabled_by = 'Ida Holm', disabled_reason = 'Enter its secrets.' where id = 'vendure-uk'
            """);
        var systems = (await new StartQueries(database.Sources).ReadAsync(Cancel)).Connections;
        Assert.Equal(["Proven", "Needs you", "Disabled"], new[] { "bc-eu", "shopify-eu", "vendure-uk" }.Select(id => StartSteps.Look(systems.Single(s => s.Id == id), _ => "now").Word));

        var live = (await StepsAsync())[^1];
        Assert.StartsWith("Shopify EU does not answer well", Assert.Single(live.Gaps).Words, StringComparison.Ordinal);

        await database.ExecuteAsync("insert into vendor_call (connection_id, purpose, verb, path, status, outcome, started_at, took_ms) values ('shopify-eu', 'feed', 'POST', '/', 200, 'ok', now() + interval '1 second', 5)");
        Assert.Empty((await StepsAsync())[^1].Gaps);

        // What was proven once and answers badly now keeps nobody from going live, and is told all the same.
        await database.ExecuteAsync("insert into connection_test (connection_id, requested_by, state, outcome, message, finished_at) values ('shopify-eu', 'Ida Holm', 'done', 'refused', 'The token may not write.', now() + interval '2 seconds')");
        Assert.Equal((false, true), (await StepsAsync()).SelectMany(step => step.Gaps).Where(gap => gap.Words.Contains("may not write", StringComparison.Ordinal)).Select(gap => (gap.Blocks, gap.Href!.StartsWith("/connections/shopify-eu/edit", StringComparison.Ordinal))).Single());
    }

    [Fact]
    public async Task The_first_order_ends_the_way_once_it_is_booked()
    {
        var world = await new OrderWorld(database).ConnectAsync();
        var order = await world.OrderAsync("NL-1");
        Assert.Equal(("first order NL-1", false), (await StepsAsync()).Select(step => (step.Words, step.IsDone)).Last());

        await database.ExecuteAsync($"insert into posting (key, flow_id, connection_id, kind, document_version, value, currency, state, reference) values ('NL-1-0123456789ABCDEF', {order}, 'bc-eu', 'PostSalesOrder', 1, 100, 'EUR', 'confirmed', 'SO-1')");
        Assert.True((await StepsAsync())[^1].IsDone);
    }

    [Fact]
    public async Task Whoever_may_connect_systems_lands_there_until_an_order_has_come_and_nobody_else_does()
    {
        await using var tower = await TestTower.StartAsync(database: database);
        Assert.Equal("/start", await HomeAsync(tower, Roles.Admin));
        Assert.Equal("/", await HomeAsync(tower, Roles.Operations));

        await (await new OrderWorld(database).ConnectAsync()).OrderAsync("NL-1");
        Assert.Equal("/connections", await HomeAsync(tower, Roles.Admin));
        using var operations = await tower.SignInAsAsync(Roles.Operations);
        Assert.Equal(HttpStatusCode.Forbidden, (await operations.GetAsync(new Uri("/start", UriKind.Relative), Cancel)).StatusCode);
    }

    private static async Task<string> HomeAsync(TestTower tower, string role)
    {
        var person = await tower.PersonAsync(role);
        using var client = tower.Client();
        using var answer = await TestTower.PostSignInAsync(client, person.Email, TestTower.Password);
        return answer.Headers.Location!.ToString()[tower.Url.Length..];
    }

    private async Task<IReadOnlyList<StartStep>> StepsAsync() => StartSteps.Of(await new StartQueries(database.Sources).ReadAsync(Cancel), time => "now");
}
