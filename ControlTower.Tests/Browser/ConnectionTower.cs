using ControlTower.Sync.Gateway;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Browser;

/// <summary>A tower after an outage: the ERP answers again and catches up, one shop is away, the other flows. The network behind the form is a double.</summary>
public sealed class ConnectionTower : IAsyncLifetime
{
    public TestTower Tower { get; private set; } = default!;

    public async ValueTask InitializeAsync()
    {
        if (BrowserWorld.Chromium is null)
            return;
        Tower = await TestTower.StartAsync(
            builder => builder.Services.AddSingleton<IVendorTransport>(new TestTransport()), null, "Tower:StoreZone=Europe/Amsterdam", "Tower:Company=Northlane Group",
            "Tower:PublicUrl=https://tower.example.com");
        await OrderWorldStory.PlayAsync(Tower.Database, stuck: 4);
        await OutageAsync(Tower.Database);
    }

    public ValueTask DisposeAsync() => Tower?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Makes the calls of the last minute the last minute's again: a forecast forgets what is older than five minutes, and a busy machine takes longer to get here.</summary>
    public Task JustNowAsync() => Tower.Database.ExecuteAsync("update vendor_call set started_at = started_at + (now() - (select max(started_at) from vendor_call))");

    private static Task OutageAsync(TestDatabase database) => database.ExecuteAsync(
        """
        update connection_gate set owner = gen_random_uuid(), lease_until = now() + interval '2 hours', updated_at = now();
        update connection set settings = '{"environment":"production","tenantId":"3b0e6a52-7c1d-4b1e-9f0a-5d2c8e7f9d41","companyId":"5f1c0d7e-3a44-4a0c-8d1b-0a9b2c3d4e5f","clientId":"tower"}' where id = 'bc-eu';
        update connection set settings = '{"shopDomain":"northlane.myshopify.com"}', subscribed_at = now() - interval '3 hours' where id = 'shopify-eu';
        update connection set settings = '{"baseUrl":"https://uk.shop.example.com"}' where id = 'vendure-uk';

        update connection_gate set breaker = 'open', breaker_since = now() - interval '51 minutes', breaker_reason = '503 from the vendor, no Retry-After' where connection_id = 'bc-eu';
        update connection_turn set at = now() - interval '51 minutes' where connection_id = 'bc-eu';
        update connection_gate set breaker = 'half-open', breaker_since = now() - interval '6 minutes', probes_done = 2, probes_needed = 3,
            budget = '{"used":4440,"limit":6000,"windowSeconds":300,"usedByLane":[2760,1140,540,0],"concurrent":3,"concurrency":5}' where connection_id = 'bc-eu';
        update connection_turn set at = now() - interval '6 minutes' where connection_id = 'bc-eu' and what = 'half-open';
        update connection_gate set budget = '{"used":0,"points":1480,"pointsCapacity":2000,"pointsRestore":100,"windowSeconds":0,"usedByLane":[26,0,0,14],"concurrent":1,"concurrency":8}' where connection_id = 'shopify-eu';
        update connection_gate set breaker = 'open', breaker_since = now() - interval '9 minutes', breaker_reason = 'The host name was not found', next_probe_at = now() + interval '1 hour',
            budget = '{"used":0,"windowSeconds":0,"usedByLane":[0,0,0,0],"concurrent":0,"concurrency":4}' where connection_id = 'vendure-uk';

        with f as (
            insert into flow (kind, source, source_id, brand, name, erp, state, version, steps, stage, status, value, currency, placed_at, stage_since)
            select 'order-to-cash', 'shopify-eu', 'queue-' || i, 'Northlane', 'NL-30' || i, 'bc-eu', '{}', 1, 1, 'reserved', 'open', 134.50, 'EUR', now() - make_interval(secs => i * 9), now()
            from generate_series(1, 320) i returning id, placed_at),
        p as (
            insert into posting (key, flow_id, connection_id, kind, document_version, value, currency, state, intended_at)
            select 'NL-' || id || '-0123456789ABCDEF', id, 'bc-eu', 'PostSalesOrder', 1, 134.50, 'EUR', 'intended', placed_at from f returning key, flow_id, intended_at)
        insert into delivery (posting_key, connection_id, flow_id, kind, state, lane, attempts, document_version, value, currency, due_at, created_at)
        select key, 'bc-eu', flow_id, 'PostSalesOrder', 0, case when intended_at > now() - interval '2 minutes' then 0 else 1 end, 0, 1, 134.50, 'EUR', now(), intended_at from p;

        insert into vendor_call (connection_id, posting_key, flow_id, purpose, lane, attempt, verb, path, status, outcome, failure, request, response, started_at, took_ms)
        select 'bc-eu', 'NL-1048213-0123456789ABC' || lpad(i::text, 3, '0'), null, case when i % 4 = 0 then 'look-up' else 'PostSalesOrder' end, 1, 1, case when i % 4 = 0 then 'GET' else 'POST' end,
            '/v2.0/northlane/production/api/v2.0/companies(5f1c0d7e-3a44-4a0c-8d1b-0a9b2c3d4e5f)/' || case when i % 4 = 0 then 'salesOrders?$filter=externalDocumentNumber eq ''NL-10''' else 'salesOrders' end,
            case when i % 17 = 0 then 503 when i % 4 = 0 then 200 else 201 end, case when i % 17 = 0 then 'failed' else 'ok' end, case when i % 17 = 0 then 'intermittent' end,
            '{"externalDocumentNumber":"NL-1048213-0123456789ABC"}', '{"id":"5f1c","number":"SO-10024"}', now() - make_interval(secs => i * 0.7), 180 + (i * 37 % 900)
        from generate_series(80, 1, -1) i;
        insert into vendor_call (connection_id, posting_key, flow_id, purpose, lane, attempt, verb, path, status, outcome, failure, request, response, started_at, took_ms)
        select 'shopify-eu', null, null, 'feed', 3, 1, 'POST', '/admin/api/2026-07/graphql.json', 200, 'ok', null, '{"query":"{ orders }"}', '{"data":{"orders":[]}}', now() - make_interval(secs => i * 20), 90 + i
        from generate_series(12, 1, -1) i;
        insert into connection_test (connection_id, requested_by, state, outcome, message, took_ms, finished_at) values ('shopify-eu', 'Tess Visser', 'done', 'ok', 'Northlane', 214, now());
        """);
}
