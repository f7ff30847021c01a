using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Flows;

/// <summary>
/// Reads for the list of orders. The list is a frozen sequence of ids (<see cref="KeysAsync"/>, by keyset), whose rows are read as they come into view
/// (<see cref="RowsAsync"/>): rows change in place and never move. SQL by hand, for the plans. Reading again is always safe.
/// </summary>
public sealed class OrderQueries(TowerDataSources sources)
{
    /// <summary>Ids per call at most.</summary>
    public const int PageSize = 500;

    /// <summary>Orders that a search text may match at most; more are not an answer to a search.</summary>
    private const int MatchLimit = 5000;

    /// <summary>The next ids of the list after <paramref name="after"/> (null: from the top).</summary>
    public async Task<OrderKeys> KeysAsync(OrderFilter filter, OrderCursor? after = null, int count = PageSize, CancellationToken cancel = default)
    {
        var take = Math.Clamp(count, 1, PageSize);
        var where = Conditions(filter);
        var order = OrderKeyset.Of(filter.Sort);
        order.After(where, after);
        await using var command = where.Command(sources.Read,
            $"select f.id, ({order.Column})::text from flow f{where.Where} order by {order.OrderBy} limit {take + 1}");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<long> ids = [];
        OrderCursor? next = null;
        while (await reader.ReadAsync(cancel))
        {
            if (ids.Count == take)
            {
                return new OrderKeys(ids, next);
            }

            ids.Add(reader.GetInt64(0));
            next = new OrderCursor(filter.Sort, reader.GetString(1), reader.GetInt64(0));
        }

        return new OrderKeys(ids, null);
    }

    /// <summary>Count, value and oldest age of everything in the filter.</summary>
    public async Task<OrderTotal> TotalAsync(OrderFilter filter, CancellationToken cancel = default)
    {
        var where = Conditions(filter);
        await using var command = where.Command(sources.Read,
            $"select f.currency, count(*), sum(f.value), min(f.stage_since) filter (where f.status in ('open', 'attention')) from flow f{where.Where} group by 1 order by 3 desc");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        long count = 0;
        DateTimeOffset? oldest = null;
        List<Money> values = [];
        while (await reader.ReadAsync(cancel))
        {
            count += reader.GetInt64(1);
            values.Add(new Money(reader.GetDecimal(2), reader.GetString(0)));
            if (!reader.IsDBNull(3) && reader.GetFieldValue<DateTimeOffset>(3) is var since && (oldest is null || since < oldest))
            {
                oldest = since;
            }
        }

        return new OrderTotal(count, values, oldest);
    }

    /// <summary>How many orders of the filter came after <paramref name="newestId"/> was the newest; at most 100.</summary>
    public async Task<int> NewerAsync(OrderFilter filter, long newestId, CancellationToken cancel = default)
    {
        var where = Conditions(filter);
        where.Add($"f.id > {where.Value(newestId)}");
        await using var command = where.Command(sources.Read, $"select count(*) from (select 1 from flow f{where.Where} limit 100) n");
        return Convert.ToInt32(await command.ExecuteScalarAsync(cancel), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The highest order id there is; 0 without orders.</summary>
    public async Task<long> NewestIdAsync(CancellationToken cancel = default)
    {
        await using var command = sources.Read.CreateCommand("select coalesce(max(id), 0) from flow");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>The rows of these ids as they are now, in no particular order; an id that is not there is left out.</summary>
    public async Task<IReadOnlyList<OrderRow>> RowsAsync(IReadOnlyCollection<long> ids, CancellationToken cancel = default)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        await using var command = sources.Read.CreateCommand(OrderRowReader.Sql);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. ids] });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<OrderRow> rows = [];
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(OrderRowReader.Read(reader));
        }

        return rows;
    }

    /// <summary>An order as it is stated now; null where no statement is kept. Its buyer is personal data.</summary>
    public async Task<Order?> StatementAsync(long id, CancellationToken cancel = default)
    {
        var body = await sources.Read.Command("select body::text from order_document where flow_id = $1 order by version desc limit 1", Sql.Of(id)).ScalarAsync<string>(cancel);
        return body is null ? null : JsonSerializer.Deserialize(body, CanonicalJson.Default.Order);
    }

    /// <summary>The best matches of a pasted text, newest first, for the palette.</summary>
    public async Task<IReadOnlyList<OrderRow>> FindAsync(OrderSearchText text, int count, CancellationToken cancel = default)
    {
        if (text.IsEmpty)
        {
            return [];
        }

        var keys = await KeysAsync(new OrderFilter { Text = text }, null, count, cancel);
        var rows = (await RowsAsync(keys.Ids, cancel)).ToDictionary(row => row.Id);
        return [.. keys.Ids.Where(rows.ContainsKey).Select(id => rows[id])];
    }

    public async Task<OrderFacets> FacetsAsync(CancellationToken cancel = default)
    {
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select distinct brand from connection where role = 'shop' and brand <> '' order by 1"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select id, name from connection where role = 'shop' order by name, id"));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var brands = await TextsAsync(reader, cancel);
        await reader.NextResultAsync(cancel);
        List<(string, string)> shops = [];
        while (await reader.ReadAsync(cancel))
        {
            shops.Add((reader.GetString(0), reader.GetString(1)));
        }

        return new OrderFacets(brands, shops);
    }

    private static SqlFilter Conditions(OrderFilter filter)
    {
        var where = new SqlFilter();
        where.Add("f.kind = 'order-to-cash' and f.placed_at is not null");
        where.In("f.stage", filter.Stages);
        where.In("f.status", filter.Statuses);
        where.In("f.brand", filter.Brands);
        where.In("f.source", filter.Sources);
        where.In("f.source_id", filter.SourceIds);
        filter.Reach.Narrow(where, "f.source", "f.brand");
        if (filter.Id is { } one)
        {
            where.Add($"f.id = {where.Value(one)}");
        }

        if (filter.UpdatedSince is { } since)
        {
            where.Add($"f.id in (select e.flow_id from event_log e where e.at >= {where.Value(since.ToUniversalTime())})");
        }

        if (filter.InStageFor is { } age)
        {
            where.Add($"f.status in ('open', 'attention') and f.stage_since <= now() - {where.Value(age)}");
        }

        Range(where, "f.value", filter.ValueFrom, filter.ValueTo);
        if (filter.PlacedFrom is { } from)
        {
            where.Add($"f.placed_at >= {where.Value(from.ToUniversalTime())}");
        }

        if (filter.PlacedBefore is { } before)
        {
            where.Add($"f.placed_at < {where.Value(before.ToUniversalTime())}");
        }

        if (!filter.Text.IsEmpty)
        {
            Matches(where, filter.Text);
        }

        return where;
    }

    private static void Range(SqlFilter where, string column, decimal? from, decimal? to)
    {
        if (from is { } least)
        {
            where.Add($"{column} >= {where.Value(least)}");
        }

        if (to is { } most)
        {
            where.Add($"{column} <= {where.Value(most)}");
        }
    }

    private static void Matches(SqlFilter where, OrderSearchText text)
    {
        List<string> ways = [];
        foreach (var term in text.Terms)
        {
            var value = where.Value(term);
            ways.Add($"select flow_id from flow_reference where lower(value) = lower({value})");
            if (OrderSearchText.MayBePrefix(term))
            {
                // A range, not LIKE: it needs no escaping and uses the index whatever the plan. U+10FFFF sorts after every character.
                ways.Add($"(select flow_id from flow_reference where lower(value) ~>=~ lower({value}) and lower(value) ~<~ (lower({value}) || U&'\\+10FFFF') limit {MatchLimit})");
            }

            ways.Add($"select flow_id from posting where key = upper({value})");
        }

        if (text.FlowId is { } flow)
        {
            ways.Add($"select {where.Value(flow)}");
        }

        if (text.CaseId is { } number)
        {
            ways.Add($"select flow_id from exception_case where id = {where.Value(number)} and flow_id is not null");
        }

        if (text.TraceId is { } trace)
        {
            ways.Add(MessageSearch.ByTrace(where.Value(trace)));
        }

        if (text.EventIds is { Count: > 0 } events)
        {
            ways.Add(MessageSearch.ByEvent(where.Value(events.ToArray())));
        }

        where.Add($"f.id in ({string.Join(" union all ", ways)})");
    }

    private static async Task<IReadOnlyList<string>> TextsAsync(NpgsqlDataReader reader, CancellationToken cancel)
    {
        List<string> texts = [];
        while (await reader.ReadAsync(cancel))
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }
}
