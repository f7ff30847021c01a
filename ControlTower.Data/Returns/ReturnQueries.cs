using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Returns;

/// <summary>Reads for the screens of returns. Reading again is always safe.</summary>
public sealed class ReturnQueries(TowerDataSources sources)
{
    /// <summary>Rows per page at most.</summary>
    public const int PageSize = 200;

    private const string Columns = """
        f.id, f.name, f.source, coalesce(s.name, f.source), f.source_id, f.stage, f.status, f.value, f.currency, f.placed_at, f.stage_since, o.id, o.name, f.state ->> 'Store'
        from flow f left join connection s on s.id = f.source left join flow o on o.id = (f.state ->> 'OrderFlow')::bigint
        """;

    /// <summary>The queue after <paramref name="after"/> (null: from the top), longest in its stage first.</summary>
    public async Task<ReturnPage> ListAsync(ReturnFilter filter, ReturnCursor? after = null, int count = PageSize, CancellationToken cancel = default)
    {
        var take = Math.Clamp(count, 1, PageSize);
        var where = Conditions(filter);
        if (after is not null)
        {
            where.Add($"(f.stage_since, f.id) > ({where.Value(after.StageSince.ToUniversalTime())}, {where.Value(after.Id)})");
        }

        var rows = await where.Command(sources.Read, $"select {Columns}{where.Where} order by f.stage_since, f.id limit {take + 1}").ListAsync(Row, cancel);
        return rows.Count <= take ? new ReturnPage(rows, null) : new ReturnPage(rows[..take], new ReturnCursor(rows[take - 1].StageSince, rows[take - 1].Id));
    }

    /// <summary>The returns of a filter behind one, in the order in which the tower heard of them.</summary>
    public async Task<List<ReturnRow>> HeardAsync(ReturnFilter filter, long after, int count, CancellationToken cancel = default)
    {
        var where = Conditions(filter);
        where.Add($"f.id > {where.Value(after)}");
        return await where.Command(sources.Read, $"select {Columns}{where.Where} order by f.id limit {Math.Clamp(count, 1, PageSize + 1)}").ListAsync(Row, cancel);
    }

    /// <summary>How many returns stand in each stage; those that ended more than a month ago are not counted.</summary>
    public Task<List<ReturnStageCount>> StagesAsync(CancellationToken cancel = default) => sources.Read.Command(
            """
            select stage, status, count(*) from flow
            where kind = 'return-to-refund' and state is not null and (status in ('open', 'attention') or stage_since > now() - interval '30 days') group by 1, 2 order by 1, 2
            """)
        .ListAsync(r => new ReturnStageCount(r.GetString(0), r.GetString(1), r.GetInt64(2)), cancel);

    /// <summary>The returns of an order, oldest first.</summary>
    public Task<List<ReturnRow>> OfOrderAsync(long orderFlowId, CancellationToken cancel = default) => sources.Read.Command(
            $"select {Columns} where f.id in (select c.flow_id from return_claim c where c.order_flow_id = $1) order by f.placed_at, f.id limit 100", Sql.Of(orderFlowId))
        .ListAsync(Row, cancel);

    /// <summary>Where goods can be handed in, stores first.</summary>
    public Task<List<ReturnPlace>> PlacesAsync(CancellationToken cancel = default) => sources.Read.Command(
            "select id, name, kind from location order by kind <> 'store', name, id limit 2000")
        .ListAsync(r => new ReturnPlace(r.GetString(0), r.GetString(1), r.GetString(2)), cancel);

    /// <summary>The lines of an order as its newest statement has them, with what can still come back.</summary>
    public Task<List<SoldOrderLine>> SoldAsync(long orderFlowId, CancellationToken cancel = default) => sources.Read.Command(
            """
            select l ->> 'id', l ->> 'sku', l ->> 'title', (l ->> 'quantity')::integer, (l ->> 'quantity')::integer - coalesce(r.claimed + r.stated, 0)
            from flow f join order_document d on d.flow_id = f.id and d.version = coalesce((f.state ->> 'Document')::bigint, 0)
            cross join lateral jsonb_array_elements(d.body -> 'lines') with ordinality as x (l, n)
            left join return_limit r on r.flow_id = f.id and r.order_line_id = l ->> 'id'
            where f.id = $1 and f.kind = 'order-to-cash' and (l ->> 'quantity')::integer > 0 order by x.n limit 300
            """, Sql.Of(orderFlowId))
        .ListAsync(r => new SoldOrderLine(r.GetString(0), r.GetString(1), r.GetString(2), r.GetInt32(3), r.GetInt32(4)), cancel);

    /// <summary>Null if there is no such return.</summary>
    public async Task<ReturnDetail?> FindAsync(long id, CancellationToken cancel = default)
    {
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        var head = await connection.Command($"select {Columns} where f.id = $1 and f.kind = 'return-to-refund' and f.state is not null", Sql.Of(id)).ListAsync(Row, cancel);
        if (head.Count == 0)
        {
            return null;
        }

        var rest = await connection.Command("select f.state::text, f.version, e.name from flow f left join connection e on e.id = f.erp where f.id = $1", Sql.Of(id))
            .ListAsync(r => (State: r.GetString(0), Version: r.GetInt32(1), Erp: r.Maybe<string>(2)), cancel);
        var documents = await connection.Command(
                """
                select p.key, p.kind, p.connection_id, coalesce(c.name, p.connection_id), p.state, coalesce(p.number, p.reference), p.value, p.currency, p.intended_at, p.settled_at, d.last_message
                from posting p left join connection c on c.id = p.connection_id left join delivery d on d.posting_key = p.key where p.flow_id = $1 order by p.intended_at, p.key
                """, Sql.Of(id))
            .ListAsync(Document, cancel);
        var log = await connection.Command("select step, type, stage, system, reference, detail, at from event_log where flow_id = $1 order by step limit 500", Sql.Of(id))
            .ListAsync(r => new ReturnLogEntry(r.GetInt32(0), r.GetString(1), r.GetString(2), r.Maybe<string>(3), r.Maybe<string>(4), r.Maybe<string>(5), At(r, 6)), cancel);
        var stock = await connection.Command("select sku, location, sound, damaged, at from return_stock where flow_id = $1 order by at, sku, location", Sql.Of(id))
            .ListAsync(r => new ReturnedStock(r.GetString(0), r.GetString(1), r.GetInt32(2), r.GetInt32(3), At(r, 4)), cancel);
        var cases = await connection.Command("select id, code, title, message, state from exception_case where flow_id = $1 order by id desc limit 50", Sql.Of(id))
            .ListAsync(r => new ReturnCase(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4)), cancel);
        return new ReturnDetail(head[0], rest[0].State, rest[0].Version, rest[0].Erp, documents, log, stock, cases);
    }

    private static SqlFilter Conditions(ReturnFilter filter)
    {
        var where = new SqlFilter();
        where.Add("f.kind = 'return-to-refund' and f.state is not null");
        where.In("f.stage", filter.Stages);
        where.In("f.status", filter.Statuses);
        where.In("f.source", filter.Sources);
        where.In("f.source_id", filter.SourceIds);
        filter.Reach.Narrow(where, "f.source", "f.brand");
        if (filter.Id is { } one)
        {
            where.Add($"f.id = {where.Value(one)}");
        }

        if (filter.Text?.Trim() is { Length: > 0 } text)
        {
            var value = where.Value(text);
            where.Add($"f.id in (select flow_id from flow_reference where lower(value) = lower({value}) union all select flow_id from posting where key = upper({value}))");
        }

        return where;
    }

    private static ReturnRow Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), new Money(r.GetDecimal(7), r.GetString(8)), At(r, 9), At(r, 10),
        r.IsDBNull(11) ? null : r.GetInt64(11), r.Maybe<string>(12), r.Maybe<string>(13));

    private static ReturnDocument Document(NpgsqlDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.Maybe<string>(5), new Money(r.GetDecimal(6), r.GetString(7)), At(r, 8), r.IsDBNull(9) ? null : At(r, 9),
        r.Maybe<string>(10));

    private static DateTimeOffset At(NpgsqlDataReader r, int column) => r.GetFieldValue<DateTimeOffset>(column);
}
