namespace ControlTower.Verify.Invariants;

/// <summary>Flows move as they may, in numbered steps, and never stop unseen.</summary>
internal static class FlowInvariants
{
    private const string Ranks = """
        (values ('new', 0), ('captured', 1), ('checked', 2), ('routed', 3), ('reserved', 4), ('posted', 5), ('acknowledged', 6), ('shipped', 7), ('invoiced', 8), ('paid', 9), ('cancelled', 10))
        """;

    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("flow-steps-without-gap", "The steps of a flow are numbered from 1 without gap or repetition, up to the flow's own count.", """
            select f.id, f.steps, count(e.step) as entries, min(e.step) as first, max(e.step) as last
            from flow f left join event_log e on e.flow_id = f.id group by f.id, f.steps
            having count(e.step) <> f.steps or (f.steps > 0 and (min(e.step) <> 1 or max(e.step) <> f.steps or count(distinct e.step) <> f.steps))
            """),
        new("flow-steps-say-what", "Each step of a flow says what happened, when, and where it left the flow.", """
            select flow_id, step, type, stage from event_log where at >= current_setting('verify.since')::timestamptz and (btrim(type) = '' or btrim(stage) = '')
            """),
        new("flow-transitions-allowed", "Stages only move forward; back only before the posting; nothing follows a cancellation.", $"""
            select flow_id, step, type, before, stage from (
                select e.flow_id, e.step, e.type, e.stage, r.rank, lag(e.stage) over w as before, lag(r.rank) over w as rank_before
                from event_log e join flow f on f.id = e.flow_id left join {Ranks} as r (stage, rank) on r.stage = e.stage
                where f.kind = 'order-to-cash' window w as (partition by e.flow_id order by e.step)) steps
            where rank is null or (rank < rank_before and (rank_before >= 5)) or (rank_before = 10 and rank <> 10)
            """),
        new("flow-stage-as-logged", "A flow's stage is the one that its last step left it in, and its status fits.", """
            select f.id, f.stage, e.stage as logged, f.status from flow f
            left join event_log e on e.flow_id = f.id and e.step = f.steps
            where f.kind = 'order-to-cash' and f.state is not null
              and ((f.stage = 'cancelled') <> (f.status = 'cancelled') or (f.status = 'done' and f.stage <> 'paid')
                or (e.stage is not null and e.stage = 'cancelled' and f.stage <> 'cancelled'))
            """),
        new("flow-version-is-highest", "The applied version is the one in the state, and the newest stored document is the state's.", """
            select f.id, f.applied_version, f.state ->> 'Version' as state_version, f.state ->> 'Document' as state_document, max(d.version) as newest_document
            from flow f left join order_document d on d.flow_id = f.id where f.kind = 'order-to-cash' and f.state is not null
            group by f.id, f.applied_version, f.state
            having f.applied_version <> coalesce((f.state ->> 'Version')::bigint, 0) or max(d.version) is distinct from coalesce((f.state ->> 'Document')::bigint, 0)
            """),
        new("flow-waits-for-something", "An open flow that is ours to move has a delivery, a deadline or a case; or somebody discarded its case.", """
            select f.id, f.name, f.stage, f.status, f.updated_at from flow f
            where f.status in ('open', 'attention') and f.state is not null and f.updated_at < now() - current_setting('verify.grace')::interval
              and f.stage in ('captured', 'checked', 'routed', 'reserved', 'posted')
              and not exists (select from delivery d where d.flow_id = f.id)
              and not exists (select from deadline t where t.flow_id = f.id)
              and not exists (select from exception_case e where e.flow_id = f.id and e.state in ('open', 'retrying', 'discarded'))
            """),
        new("flow-deadlines-kept", "No deadline is past its grace while a worker lives.", $"""
            select flow_id, name, due_at from deadline where {ServerInvariants.WorkerLives} and due_at < now() - current_setting('verify.grace')::interval
            """),
        new("flow-refunds-within-capture", "What counts as refunded is within what was captured, or somebody was told.", """
            select f.id, f.name, f.state ->> 'Captured' as captured, sum((r ->> 'Amount')::numeric) as refunded
            from flow f, jsonb_array_elements(f.state -> 'Refunds') r where f.kind = 'order-to-cash'
            group by f.id, f.name, f.state
            having sum((r ->> 'Amount')::numeric) > coalesce((f.state ->> 'Captured')::numeric, 0)
               and not exists (select from exception_case e where e.subject = 'flow/' || f.id || '/refund-exceeds-capture')
               and not (f.state ->> 'Payment' in ('PartiallyRefunded', 'Refunded'))
            """),
        new("order-adds-up", "Every order that was posted is worth the sum of its lines, shipping and tax, to the cent.", """
            select d.flow_id, d.version, (d.body -> 'totals' ->> 'total')::numeric as stated, s.net + case when (d.body ->> 'taxesIncluded')::boolean then 0 else s.tax end as summed
            from order_document d join (select distinct flow_id, document_version from posting where kind in ('PostSalesOrder', 'UpdateSalesOrder') and state <> 'withdrawn') p
                on p.flow_id = d.flow_id and p.document_version = d.version
            cross join lateral (
                select coalesce(sum(net), 0) as net, coalesce(sum(tax), 0) as tax from (
                    select (l ->> 'unitPrice')::numeric * (l ->> 'quantity')::numeric - (l ->> 'discount')::numeric as net,
                        (select coalesce(sum((t ->> 'amount')::numeric), 0) from jsonb_array_elements(l -> 'taxes') t) as tax from jsonb_array_elements(d.body -> 'lines') l
                    union all
                    select (x ->> 'price')::numeric - (x ->> 'discount')::numeric,
                        (select coalesce(sum((t ->> 'amount')::numeric), 0) from jsonb_array_elements(x -> 'taxes') t) from jsonb_array_elements(d.body -> 'shipping') x) parts) s
            where d.stored_at >= current_setting('verify.since')::timestamptz and (d.body -> 'totals' ->> 'total')::numeric <> s.net + case when (d.body ->> 'taxesIncluded')::boolean then 0 else s.tax end
            """),
        new("money-has-the-currencys-decimals", "No amount has more decimals than its currency.", """
            with d (currency, decimals) as (values ('BIF', 0), ('CLP', 0), ('DJF', 0), ('GNF', 0), ('ISK', 0), ('JPY', 0), ('KMF', 0), ('KRW', 0), ('PYG', 0), ('RWF', 0), ('UGX', 0), ('UYI', 0),
                ('VND', 0), ('VUV', 0), ('XAF', 0), ('XOF', 0), ('XPF', 0), ('BHD', 3), ('IQD', 3), ('JOD', 3), ('KWD', 3), ('LYD', 3), ('OMR', 3), ('TND', 3), ('CLF', 4), ('UYW', 4))
            select a.what, a.id, a.value, a.currency from (
                select 'posting' as what, key as id, value, currency from posting
                union all select 'delivery', id::text, value, currency from delivery) a
            left join d using (currency) where a.value <> round(a.value, coalesce(d.decimals, 2))
            """),
    ];
}
