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
               c.version, c.at_risk, c.assignee, a.name, c.ticket, c.shelf, nullif(c.shelf_until, 'infinity'), c.shelf_by, c.shelf_note, c.woke_at, c.accepted_at, c.proven, c.assigned_rule is not null, c.due_at, flow_stores(c.flow_id)
        from exception_case c
        left join account a on a.id = c.assignee
        left join flow f on f.id = c.flow_id
        left join connection s on s.id = f.source
        left join connection t on t.id = c.connection_id
        """;

    /// <summary>Open cases of a selection with the system that a retry would call, and whether the act fits them.</summary>
    public static string Set(BatchKind kind) =>
        $"""
        select c.id, c.state, c.value, c.currency, c.connection_id, coalesce(t.name, c.connection_id, 'ControlTower'), coalesce(t.disabled_at, t.paused_at) is not null, coalesce(g.breaker, 'closed'), c.code,
               exists (select from batch_item i where i.case_id = c.id and i.state in ('waiting', 'sent')), c.failure, {BatchOrder.Fit(kind)}
        from unnest($1::bigint[]) with ordinality as w (id, n) join exception_case c on c.id = w.id
        left join connection t on t.id = c.connection_id
        left join connection_gate g on g.connection_id = c.connection_id
        where c.state in ('open', 'retrying') order by w.n
        """;

    /// <summary>The columns that a list is sorted by, all in one direction; the id decides among equals.</summary>
    public static (string Columns, bool Descending) Order(CaseSort sort) => sort switch
    {
        CaseSort.Oldest => ("c.opened_at", false),
        CaseSort.Newest => ("c.opened_at", true),
        _ => ("c.due_soon, c.rank", true),
    };

    /// <summary>The same as an ORDER BY.</summary>
    public static string OrderBy(CaseSort sort)
    {
        var (columns, descending) = Order(sort);
        return string.Join(", ", $"{columns}, c.id".Split(", ").Select(column => descending ? $"{column} desc" : column));
    }

    /// <summary>Causes of a filter that asks for more than is counted ahead: every case of it is looked at, once, and only the columns that are added up.</summary>
    public static string Causes(string where, CaseSort sort, int limit)
    {
        var order = sort switch
        {
            CaseSort.Oldest => "since, fingerprint",
            CaseSort.Newest => "latest desc, fingerprint",
            _ => "due desc, rank desc, cases desc, fingerprint",
        };
        return $"""
            with b as (
              select c.fingerprint, c.currency, case when trend_step(c.opened_at) > trend_step(now()) - interval '1 day' then {Bucket("trend_step(c.opened_at)")} end bucket, count(*) cases, count(*) filter (where c.state = 'open') open,
                     count(*) filter (where c.state = 'retrying') retrying, sum(c.at_risk) at_risk, sum(c.rank) rank, sum(c.rank) filter (where c.due_soon) due, min(c.opened_at) since, max(c.opened_at) latest, max(c.last_seen_at) seen,
                     max(c.id) newest, max(c.retried_at) retried, count(c.assignee) held, min(c.assignee::text) one, max(c.assignee::text) other
              from exception_case c left join flow f on f.id = c.flow_id{where} group by 1, 2, 3),
            top as (
              select fingerprint, sum(cases) cases, sum(open) open, sum(retrying) retrying, sum(rank) rank, coalesce(sum(due), 0) due, min(since) since, max(latest) latest, max(seen) seen, max(newest) newest, max(retried) retried,
                     case when sum(held) = sum(cases) and min(one) = max(other) then min(one)::uuid end held, sum(held) taken
              from b group by 1 order by {order} limit {limit}),
            money as (select fingerprint, array_agg(currency order by total desc) currencies, array_agg(total order by total desc) totals
                      from (select fingerprint, currency, sum(at_risk) total from b where currency is not null group by 1, 2) m group by 1),
            trend as (select fingerprint, array_agg(bucket) buckets, array_agg(n) numbers from (select fingerprint, bucket, sum(cases)::int n from b where bucket is not null group by 1, 2) t group by 1)
            select t.fingerprint, e.title, e.failure, e.code, e.connection_id, (select name from connection where id = e.connection_id), t.cases::int, t.open::int, t.retrying::int,
                   m.currencies, m.totals, t.since, t.seen, r.buckets, r.numbers, (select name from account where id = t.held), t.taken::int, t.retried
            from top t cross join lateral (select title, failure, code, connection_id from exception_case where id = t.newest) e
            left join money m using (fingerprint) left join trend r using (fingerprint)
            order by {order}
            """;
    }

    /// <summary>The same from the tally: what each cause is called and since when it is there is looked up by its key, one row each.</summary>
    public static string TalliedCauses(string where, CaseFilter filter, int limit)
    {
        // The states are said once more as constants: only then the planner sees that the index of open cases, or of those being retried, has them all.
        var states = filter.IsRetrying ? "c.state = 'retrying'" : "c.state in ('open', 'retrying')";
        var open = $"exception_case c{where} and c.fingerprint = t.fingerprint and {states} and (c.shelf_until is null or c.shelf_until <= now())";
        // A small part of a cause has an index by the time that it came alone.
        var newest = filter.IsRetrying || filter.DueSoon ? "c.opened_at" : "c.last_seen_at";
        var order = filter.Sort switch
        {
            CaseSort.Oldest => "since, fingerprint",
            CaseSort.Newest => "latest desc, fingerprint",
            _ => "due desc, rank desc, cases desc, fingerprint",
        };
        return $"""
            with b as (select c.fingerprint, c.state, c.currency, c.assignee, sum(c.cases) cases, sum(c.at_risk) at_risk, sum(c.rank) rank, sum(c.rank) filter (where c.due_soon) due from case_board c{where} group by 1, 2, 3, 4),
            t as (select fingerprint, sum(cases) cases, sum(cases) filter (where state = 'open') open, sum(cases) filter (where state = 'retrying') retrying, sum(rank) rank, coalesce(sum(due), 0) due,
                         case when count(distinct assignee) filter (where cases > 0) = 1 and coalesce(sum(cases) filter (where assignee is null), 0) = 0 then (array_agg(assignee) filter (where cases > 0))[1] end held,
                         coalesce(sum(cases) filter (where assignee is not null), 0) taken
                  from b group by 1 having sum(cases) > 0),
            top as (select t.*, (select min(c.opened_at) from {open}) since, (select max(c.opened_at) from {open}) latest from t order by {order} limit {limit}),
            money as (select fingerprint, array_agg(currency order by total desc) currencies, array_agg(total order by total desc) totals
                      from (select fingerprint, currency, sum(at_risk) total from b where currency is not null group by 1, 2 having sum(cases) > 0) m group by 1),
            trend as (
              select fingerprint, array_agg(bucket) buckets, array_agg(n) numbers
              from (select a.fingerprint, {Bucket("a.step")} bucket, sum(a.cases)::int n from case_arrivals a where a.step > trend_step(now()) - interval '1 day' group by 1, 2 having sum(a.cases) > 0) n group by 1)
            select t.fingerprint, e.title, e.failure, e.code, e.connection_id, (select name from connection where id = e.connection_id), t.cases::int, coalesce(t.open, 0)::int, coalesce(t.retrying, 0)::int,
                   m.currencies, m.totals, t.since, e.last_seen_at, r.buckets, r.numbers, (select name from account where id = t.held), t.taken::int, (select max(c.retried_at) from {open} and c.retried_at is not null)
            from top t cross join lateral (select c.title, c.failure, c.code, c.connection_id, c.last_seen_at from {open} order by {newest} desc limit 1) e
            left join money m using (fingerprint) left join trend r using (fingerprint)
            order by {order}
            """;
    }

    // The last day in twelve steps, 1 the newest.
    private static string Bucket(string step) => $"(1 + extract(epoch from trend_step(now()) - {step})::int / 7200)";

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

        if (filter.DueSoon)
        {
            where.Add("c.due_soon");
        }

        return where;
    }

    public static SqlFilter Conditions(CaseFilter filter)
    {
        var where = TalliedConditions(filter);
        // Said once more as constants: a plan that is made for any parameters can use the indexes of open cases only then.
        if (filter.EffectiveStates.All(state => state is "open" or "retrying"))
        {
            where.Add("c.state in ('open', 'retrying')");
        }

        // A place on the shelf ends by itself: nothing has to run for it.
        if (filter.EffectiveShelf is { } shelved)
        {
            where.Add(shelved ? "c.shelf_until > now()" : "(c.shelf_until is null or c.shelf_until <= now())");
        }

        if (filter.ProvenOnly)
        {
            where.Add("c.proven");
        }

        if (filter.AttemptsFrom is { } attempts)
        {
            // Said as a constant as well: only then the index of those that were tried more than once is known to have them all.
            where.Add($"c.attempts >= {where.Value(attempts)}{(attempts > 1 ? " and c.attempts > 1" : "")}");
        }

        Times(where, filter);
        Types(where, filter.Types);
        if (filter.Stores.Count > 0)
        {
            where.Add(
                $"c.flow_id in (select v.flow_id from reservation v where v.location = any({where.Value(filter.Stores.ToArray())}) and (v.state = 'active' or (v.state = 'committed' and v.reserved_at = v.ended_at)))");
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

    private static void Times(SqlFilter where, CaseFilter filter)
    {
        void Limit(string column, string comparison, DateTimeOffset? at)
        {
            if (at is { } time)
            {
                where.Add($"{column} {comparison} {where.Value(time.ToUniversalTime())}");
            }
        }

        Limit("c.opened_at", ">=", filter.OpenedFrom);
        Limit("c.opened_at", "<", filter.OpenedBefore);
        Limit("c.closed_at", ">=", filter.ClosedFrom);
        Limit("c.closed_at", "<", filter.ClosedBefore);
    }

    private static void Types(SqlFilter where, IReadOnlyList<string> types)
    {
        if (types.Count == 0)
        {
            return;
        }

        List<string> ways = [];
        if (types.Where(CaseType.IsDocument).ToArray() is { Length: > 0 } documents)
        {
            ways.Add($"exists (select from posting p where p.key = c.posting_key and p.kind = any({where.Value(documents)}))");
        }

        if (types.Contains(CaseType.Message))
        {
            ways.Add("c.message_id is not null");
        }

        if (types.Contains(CaseType.Check))
        {
            ways.Add("c.flow_id is not null and c.posting_key is null and c.message_id is null");
        }

        where.Add($"({string.Join(" or ", ways)})");
    }

    // Few messages and orders, each looked up by its key: how many cases there are does not matter.
    private static string OfMessage(string messages) => $"select k.id from ({messages}) y cross join lateral (select id from exception_case where message_id = y.id limit 50) k";

    private static string OfFlow(string flows) => $"select k.id from ({flows}) y cross join lateral (select id from exception_case where flow_id = y.id limit 50) k";

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

        if (text.EventIds is { Count: > 0 } events)
        {
            var ids = where.Value(events.ToArray());
            ways.Add(OfMessage($"select x.id from {MessageSearch.Messages(ids)} x"));
            ways.Add(OfFlow($"select x.id from {MessageSearch.ByEvent(ids)} x"));
            // What came under an id that was used before has a name of its own behind it.
            ways.Add(
                $"""
                select k.id from exception_case k join inbox_message m on m.id = k.message_id
                where k.fingerprint in (select 'duplicate:' || n.id || ':id-reused' from connection n) and exists (select from unnest({ids}::text[]) p where starts_with(m.event_id, p || '~'))
                """);
        }

        if (text.TraceId is { } traced)
        {
            var trace = where.Value(traced);
            ways.Add(OfMessage($"select m.id from inbox_message m where m.trace_id = {trace}"));
            ways.Add(OfFlow($"select x.id from {MessageSearch.ByTrace(trace)} x"));
        }

        where.Add($"c.id in ({string.Join(" union all ", ways)})");
    }
}
