using ControlTower.Data.ApiClients;
using ControlTower.Tests.Support;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using ControlTower.Web.Pages.Admin;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static ControlTower.Tests.Web.Api.StockApiWorld;

namespace ControlTower.Tests.Web.Api;

/// <summary>What clients asked is written down beside the requests, whatever became of them, and never in their way; versions on their way out say so.</summary>
public sealed class ApiRequestTests
{
    [Fact]
    public async Task Every_request_of_a_client_is_written_down_with_its_problem_and_trace_also_what_the_door_refused()
    {
        await using var world = await StartAsync();
        var (id, http) = await world.ClientAsync([Scopes.OrdersRead]);
        using var client = http;
        await SendAsync(client, HttpMethod.Get, "/api/v1/orders");
        await SendAsync(client, HttpMethod.Get, "/api/v1/orders?limit=0");
        var gone = await SendAsync(client, HttpMethod.Get, "/api/v1/orders/404");
        await SendAsync(client, HttpMethod.Get, "/api/v1/products");
        using var nobody = world.Tower.Client();
        await SendAsync(nobody, HttpMethod.Get, "/api/v1/orders");
        await world.Tower.Services.GetRequiredService<ApiRequestLog>().FlushAsync(default);
        var use = await world.Tower.Services.GetRequiredService<ApiRequestStore>().OfAsync(new ApiRequestFilter(id, TimeSpan.FromHours(1), null, null, Failed: true), 50, default);
        Assert.Equal((4, 3, 0), (use.Requests, use.Errors, use.Throttled));
        Assert.Equal(["invalid", "not-allowed", "not-found"], use.Problems.Select(p => p.Problem).Order(StringComparer.Ordinal));
        Assert.Equal(["products.list", "orders.show", "orders.list"], use.Newest.Select(r => r.Operation));
        Assert.Equal(("v1", gone.Body.GetProperty("correlationId").GetString()), (use.Newest[1].Version, use.Newest[1].TraceId));
        Assert.NotNull(use.P95Ms);
        Assert.Single((await world.Tower.Services.GetRequiredService<ApiRequestStore>().OfAsync(new ApiRequestFilter(id, TimeSpan.FromHours(1), "orders.show", "not-found", Failed: true), 50, default)).Newest);
        Assert.Equal(4, await world.Tower.Database.ScalarAsync<long>("select count(*) from api_request"));
        await world.Tower.Database.ExecuteAsync("update api_request set at = now() - interval '15 days' where operation = 'products.list'");
        await ApiRequestStore.ForgetAsync(world.Tower.Database.Sources.Work, TimeSpan.FromDays(14), default);
        Assert.Equal(3, await world.Tower.Database.ScalarAsync<long>("select count(*) from api_request"));
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_costs_lines_and_no_request()
    {
        await using var world = await StartAsync();
        var (_, http) = await world.ClientAsync([Scopes.OrdersRead]);
        using var client = http;
        await world.Tower.Database.ExecuteAsync("alter table api_request rename to elsewhere");
        Assert.Equal(200, (await SendAsync(client, HttpMethod.Get, "/api/v1/orders")).Status);
        var log = world.Tower.Services.GetRequiredService<ApiRequestLog>();
        await log.FlushAsync(default);
        Assert.Equal(200, (await SendAsync(client, HttpMethod.Get, "/api/v1/orders")).Status);
        await log.FlushAsync(default);
        Assert.InRange(log.Dropped, 1, 2);
    }

    [Fact]
    public async Task A_version_on_its_way_out_says_so_with_every_answer_and_others_do_not()
    {
        var (deprecated, sunset) = (new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2028, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton(new ApiVersions([new ApiVersion("v0", deprecated, sunset, "https://tower.example/moving-to-v1"), new ApiVersion("v1")])));
        using var client = tower.Client();
        using var old = await client.GetAsync(new Uri("/api/v0/orders", UriKind.Relative));
        Assert.Equal(
            ("@1798761600", "Sat, 01 Jan 2028 00:00:00 GMT", "<https://tower.example/moving-to-v1>; rel=\"sunset\"; type=\"text/html\""),
            (old.Headers.GetValues("Deprecation").Single(), old.Headers.GetValues("Sunset").Single(), old.Headers.GetValues("Link").Single()));
        using var now = await client.GetAsync(new Uri("/api/v1/orders", UriKind.Relative));
        Assert.False(now.Headers.Contains("Deprecation") || now.Headers.Contains("Sunset"));
    }

    [Fact]
    public void What_the_page_shows_stands_in_its_address()
    {
        var id = Guid.Empty;
        Assert.Equal($"/admin/clients/{id}", ClientUseQuery.Usual.Href(id));
        var query = ClientUseQuery.Of("hour", "orders.list", "http-500", "all");
        Assert.Equal($"/admin/clients/{id}?time=hour&operation=orders.list&problem=http-500&which=all", query.Href(id));
        Assert.Equal(ClientUseQuery.Usual, ClientUseQuery.Of("never", "", new string('x', 500), "nothing"));
    }
}
