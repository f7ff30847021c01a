using ControlTower.Data.Db;
using ControlTower.Data.Flows;

namespace ControlTower.Data.Triage;

/// <summary>The statements of the exceptions desk. Aliases: c is the case, f its order.</summary>
internal static class CaseSql
{
    public const string Rows =
        """
        select c.id, c.fingerprint, c.title, c.failure, c.code, c.state, c.attempts, c.occurrences, c.flow_id,
               case when f.name <> '' then f.name else c.subject end, s.name, c.connection_id, t.name, c.brand, c.value, c.currency,
               f.stage, f.stage_since, c.opened_at, c.last_seen_at, c.closed_at, c.closed_by, c.resolution,
               c.version, c.at_risk, c.assignee, a.name, c.ticket, c.shelf, nullif(c.shelf_until, 'infinity'), c.shelf_by, c.shelf_note, c.woke_at, c.accepted_at
        from exception_case c
        left join account a on a.id = c.assignee
        left join flow f on f.id = c.flow_id
        left join connection s on s.id = f.source
        left join connection t on t.id = c.connection_id
        """;

    /// <summary>Open cases of a selection with the system that a retry would call.</summary>
    public const string Set =
        """
        select c.id, c.state, c.value, c.currency, c.connection_id, coalesce(t.name, c.connection_id, 'ControlTower'), coalesce(t.disabled_at, t.paused_at) is not null, coalesce(g.breaker, 'closed'), c.code,
               exists (select from batch_item i where i.case_id = c.id and i.state in ('waiting', 'sent'))
        from unnest($1::bigint[]) with ordinality as w (id, n) join exception_case c on c.id = w.id
        left join connection t on t.id = c.connection_id
        left join connection_gate g on g.connection_id = c.connection_id
        where c.state in ('open', 'retrying') order by w.n
        """;

    public static (string Column, bool Descending) Order(CaseSort sort) => sort switch
    {
        CaseSort.Oldest => ("c.opened_at", false),
        CaseSort.Newest => ("c.opened_at", true),
        _ => ("c.rank", true),
    };

    public static string Causes(string where, CaseSort sort, int limit)
    {
        var order = sort switch
        {
            CaseSort.Oldest => "min(c.opened_at), c.fingerprint",
            CaseSort.Newest => "max(c.opened_at) desc, c.fingerprint",
            _ => $"sum(c.rank) desc, count(*) desc, c.fingerprint",
        };
        // The trend covers the last day in twelve steps; width_bucket gives 1..12 for instants inside it.
        return $"""
            with c as (
              select c.fingerprint, c.title, c.failure, c.code, c.connection_id, c.state, c.at_risk, c.rank, c.currency, c.opened_at, c.last_seen_at, c.id, c.assignee
              from exception_case c left join flow f on f.id = c.flow_id{where}),
            money as (select fingerprint, array_agg(currency order by total desc) currencies, array_agg(total order by total desc) totals
                      from (select fingerprint, currency, sum(at_risk) total from c where currency is not null group by 1, 2) m group by 1),
            trend as (select fingerprint, array_agg(bucket) buckets, array_agg(n) numbers
                      from (select fingerprint, width_bucket(extract(epoch from now() - opened_at), 0, 86400, 12) bucket, count(*)::int n
                            from c where opened_at > now() - interval '1 day' group by 1, 2) t group by 1)
            select c.fingerprint, (array_agg(c.title order by c.id desc))[1], (array_agg(c.failure order by c.id desc))[1], (array_agg(c.code order by c.id desc))[1],
                   (array_agg(c.connection_id order by c.id desc))[1], (select name from connection where id = (array_agg(c.connection_id order by c.id desc))[1]),
                   count(*)::int, count(*) filter (where c.state = 'open')::int, count(*) filter (where c.state = 'retrying')::int,
                   m.currencies, m.totals, min(c.opened_at), max(c.last_seen_at), t.buckets, t.numbers,
                   case when count(distinct c.assignee) = 1 and count(*) = count(c.assignee) then (select name from account where id = (array_agg(c.assignee))[1]) end
            from c left join money m using (fingerprint) left join trend t using (fingerprint)
            group by c.fingerprint, m.currencies, m.totals, t.buckets, t.numbers
            order by {order} limit {limit}
            """;
    }

    public static SqlFilter Conditions(CaseFilter filter)
    {
        var where = new SqlFilter();
        where.In("c.state", filter.EffectiveStates);
        where.In("c.failure", filter.Failures);
        where.In("c.connection_id", filter.Connections);
        where.In("c.brand", filter.Brands);
        if (filter.Fingerprint is { } fingerprint)
        {
            where.Add($"c.fingerprint = {where.Value(fingerprint)}");
        }

        if (filter.Assignee is { } assignee)
        {
            where.Add($"c.assignee = {where.Value(assignee)}");
        }

        // A place on the shelf ends by itself: nothing has to run for it.
        if (filter.EffectiveShelf is { } shelved)
        {
            where.Add(shelved ? "c.shelf_until > now()" : "(c.shelf_until is null or c.shelf_until <= now())");
        }

        if (filter.Due is { } due)
        {
            where.Add($"f.stage_since + {Limits(where, due.Limits)} < {where.Value(due.Before.ToUniversalTime())}");
        }

        if (filter.ProvenOnly)
        {
            where.Add("c.closed_by = 'tower'");
        }

        if (filter.ClosedFrom is { } closed)
        {
            where.Add($"c.closed_at >= {where.Value(closed.ToUniversalTime())}");
        }

        if (filter.Batch is { } batch)
        {
            var result = filter.BatchResult is { } ended ? $" and state = {where.Value(ended)}" : "";
            where.Add($"c.id in (select case_id from batch_item where batch_id = {where.Value(batch)}{result})");
        }

        if (!filter.Text.IsEmpty)
        {
            Matches(where, filter.Text);
        }

        return where;
    }

    private static string Limits(SqlFilter where, StageLimits limits)
    {
        var cases = limits.Stages.Select(stage => $" when {where.Value(stage.Key)} then {where.Value(stage.Value)}");
        return $"case f.stage{string.Concat(cases)} else {where.Value(limits.Otherwise)} end";
    }

    private static void Matches(SqlFilter where, OrderSearchText text)
    {
        List<string> ways = [];
        foreach (var term in text.Terms)
        {
            var value = where.Value(term);
            ways.Add($"strpos(lower(c.title || ' ' || c.message || ' ' || c.code), lower({value})) > 0");
            ways.Add($"c.posting_key = upper({value})");
            ways.Add($"starts_with(lower(f.name), lower({value}))");
            ways.Add($"c.flow_id in (select flow_id from flow_reference where lower(value) = lower({value}))");
        }

        if (text.CaseId is { } id)
        {
            ways.Add($"c.id = {where.Value(id)}");
        }

        if (text.FlowId is { } flow)
        {
            ways.Add($"c.flow_id = {where.Value(flow)}");
        }

        where.Add($"({string.Join(" or ", ways)})");
    }
}
