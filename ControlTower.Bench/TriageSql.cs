using ControlTower.Data.Db;

namespace ControlTower.Bench;

/// <summary>A desk of any size: two hundred causes, the first by far the largest, over four brands, three targets and three currencies; one case in two is open, the rest was closed over ninety days.</summary>
internal static class TriageSql
{
    private const string World =
        """
        insert into connection (id, kind, role, name) values ('shop', 'bench', 'shop', 'Shop'), ('erp-a', 'bench', 'erp', 'ERP A'), ('erp-b', 'bench', 'erp', 'ERP B'), ('erp-c', 'bench', 'erp', 'ERP C')
        """;

    private const string People =
        """
        insert into account (id, name, email, role, security_stamp, created_at) values ($1, 'Anna', 'anna@example.test', 'Operations', gen_random_uuid(), now())
        """;

    // The product of two evenly spread numbers gives few causes most of the cases, as outages do.
    private const string Orders =
        """
        insert into flow (kind, source, source_id, brand, name, stage, status, value, currency, placed_at, stage_since, created_at)
        select 'order-to-cash', 'shop', n::text, 'brand-' || n % 4, '#' || n, (array['captured', 'reserved', 'acknowledged'])[1 + (n % 3)::int], 'attention',
               (n * 7919) % 100000 / 100.0, (array['EUR', 'GBP', 'USD'])[1 + (n % 3)::int], now() - age, now() - age, now() - age
        from generate_series(1::bigint, $1::bigint) n, lateral (select case n % 2 when 0 then 7 * interval '1 day' else 90 * interval '1 day' end * ((n * 104729) % 10007 / 10007.0) as age) a
        """;

    private const string Documents =
        """
        insert into order_document (flow_id, version, body)
        select id, 1, jsonb_build_object('lines', jsonb_build_array(jsonb_build_object('sku', 'BNX-' || id % 5000 || '-' || (array['S', 'M', 'L'])[1 + (id % 3)::int], 'title', 'Parka ' || id % 5000, 'quantity', 1)))
        from flow
        """;

    private const string References = "insert into flow_reference (flow_id, kind, value) select id, 'name', name from flow";

    private const string Cases =
        """
        insert into exception_case (fingerprint, failure, code, title, message, field, connection_id, flow_id, subject, value, currency, brand, state, opened_at, last_seen_at, closed_at, closed_by, resolution, assignee, assigned_at)
        select 'value:code-' || cause, (array['value', 'missing', 'refused', 'duplicate'])[1 + cause % 4], 'code-' || cause, 'Failure of kind ' || cause, 'The target refused field f' || cause % 50 || ' of ' || f.name, 'f' || cause % 50,
               (array['erp-a', 'erp-b', 'erp-c'])[1 + cause % 3], f.id, 'flow/' || f.id || '/code', f.value, f.currency, f.brand,
               case when f.id % 2 = 1 then case when f.id % 10 = 1 then 'discarded' else 'resolved' end when f.id % 40 = 0 then 'retrying' else 'open' end, f.placed_at, f.placed_at,
               case when f.id % 2 = 1 then least(now(), f.placed_at + interval '2 hours') end, case when f.id % 2 = 1 then case when f.id % 3 = 0 then 'anna' else 'tower' end end, case when f.id % 2 = 1 then 'closed' end,
               case when f.id % 1000 = 2 then $1::uuid end, case when f.id % 1000 = 2 then now() end
        from flow f, lateral (select ((f.id * 7919) % 1000 / 1000.0 * ((f.id * 104729) % 997 / 997.0) * 200)::int as cause) c
        """;

    private const string Shelf =
        "update exception_case set shelf = 'snoozed', shelf_until = now() + interval '1 day', shelf_by = 'Anna' where id % 200 = 4 and state = 'open'";

    public static async Task FillAsync(BenchDatabase database, Guid person, int cases)
    {
        // Without the limits on time that the product's own sessions have.
        await using var connection = new Npgsql.NpgsqlConnection(database.ConnectionString + ";Pooling=false;Command Timeout=0");
        await connection.OpenAsync();
        await connection.Command(World).ExecuteAsync(default);
        await connection.Command(People, Sql.Of(person)).ExecuteAsync(default);
        await connection.Command(Orders, Sql.Of((long)cases)).ExecuteAsync(default);
        await connection.Command(Documents).ExecuteAsync(default);
        await connection.Command(References).ExecuteAsync(default);
        await connection.Command(Cases, Sql.Of(person)).ExecuteAsync(default);
        await connection.Command(Shelf).ExecuteAsync(default);
        await connection.Command("vacuum analyze").ExecuteAsync(default);
    }
}
