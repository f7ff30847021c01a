using System.Globalization;
using System.Net;
using ControlTower.Sync.Connectors;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

/// <summary>The real workers against a vendor in HTTP that is away, wants a rest, or has its limits.</summary>
public sealed class OutageTests
{
    [Promise(13)]
    [Theory]
    [InlineData("down")]
    [InlineData("unavailable")]
    public async Task An_outage_of_many_probes_leaves_no_case_and_drains_everything_once_and_in_order(string kind)
    {
        var erp = new HttpErp { Fault = _ => Away(kind) };
        await using var world = await EngineWorld.CreateAsync(erp);
        await world.PlaceAsync(Enumerable.Range(1, 8));
        await world.RunUntilAsync(() => Task.FromResult(erp.Seen.Count(r => r.Path == "/company") > 6));
        await world.PlaceAsync(9, 10);
        await world.RunUntilAsync(() => Task.FromResult(erp.Seen.Count(r => r.Path == "/company") > 12));

        await world.RunUntilAsync("select count(*) from delivery where connection_id = 'erp' and lane = 1 and state < 3 and attempts = 0", 10);
        var waiting = await world.Database.ScalarAsync<string>("select string_agg(posting_key, ' ' order by id) from delivery where connection_id = 'erp'");
        erp.Fault = _ => null;
        await world.RunUntilAsync("select count(*) from posting where kind = 'PostSalesOrder' and state = 'confirmed'", 10);

        Assert.Equal(waiting, string.Join(' ', erp.Ledger));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case"));
    }

    [Promise(13)]
    [Theory]
    [InlineData(429, false)]
    [InlineData(429, true)]
    [InlineData(503, false)]
    [InlineData(503, true)]
    public async Task After_Retry_After_no_request_comes_before_its_time_and_none_is_repeated(int status, bool asDate)
    {
        // One call at a time: nothing can be on its way when the vendor speaks.
        var erp = new HttpErp { Stated = new VendorLimits(Concurrency: 1) };
        DateTimeOffset? asked = null, until = null;
        erp.Fault = request =>
        {
            if (request.Path != "/orders" || until is not null)
            {
                return null;
            }

            asked = TimeProvider.System.GetUtcNow();
            // A date has no fractions of a second.
            until = asDate ? DateTimeOffset.FromUnixTimeSeconds(asked.Value.ToUnixTimeSeconds() + 3) : asked + TimeSpan.FromSeconds(2);
            return HttpErp.Status((HttpStatusCode)status, asDate ? until.Value.ToString("R", CultureInfo.InvariantCulture) : "2");
        };
        await using var world = await EngineWorld.CreateAsync(erp);
        await world.PlaceAsync(1);
        await world.RunUntilAsync(() => Task.FromResult(until is not null));
        await world.PlaceAsync(Enumerable.Range(2, 5));
        await world.RunUntilAsync("select count(*) from posting where kind = 'PostSalesOrder' and state = 'confirmed'", 6);

        Assert.DoesNotContain(erp.Seen, r => r.At > asked && r.At < until);
        Assert.Equal(7, erp.Seen.Count(r => r.Method == HttpMethod.Post));
        Assert.Equal(6, erp.Ledger.Distinct().Count());
    }

    [Promise(13)]
    [Fact]
    public async Task A_backlog_of_fifty_never_has_more_calls_at_the_vendor_than_its_limit_feeds_included()
    {
        using var places = new SemaphoreSlim(0);
        var erp = new HttpErp { Stated = new VendorLimits(Concurrency: 5), Works = () => places.WaitAsync() };
        await using var world = await EngineWorld.CreateAsync(erp);
        await world.PlaceAsync(Enumerable.Range(1, 50));
        await world.RunUntilAsync(async () =>
        {
            // The vendor lets one go whenever it is full: the worker is tempted each time.
            if (erp.Present > 0)
            {
                places.Release();
            }

            return await world.Database.ScalarAsync<long>("select count(*) from posting where kind = 'PostSalesOrder' and state = 'confirmed'") == 50;
        });
        places.Release(1000);

        Assert.InRange(erp.MostPresent, 2, 5);
        Assert.Contains(erp.Seen, r => r.Path == "/changes");
        Assert.Equal(50, erp.Ledger.Count);
    }

    [Fact]
    public async Task A_worker_that_starts_again_does_not_start_with_a_full_budget()
    {
        var erp = new HttpErp { Stated = new VendorLimits(Concurrency: 5, RequestsPerWindow: 60, Window: TimeSpan.FromMinutes(5)) };
        await using var world = await EngineWorld.CreateAsync(erp);
        await world.Database.ExecuteAsync(
            """
            insert into vendor_call (connection_id, purpose, lane, verb, path, outcome, started_at, took_ms)
            select 'erp', 'feed', 0, 'GET', '/changes', 'ok', now() - case when i <= 30 then interval '6 minutes' else interval '10 seconds' end, 5 from generate_series(1, 100) i
            """);
        await world.PlaceAsync(1);
        await world.RunUntilAsync("select (budget ->> 'used')::bigint from connection_gate where connection_id = 'erp'", 60);

        Assert.Empty(erp.Seen);
    }

    private static HttpResponseMessage Away(string kind) => kind == "down"
        ? throw new HttpRequestException(HttpRequestError.ResponseEnded)
        : HttpErp.Status(HttpStatusCode.ServiceUnavailable);
}
