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

    // What the triggers would make of it, made here in one piece: a million rows one by one take a quarter of an hour. That nothing differs is checked.
    private const string Cases =
        """
        insert into exception_case (fingerprint, failure, code, title, message, field, connection_id, flow_id, subject, value, currency, brand, state, opened_at, last_seen_at, closed_at, closed_by, resolution, assignee, assigned_at,
               at_risk, rank, due_at, due_soon, proven)
        select x.*, x.value * k.loss, x.value * k.loss, d.due, coalesce(d.due <= now() + interval '1 hour', false), x.state = 'resolved' and x.closer = 'tower'
        from (
            select 'value:code-' || cause, (array['value', 'missing', 'refused', 'duplicate'])[1 + cause % 4] as failure, 'code-' || cause, 'Failure of kind ' || cause, 'The target refused field f' || cause % 50 || ' of ' || f.name, 'f' || cause % 50,
                   (array['erp-a', 'erp-b', 'erp-c'])[1 + cause % 3], f.id, 'flow/' || f.id || '/code', f.value, f.currency, f.brand,
                   case when f.id % 2 = 1 then case when f.id % 10 = 1 then 'discarded' else 'resolved' end when f.id % 40 = 0 then 'retrying' else 'open' end as state, f.placed_at, f.placed_at,
                   case when f.id % 2 = 1 then least(now(), f.placed_at + interval '2 hours') end, case when f.id % 2 = 1 then case when f.id % 3 = 0 then 'anna' else 'tower' end end as closer, case when f.id % 2 = 1 then 'closed' end,
                   case when f.id % 1000 = 2 then $1::uuid end, case when f.id % 1000 = 2 then now() end
            from flow f, lateral (select ((f.id * 7919) % 1000 / 1000.0 * ((f.id * 104729) % 997 / 997.0) * 200)::int as cause) c) x
        join case_class k on k.failure = x.failure
        cross join lateral (select case when x.state in ('open', 'retrying') then case_due(x.id) end as due) d
        """;

    private const string Words = "insert into case_words select c.id, case_words_of(c) from exception_case c";

    private const string Tally =
        """
        insert into case_tally (fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, cases, value, at_risk, rank)
        select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, count(*), sum(value), sum(at_risk), sum(rank) from exception_case where state in ('open', 'retrying') group by 1, 2, 3, 4, 5, 6, 7, 8
        """;

    private const string Trend =
        """
        insert into case_trend select fingerprint, trend_step(opened_at), count(*) from exception_case where state in ('open', 'retrying') and opened_at > now() - interval '1 day' group by 1, 2
        """;

    // One case in a hundred is written again, so that the triggers reckon it: nothing may change by that.
    private const string Same =
        """
        with one as materialized (select id, at_risk, rank, due_at from exception_case where id % 100 = 0 and state = 'open'),
        again as (update exception_case c set version = version from one where c.id = one.id returning c.id, c.at_risk, c.rank, c.due_at)
        select count(*) from one join again a using (id) where (one.at_risk, one.rank, one.due_at) is distinct from (a.at_risk, a.rank, a.due_at)
        """;

    private const string Shelf =
        "update exception_case set shelf = 'snoozed', shelf_until = now() + interval '1 day', shelf_by = 'Anna' where id % 200 = 4 and state = 'open'";

    public static async Task FillAsync(BenchDatabase database, Guid person, int cases)
    {
        // Without the limits on time that the product's own sessions have.
        await using var connection = new Npgsql.NpgsqlConnection(database.ConnectionString + ";Pooling=false;Command Timeout=0");
        await connection.OpenAsync();
        await connection.Command("set session_replication_role = replica").ExecuteAsync(default);
        await connection.Command(World).ExecuteAsync(default);
        await connection.Command(People, Sql.Of(person)).ExecuteAsync(default);
        await connection.Command(Orders, Sql.Of((long)cases)).ExecuteAsync(default);
        await connection.Command(Documents).ExecuteAsync(default);
        await connection.Command(References).ExecuteAsync(default);
        await connection.Command(Cases, Sql.Of(person)).ExecuteAsync(default);
        await connection.Command(Shelf).ExecuteAsync(default);
        await connection.Command(Words).ExecuteAsync(default);
        await connection.Command(Tally).ExecuteAsync(default);
        await connection.Command(Trend).ExecuteAsync(default);
        await connection.Command("set session_replication_role = default").ExecuteAsync(default);
        if (await connection.Command(Same).ScalarAsync<long>(default) is > 0 and var differing)
        {
            throw new InvalidOperationException($"{differing} cases are not as the triggers would have made them.");
        }

        await connection.Command("vacuum analyze").ExecuteAsync(default);
    }
}
