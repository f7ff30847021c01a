namespace ControlTower.Verify.Invariants;

/// <summary>What failed is shown to people, once, and what is shown has failed.</summary>
internal static class CaseInvariants
{
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("case-points-to-something", "Each open case is about a posting, flow, message or feed that exists.", """
            select e.id, e.subject, e.code from exception_case e where e.state in ('open', 'retrying') and not case split_part(e.subject, '/', 1)
                when 'posting' then exists (select from posting p where p.key = split_part(e.subject, '/', 2))
                when 'flow' then exists (select from flow f where f.id::text = split_part(e.subject, '/', 2))
                when 'message' then exists (select from inbox_message m where m.id::text = split_part(e.subject, '/', 2))
                when 'feed' then exists (select from connection c where c.id = split_part(e.subject, '/', 2))
                else true end
            """),
        new("failed-has-one-case", "Each delivery that waits for a person has exactly one open case, or was given up by a person.", """
            select d.posting_key, d.connection_id, d.last_failure, count(e.id) as cases from delivery d
            left join exception_case e on e.subject = 'posting/' || d.posting_key and e.state in ('open', 'retrying')
            where d.state = 3 and not exists (select from exception_case g where g.subject = 'posting/' || d.posting_key and g.state in ('resolved', 'discarded') and g.closed_by <> 'tower')
            group by 1, 2, 3 having count(e.id) <> 1
            """),
        new("case-once-per-subject", "Nothing has two open cases.", """
            select subject, count(*) as cases from exception_case where state in ('open', 'retrying') group by 1 having count(*) > 1
            """),
        new("excepted-message-has-case", "Each message that could not be used has or had a case.", """
            select o.message_id, o.detail from inbox_outcome o where o.outcome = 'excepted' and not exists (select from exception_case e where e.message_id = o.message_id)
            """),
        new("attention-has-case", "A flow that needs somebody has an open case, unless somebody gave it up or it is a return in the queue of those who may agree.", """
            select f.id, f.name, f.stage from flow f where f.status = 'attention' and f.updated_at < now() - current_setting('verify.grace')::interval
              and not (f.kind = 'return-to-refund' and f.stage = 'requested' and f.state -> 'Decision' ->> 'Ruling' = 'AskPerson')
              and not exists (select from exception_case e where e.flow_id = f.id and (e.state in ('open', 'retrying') or e.closed_by <> 'tower'))
            """),
        new("posting-case-has-open-delivery", "An open case of a posting belongs to one that is not settled.", """
            select e.id, e.subject, p.state from exception_case e join posting p on e.subject = 'posting/' || p.key
            where e.state in ('open', 'retrying') and p.state in ('confirmed', 'withdrawn')
            """),
        new("desk-counts-are-exact", "What the desk counts ahead is what the open cases add up to.", """
            select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, sum(cases) as too_many, sum(at_risk) as too_much from (
                select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, cases, value, at_risk, rank from case_tally
                union all select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, cases, value, at_risk, rank from case_tally_change
                union all select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, -1, -value, -at_risk, -rank from exception_case where state in ('open', 'retrying')) c
            group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(cases) <> 0 or sum(value) <> 0 or sum(at_risk) <> 0 or sum(rank) <> 0
            """),
        new("desk-trend-is-exact", "When the open cases of the last day came is what is counted ahead.", """
            select fingerprint, step, sum(cases) as too_many from (
                select fingerprint, step, cases from case_arrivals
                union all select fingerprint, trend_step(opened_at), -1 from exception_case where state in ('open', 'retrying')) c
            where step > trend_step(now()) - interval '1 day' group by 1, 2 having sum(cases) <> 0
            """),
        new("batch-adds-up", "A batch's counters are what its items add up to.", """
            select b.id, b.count, b.sent, b.proven, b.passed, b.failed, b.skipped, i.* from batch b cross join lateral (
                select count(*) as items, count(*) filter (where state = 'sent') as are_sent, count(*) filter (where state = 'proven') as are_proven, count(*) filter (where state = 'passed') as are_passed,
                       count(*) filter (where state = 'failed') as are_failed, count(*) filter (where state = 'skipped') as are_skipped from batch_item where batch_id = b.id) i
            where (b.count, b.sent, b.proven, b.passed, b.failed, b.skipped) <> (i.items, i.are_sent, i.are_proven, i.are_passed, i.are_failed, i.are_skipped)
            """),
    ];
}
