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

    /// <summary>Causes of a filter that asks for more than is counted ahead: every case of it is looked at.</summary>
    public static string Causes(string where, CaseSort sort, int limit)
    {
        var order = sort switch
        {
            CaseSort.Oldest => "min(c.opened_at), c.fingerprint",
            CaseSort.Newest => "max(c.opened_at) desc, c.fingerprint",
            _ => $"sum(c.rank) desc, count(*) desc, c.fingerprint",
        };
        return $"""
            with c as (
              select c.fingerprint, c.title, c.failure, c.code, c.connection_id, c.state, c.at_risk, c.rank, c.currency, c.opened_at, c.last_seen_at, c.id, c.assignee
              from exception_case c left join flow f on f.id = c.flow_id{where}),
            money as (select fingerprint, array_agg(currency order by total desc) currencies, array_agg(total order by total desc) totals
                      from (select fingerprint, currency, sum(at_risk) total from c where currency is not null group by 1, 2) m group by 1),
            trend as ({Trend("c", "true")})
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

    /// <summary>The same from the tally: what each cause is called and since when it is there is looked up by its key, one row each.</summary>
    public static string TalliedCauses(string where, CaseSort sort, int limit)
    {
        // The states are said once more as constants: only then the planner sees that the index of open cases has them all.
        var open = $"exception_case c{where} and c.fingerprint = t.fingerprint and c.state in ('open', 'retrying') and (c.shelf_until is null or c.shelf_until <= now())";
        var order = sort switch
        {
            CaseSort.Oldest => "since, fingerprint",
            CaseSort.Newest => "latest desc, fingerprint",
            _ => "rank desc, cases desc, fingerprint",
        };
        return $"""
            with b as (select c.fingerprint, c.state, c.currency, c.assignee, sum(c.cases) cases, sum(c.at_risk) at_risk, sum(c.rank) rank from case_board c{where} group by 1, 2, 3, 4),
            t as (select fingerprint, sum(cases) cases, sum(cases) filter (where state = 'open') open, sum(cases) filter (where state = 'retrying') retrying, sum(rank) rank,
                         case when count(distinct assignee) filter (where cases > 0) = 1 and coalesce(sum(cases) filter (where assignee is null), 0) = 0 then (array_agg(assignee) filter (where cases > 0))[1] end held
                  from b group by 1 having sum(cases) > 0),
            top as (select t.*, (select min(c.opened_at) from {open}) since, (select max(c.opened_at) from {open}) latest from t order by {order} limit {limit}),
            money as (select fingerprint, array_agg(currency order by total desc) currencies, array_agg(total order by total desc) totals
                      from (select fingerprint, currency, sum(at_risk) total from b where currency is not null group by 1, 2 having sum(cases) > 0) m group by 1),
            trend as ({Trend("exception_case", "state in ('open', 'retrying') and fingerprint in (select fingerprint from top)")})
            select t.fingerprint, e.title, e.failure, e.code, e.connection_id, (select name from connection where id = e.connection_id), t.cases::int, coalesce(t.open, 0)::int, coalesce(t.retrying, 0)::int,
                   m.currencies, m.totals, t.since, e.last_seen_at, r.buckets, r.numbers, (select name from account where id = t.held)
            from top t cross join lateral (select c.title, c.failure, c.code, c.connection_id, c.last_seen_at from {open} order by c.last_seen_at desc limit 1) e
            left join money m using (fingerprint) left join trend r using (fingerprint)
            order by {order}
            """;
    }

    // The last day in twelve steps; width_bucket gives 1..12 for instants inside it.
    private static string Trend(string from, string where) => $"""
        select fingerprint, array_agg(bucket) buckets, array_agg(n) numbers
        from (select fingerprint, width_bucket(extract(epoch from now() - opened_at), 0, 86400, 12) bucket, count(*)::int n
              from {from} where opened_at > now() - interval '1 day' and {where} group by 1, 2) t group by 1
        """;

    /// <summary>Conditions on what the tally has a column for.</summary>
    public static SqlFilter TalliedConditions(CaseFilter filter)
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

        return where;
    }

    public static SqlFilter Conditions(CaseFilter filter)
    {
        var where = TalliedConditions(filter);
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

    // Each way has its own index; the cases that any of them finds are few, whatever the whole table holds.
    private static void Matches(SqlFilter where, OrderSearchText text)
    {
        List<string> ways = [];
        foreach (var term in text.Terms)
        {
            var value = where.Value(term);
            ways.Add($"select case_id from case_words where words @@ words_query({value})");
            ways.Add($"select k.id from exception_case k join posting p on p.flow_id = k.flow_id and p.key = k.posting_key where p.key = upper({value})");
            ways.Add($"select k.id from exception_case k join flow_reference r on r.flow_id = k.flow_id where lower(r.value) = lower({value})");
            if (OrderSearchText.MayBePrefix(term))
            {
                ways.Add($"select k.id from exception_case k join flow_reference r on r.flow_id = k.flow_id where lower(r.value) ~>=~ lower({value}) and lower(r.value) ~<~ (lower({value}) || U&'\\+10FFFF')");
            }
        }

        if (text.CaseId is { } id)
        {
            ways.Add($"select {where.Value(id)}");
        }

        if (text.FlowId is { } flow)
        {
            ways.Add($"select k.id from exception_case k where k.flow_id = {where.Value(flow)}");
        }

        where.Add($"c.id in ({string.Join(" union all ", ways)})");
    }
}
