using System.Text;
using ControlTower.Data.Db;
using ControlTower.Data.Timeline;
using Npgsql;

namespace ControlTower.Data.Triage;

/// <summary>Reads for the pane of one case. Bodies are read apart, by permission of the caller.</summary>
public sealed class CaseDetailQueries(TowerDataSources sources)
{
    private const string Extra =
        """
        select c.message, c.field, c.posting_key, p.kind, p.state, c.message_id, m.topic, length(m.body), src.name, coalesce(pt.name, t.name), c.call_id,
               f.id, f.name, f.stage, f.status, f.placed_at,
               (select count(distinct order_line_id)::int from reservation r where r.flow_id = f.id and r.state = 'active'),
               jsonb_array_length(case jsonb_typeof(coalesce(d.body -> 'lines', d.body -> 'Lines')) when 'array' then coalesce(d.body -> 'lines', d.body -> 'Lines') end),
               coalesce(d.body ->> 'payment', d.body ->> 'Payment'), coalesce(d.body ->> 'fulfilment', d.body ->> 'Fulfilment'), coalesce(r.runbook, k.runbook), r.advice, r.changed_by,
               o.id, o.closed_at, o.closed_by, o.resolution, f.kind, c.erased_at
        from exception_case c
        left join lateral (
            select x.id, x.closed_at, x.closed_by, x.resolution from exception_case x
            where x.subject = c.subject and x.id < c.id and x.state in ('resolved', 'discarded') order by x.id desc limit 1) o on true
        left join flow f on f.id = c.flow_id
        left join posting p on p.key = c.posting_key
        left join inbox_message m on m.id = c.message_id
        left join connection src on src.id = coalesce(f.source, m.connection_id)
        left join connection t on t.id = c.connection_id
        left join connection pt on pt.id = p.connection_id
        left join lateral (select body from order_document where flow_id = f.id order by version desc limit 1) d on true
        left join case_class k on k.failure = c.failure
        left join remedy r on r.failure = c.failure and r.code = c.code
        where c.id = $1
        """;

    private const string Calls =
        """
        select * from (
          select v.id, coalesce(n.name, v.connection_id), v.purpose, v.attempt, v.verb, v.path, v.status, v.outcome, v.failure, v.started_at, v.took_ms
          from vendor_call v left join connection n on n.id = v.connection_id
          where v.flow_id = (select flow_id from exception_case where id = $1) and v.posting_key = (select posting_key from exception_case where id = $1)
          order by v.id desc limit 50) a order by id
        """;

    // A retry of many is one entry that names its cases in the detail. A comment's words stand beside the trail, where they can be erased.
    private const string Acts =
        """
        (select at, actor_name, action, outcome, reason, detail::jsonb ->> 'result' from audit
         where (subject = 'case:' || $1
            or (subject like '% cases' and at >= (select opened_at from exception_case where id = $1) and detail like '%"cases":%'
                and ' ' || (detail::jsonb ->> 'cases') || ' ' like '% ' || $1 || ' %'))
           and action <> 'exceptions:case:comment'
         order by seq desc limit 50)
        union all
        (select at, name, 'exceptions:case:comment', 'done', text, null from case_comment where case_id = $1 order by at desc limit 100)
        order by 1 desc
        """;

    // Of its cause, as many as tell how it goes nowadays.
    private const string Past =
        $"""
        select count(*)::int, count(*) filter (where x.retried and not x.unwanted)::int, count(*) filter (where x.retried and x.tower and not x.unwanted)::int, count(*) filter (where not x.retried and x.tower and not x.unwanted)::int,
            count(*) filter (where x.state = 'resolved' and not x.tower)::int, count(*) filter (where x.state = 'discarded')::int, count(*) filter (where x.unwanted)::int,
            (array_agg(x.resolution order by x.closed_at desc) filter (where x.state = 'resolved' and not x.tower and x.resolution is not null))[1]
        from (select c.state, c.retried_at is not null as retried, c.state = 'resolved' and c.closed_by = 'tower' as tower, coalesce(c.closed_by = 'tower' and c.resolution = '{CaseStore.TakenBack}', false) as unwanted, c.resolution, c.closed_at
              from exception_case c where c.fingerprint = (select fingerprint from exception_case where id = $1) and c.closed_at is not null and c.id <> $1 order by c.closed_at desc limit 200) x
        """;

    /// <summary>The case, or null if there is none.</summary>
    public async Task<CaseDetail?> LoadAsync(long id, CancellationToken cancel = default)
    {
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in (string[])[$"{CaseSql.Rows} where c.id = $1", Extra, Calls, Acts, Past])
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter<long> { TypedValue = id } } });
        }

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return null;
        }

        var row = CaseReader.Row(reader);
        await reader.NextResultAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return null;
        }

        var callId = reader.IsDBNull(10) ? (long?)null : reader.GetInt64(10);
        var detail = Detail(row, reader);
        await reader.NextResultAsync(cancel);
        List<CaseCall> calls = [];
        while (await reader.ReadAsync(cancel))
        {
            calls.Add(CaseReader.Call(reader));
        }

        await reader.NextResultAsync(cancel);
        List<CaseAct> acts = [];
        while (await reader.ReadAsync(cancel))
        {
            acts.Add(new CaseAct(CaseReader.At(reader, 0), reader.GetString(1), reader.GetString(2), reader.GetString(3), CaseReader.Text(reader, 4), CaseReader.Text(reader, 5)));
        }

        await reader.NextResultAsync(cancel);
        var past = await reader.ReadAsync(cancel) && reader.GetInt32(0) > 0
            ? new CausePast(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetInt32(4), reader.GetInt32(5), reader.GetInt32(6), CaseReader.Text(reader, 7)) : null;

        return detail with { Past = past, Call = calls.Find(call => call.Id == callId) ?? calls.LastOrDefault(call => call.Purpose != "look-up"), Attempts = calls, History = acts };
    }

    /// <summary>What was sent and answered in a call of this case's document; null if the call belongs to something else. For people who may read personal data only.</summary>
    public async Task<CallBody?> CallBodyAsync(long caseId, long callId, CancellationToken cancel = default)
    {
        await using var command = sources.Read.CreateCommand(
            "select v.request, v.response, v.headers from vendor_call v join exception_case c on c.id = $1 and v.flow_id = c.flow_id and v.posting_key = c.posting_key where v.id = $2");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = caseId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = callId });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new CallBody(CaseReader.Text(reader, 0), CaseReader.Text(reader, 1)) { Headers = CaseReader.Text(reader, 2) } : null;
    }

    /// <summary>The start of the message that could not be used, as text; null if the case is not about a message. For people who may read personal data only.</summary>
    public async Task<string?> MessageBodyAsync(long caseId, CancellationToken cancel = default)
    {
        await using var command = sources.Read.CreateCommand(
            $"select substring(m.body for {OrderStoryQueries.BodyLimit}) from exception_case c join inbox_message m on m.id = c.message_id where c.id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = caseId });
        return await command.ExecuteScalarAsync(cancel) is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;
    }

    private static CaseDetail Detail(CaseRow row, NpgsqlDataReader r) => new(
        row, r.GetString(0), CaseReader.Text(r, 1), CaseReader.Text(r, 2), CaseReader.Text(r, 3), CaseReader.Text(r, 4), r.IsDBNull(5) ? null : r.GetInt64(5),
        CaseReader.Text(r, 6), r.IsDBNull(7) ? null : r.GetInt32(7), CaseReader.Text(r, 8), CaseReader.Text(r, 9),
        r.IsDBNull(11)
            ? null
            : new CaseOrder(r.GetInt64(11), r.GetString(12), r.GetString(13), r.GetString(14), CaseReader.When(r, 15), r.GetInt32(16),
                r.IsDBNull(17) ? null : r.GetInt32(17), CaseReader.Text(r, 18), CaseReader.Text(r, 19))
            { Kind = r.GetString(27) },
        null, [], [])
    {
        ErasedAt = CaseReader.When(r, 28),
        Runbook = r.IsDBNull(20) ? null : new Uri(r.GetString(20)),
        Advice = CaseReader.Text(r, 21) is { Length: > 0 } advice ? new CaseAdvice(advice, r.GetString(22)) : null,
        Former = r.IsDBNull(23) ? null : new CaseFormer(r.GetInt64(23), CaseReader.At(r, 24), r.GetString(25), CaseReader.Text(r, 26)),
    };
}
