-- What is late: by what the other side has told, not by what nobody was asked.
-- An order goes to the books whether it is paid or not.
create or replace view recon_broken as
select g.comparison, g.group_key, k.kind, m.currency, m.other_currency, m.first_amount, m.other_amount, a.adjusted, d.difference,
    greatest(abs(d.difference), case k.kind when 'missing-other' then abs(m.first_amount) when 'tax' then abs(g.first_tax - g.other_tax) when 'timing' then abs(m.first_amount) when 'currency' then abs(m.first_amount)
        when 'payout-failed' then p.stated when 'payout-cancelled' then p.stated else 0 end) as value,
    g.first_count, g.other_count + g.whole_count as other_count, g.first_line, g.other_line, g.first_at, g.last_at, g.pending,
    case when g.first_count = 0 or g.other_count + g.whole_count = 0 then g.first_at else g.last_at end + c.lag as due_at
from recon_group g
join recon_comparison c on c.name = g.comparison
-- What was taken up of a group goes where the group goes.
left join (select x.comparison, recon_led(x.comparison, x.group_key) as group_key, sum(x.amount) as adjusted from recon_adjustment x where x.undone_at is null group by 1, 2) j on j.comparison = g.comparison and j.group_key = g.group_key
cross join lateral (
    select g.currency, null::char(3) as other_currency, g.first_amount, g.other_amount, true as clean where g.currency is not distinct from g.other_currency
    union all select x.currency, x.other_currency, x.first_amount, x.other_amount, x.clean from recon_mixed(g.comparison, g.group_key) x where g.currency is distinct from g.other_currency) m
cross join lateral (select coalesce(j.adjusted, 0) as adjusted) a
cross join lateral (select m.first_amount - m.other_amount - a.adjusted as difference) d
cross join lateral (select case when g.failed or g.cancelled then coalesce((select sum(l.amount) from recon_entry e join ledger_line l on l.id = e.line_id
    where e.comparison = g.comparison and e.group_key = g.group_key and not e.other and not e.counts), 0) end as stated) p
cross join lateral (select case
    when g.first_lines = 0 and d.difference = 0 and a.adjusted = 0 then null
    when g.comparison = 'deposit' and g.failed and g.first_count = 0 then 'payout-failed'
    when g.comparison = 'deposit' and g.cancelled and g.first_count = 0 then 'payout-cancelled'
    when not m.clean then 'currency'
    when g.first_count = 0 and g.first_lines > 0 and d.difference <> 0 then 'status'
    when g.first_count > 0 and g.other_count + g.whole_count = 0 and (d.difference <> 0 or g.comparison = 'order' and a.adjusted = 0) then 'missing-other'
    when g.first_count = 0 and d.difference <> 0 then 'missing-first'
    when d.difference = 0 and a.adjusted <> 0 then 'amount'
    when d.difference = 0 and g.first_tax is not null and g.other_tax is not null and abs(g.first_tax - g.other_tax) > 5 * recon_units(m.currency) then 'tax'
    when d.difference = 0 and c.window_days is not null and abs(extract(epoch from g.other_side_at - g.first_side_at)) > c.window_days * 86400.0 then 'timing'
    when d.difference = 0 then null
    when exists (select from recon_entry e join ledger_line l on l.id = e.line_id where e.comparison = g.comparison and e.group_key = g.group_key and e.other and l.kind = 'Dispute' having sum(e.amount) = -d.difference) then 'chargeback'
    when g.other_count > g.first_count and d.difference < 0 and exists (
        select from recon_entry e where e.comparison = g.comparison and e.group_key = g.group_key and e.other and e.counts and not e.whole and e.amount = -d.difference having count(*) > 1 or g.first_count = 1 and count(*) = 1 and m.first_amount = -d.difference) then 'duplicate'
    when g.first_tax is not null and g.other_tax is not null and g.first_tax - g.other_tax = d.difference and abs(d.difference) > 5 * recon_units(m.currency) then 'tax'
    when g.other_cost <> 0 and d.difference = g.other_cost or g.comparison = 'deposit' and d.difference > 0 and d.difference <= greatest(m.first_amount * 0.01, 30 * recon_units(m.currency)) and g.other_count > 0 and abs(d.difference) > 5 * recon_units(m.currency) then 'fee'
    when abs(d.difference) <= 5 * recon_units(m.currency) then 'rounding'
    else 'amount' end as kind) k
where k.kind is not null;


-- From when on the other side of a comparison tells what it has, and up to when it has told all. No row: nobody tells it.
create function recon_other_side(p_comparison text, p_books text, p_flow bigint, p_currency char(3)) returns table (since timestamptz, told_at timestamptz) language sql stable as $$
    select v.since, v.told_at from ledger_coverage v where p_comparison in ('order', 'refund', 'books') and v.connection_id = p_books and v.kind = case p_comparison when 'books' then 'journal' else 'books' end
    union all
    select max(coalesce(v.since, 'infinity')), min(coalesce(v.told_at, '-infinity')) from ledger_line t join ledger_route r on r.channel = t.connection_id and r.method = t.method and r.settled
        left join ledger_coverage v on v.connection_id = r.processor and v.kind = 'payouts'
    where p_comparison = 'settlement' and t.flow_id = p_flow and t.kind = 'Tender' and t.status <> 'Gone' having count(*) > 0
    union all
    select '-infinity', 'infinity' where p_comparison = 'contents'
    union all
    -- Which bank gets it is not said: one of its currency, if there is one.
    select min(v.since), coalesce(min(coalesce(v.told_at, '-infinity')) filter (where c.currency = p_currency and c.disabled_at is null), max(v.told_at)) from ledger_coverage v join connection c on c.id = v.connection_id
    where p_comparison = 'deposit' and v.kind = 'bank' having count(*) > 0
$$;

-- What the other side has not told up to is not late there yet, but no silence excuses more than this.
create function recon_silence_excuses() returns interval language sql immutable as $$ select interval '40 days' $$;

create or replace function recon_settle(p_comparison text, p_keys text[]) returns integer language plpgsql set jit = off as $$
#variable_conflict use_column
declare
    v_changed integer;
begin
    if p_keys is null then
        -- Nearly all groups come to nought: one lean pass finds those that might not, and only they are looked at. It only picks, so nobody need wait for it.
        p_keys := array(
            select e.group_key from recon_entry e where e.comparison = p_comparison group by e.group_key
            having sum(case when e.other then -e.amount else e.amount end) <> 0 or min(e.currency) <> max(e.currency) or not bool_and(e.counts and not e.whole) or count(*) filter (where e.other) in (0, count(*))
                or sum(case when e.other then -e.tax else e.tax end) <> 0 or max(e.at) - min(e.at) > interval '1 day'
            union select i.group_key from recon_item i where i.comparison = p_comparison and i.state <> 'closed'
            union select recon_led(a.comparison, a.group_key) from recon_adjustment a where a.comparison = p_comparison and a.undone_at is null
            union select x.key from recon_link l cross join lateral (values (l.from_key), (l.to_key)) x (key) where l.comparison = p_comparison and l.state in ('confirmed', 'undone'));
    end if;

    perform pg_advisory_xact_lock(hashtextextended('recon/' || p_comparison, 0));
    -- What came while its group was linked or parted stands where the links of now lead.
    with linked as (select distinct l.from_key from recon_link l where l.comparison = p_comparison and l.state in ('confirmed', 'undone') and (l.from_key = any (p_keys) or l.to_key = any (p_keys))),
    astray as (
        select e.line_id, e.other, e.group_key, recon_led(p_comparison, e.own_key) as place from recon_entry e
        where e.comparison = p_comparison and (e.group_key in (select from_key from linked) or e.own_key <> e.group_key and (e.group_key = any (p_keys) or e.own_key in (select from_key from linked)))),
    moved as (
        update recon_entry e set group_key = a.place from astray a where e.comparison = p_comparison and e.line_id = a.line_id and e.other = a.other and a.place <> a.group_key returning a.group_key as was, a.place)
    select p_keys || coalesce(array_agg(m.was), '{}') || coalesce(array_agg(m.place), '{}') into p_keys from moved m;

    with now_broken as materialized (select * from recon_broken where comparison = p_comparison and group_key = any (p_keys)),
    placed as (
        select n.*, l.flow_id, l.document, l.store, (select min(y.day) from recon_entry x join ledger_line y on y.id = x.line_id where x.comparison = n.comparison and x.group_key = n.group_key) as day, l.connection_id as source, case when c.role = 'erp' then c.id else c.posts_to end as books, c.brand, n.first_line is null as only_other, c.role
        from now_broken n join ledger_line l on l.id = coalesce(n.first_line, n.other_line) join connection c on c.id = l.connection_id),
    covered as (
        -- What the other side was not asked for is not missing there; nor is it late while that has not told so far. An order that was never posted needs nobody's word.
        select p.*, p.due_at + case when p.kind = 'missing-other' and not coalesce(o.told_at >= p.due_at, false)
                and not (p.comparison = 'order' and not exists (select from flow f where f.id = p.flow_id and f.state ->> 'ErpReference' is not null)) then recon_silence_excuses() else interval '0' end as late_at
        from placed p left join recon_other_side(p.comparison, p.books, p.flow_id, p.currency) o on p.kind = 'missing-other'
        where p.kind <> 'missing-other' or coalesce(o.since, 'infinity') <= p.first_at),
    ruled as (
        select v.*, i.id, i.state as was, i.kind as was_kind, i.difference as was_difference, coalesce(i.acknowledged and (i.kind, i.first_amount, i.other_amount) = (v.kind, v.first_amount, v.other_amount), false) as acknowledged,
            case when v.difference <> 0 and v.kind in ('amount', 'rounding', 'fee', 'tax') and not coalesce(i.strict, false) then coalesce((
                select r.id from recon_rule r where r.comparison = v.comparison and r.kind = 'tolerance' and r.active and r.confirms and (i.state = 'tolerated' or not recon_is_signed(v.books, v.day))
                    and (r.source is null or r.source = v.source) and (r.currency is null or r.currency = v.currency)
                    and case when v.difference < 0 then -v.difference <= greatest(r.above, abs(v.first_amount) * r.above_percent / 100) else v.difference <= greatest(r.below, abs(v.first_amount) * r.below_percent / 100) end
                order by r.position, r.id limit 1),
                -- What was signed as tolerated stays so, whatever became of the rule.
                case when i.state = 'tolerated' and i.difference = v.difference and recon_is_signed(v.books, v.day) then i.rule_id end) end as rule
        from covered v left join recon_item i on i.comparison = v.comparison and i.group_key = v.group_key),
    judged as (select r.*, case when r.rule is not null then 'tolerated' when r.difference = 0 and (r.adjusted <> 0 or r.acknowledged) then 'settled' else 'open' end as state from ruled r),
    put as (
        insert into recon_item as t (comparison, group_key, state, kind, currency, first_amount, other_amount, other_currency, adjusted, difference, value, first_count, other_count, rule_id, flow_id, source, books, store, brand,
            document, first_at, due_at, day, acknowledged)
        select j.comparison, j.group_key, j.state, j.kind, j.currency, j.first_amount, j.other_amount, j.other_currency, j.adjusted, j.difference, coalesce(j.value, 0), j.first_count, j.other_count, j.rule, j.flow_id, j.source,
            j.books, j.store, j.brand, j.document, j.first_at, j.late_at, j.day, j.acknowledged
        from judged j order by j.group_key
        on conflict (comparison, group_key) do update set state = excluded.state, kind = case when excluded.state = 'settled' and not excluded.acknowledged then t.kind else excluded.kind end, currency = excluded.currency, first_amount = excluded.first_amount,
            other_amount = excluded.other_amount, other_currency = excluded.other_currency, adjusted = excluded.adjusted, difference = excluded.difference, value = excluded.value, first_count = excluded.first_count,
            other_count = excluded.other_count, rule_id = excluded.rule_id, flow_id = excluded.flow_id, source = excluded.source, books = excluded.books, store = excluded.store, brand = excluded.brand, document = excluded.document,
            first_at = excluded.first_at, due_at = excluded.due_at, closed_at = null, version = t.version + 1, changed_at = now(),
            acknowledged = excluded.acknowledged, day = excluded.day, opened_at = case when t.state = 'closed' then now() else t.opened_at end
        where (t.state, t.currency, t.first_amount, t.other_amount, t.adjusted, t.difference, t.value, t.first_count, t.other_count, t.first_at, t.due_at)
                is distinct from (excluded.state, excluded.currency, excluded.first_amount, excluded.other_amount, excluded.adjusted, excluded.difference, excluded.value, excluded.first_count, excluded.other_count, excluded.first_at, excluded.due_at)
            or excluded.state <> 'settled' and t.kind <> excluded.kind or (t.rule_id, t.flow_id, t.source, t.document) is distinct from (excluded.rule_id, excluded.flow_id, excluded.source, excluded.document)
        returning t.id, t.group_key, t.state, t.kind, t.difference, t.currency),
    told as (
        insert into recon_comment (item_id, kind, words)
        select p.id, case when j.id is null then 'opened' when j.was = 'closed' then 'reopened' when p.state = 'tolerated' and j.was <> 'tolerated' then 'tolerated' else 'changed' end,
            p.kind || ' ' || trim_scale(p.difference) || ' ' || p.currency
        from put p join judged j on j.group_key = p.group_key
        where j.id is null or (j.was, j.was_kind, j.was_difference) is distinct from (p.state, p.kind, p.difference)),
    over as (
        select i.id, i.group_key from recon_item i
        where i.comparison = p_comparison and i.state <> 'closed' and i.group_key = any (p_keys) and not exists (select from now_broken n where n.group_key = i.group_key)),
    closed as (
        update recon_item t set state = 'closed', closed_at = now(), changed_at = now(), version = t.version + 1, rule_id = null, adjusted = 0, difference = 0, value = 0, held_until = null,
            first_amount = coalesce(g.first_amount, 0), other_amount = coalesce(g.other_amount, 0)
        from over o left join recon_group g on g.comparison = p_comparison and g.group_key = o.group_key where t.id = o.id returning t.id),
    closing as (insert into recon_comment (item_id, kind, words) select c.id, 'closed', '' from closed c)
    select (select count(*) from put) + (select count(*) from closed) into v_changed;
    return v_changed;
end $$;


-- What was not late only because the other side had not told so far is looked at when it has.
create function recon_told_up_to() returns trigger language plpgsql as $$
begin
    insert into recon_dirty (comparison, group_key)
    select i.comparison, i.group_key from recon_comparison c join recon_item i on i.comparison = c.name
    where c.name = any (case new.kind when 'books' then array['order', 'refund'] when 'journal' then array['books'] when 'payouts' then array['settlement'] else array['deposit'] end)
        and i.state = 'open' and i.kind = 'missing-other' and i.first_at + c.lag <= new.told_at and i.due_at >= i.first_at + c.lag + recon_silence_excuses()
        and case new.kind when 'payouts' then exists (
                select from ledger_line t join ledger_route r on r.channel = t.connection_id and r.method = t.method and r.processor = new.connection_id where t.flow_id = i.flow_id and t.kind = 'Tender')
            when 'bank' then true else i.books = new.connection_id end;
    return null;
end $$;
create trigger recon_told_up_to after insert or update of told_at on ledger_coverage for each row execute function recon_told_up_to();

create or replace function recon_flows(p_flows bigint[]) returns integer language plpgsql set jit = off as $$
#variable_conflict use_column
declare
    v_orders bigint[];
    v_lines bigint[];
    v_homed bigint[];
begin
    v_orders := array(select distinct case f.kind when 'return-to-refund' then nullif((f.state ->> 'OrderFlow')::bigint, 0) when 'order-to-cash' then f.id end from flow f where f.id = any (p_flows) and f.state is not null);
    v_orders := array_remove(v_orders, null);

    insert into ledger_route (channel, method, processor, settled, changed_by)
    select distinct f.source, left(t ->> 'method', 60),
        case when c.kind = 'shopify' and t ->> 'method' ~ 'shopify_payments' or c.kind = 'square' and upper(t ->> 'method') ~ 'CARD|WALLET' then f.source end,
        case when c.kind = 'shopify' and t ->> 'method' ~ 'shopify_payments' or c.kind = 'square' and upper(t ->> 'method') ~ 'CARD|WALLET' then true
            when t ->> 'method' ~* '(cash|exchange|gift|voucher|coupon|store.?credit)' then false end, 'tower'
    from flow f join connection c on c.id = f.source cross join lateral (select o.body from order_document o where o.flow_id = f.id order by o.version desc limit 1) d
    cross join lateral jsonb_array_elements(d.body -> 'tenders') t
    where f.id = any (v_orders) and t ->> 'kind' in ('Capture', 'Sale') and coalesce(t ->> 'method', '') <> ''
    on conflict do nothing;

    with sold as (
        select f.id, f.source, f.source_id, f.name, f.state, f.currency, coalesce(f.placed_at, f.created_at) as placed_at, d.body, d.version, f.applied_version,
            coalesce((f.state ->> 'Test')::boolean, false) as test
        from flow f cross join lateral (select o.body, o.version from order_document o where o.flow_id = f.id order by o.version desc limit 1) d
        where f.id = any (v_orders) and f.kind = 'order-to-cash' and f.state is not null and f.currency <> 'XXX'),
    said as (
        select s.id as flow_id, s.source, 'Order' as kind, s.source_id as external_id, coalesce((s.state ->> 'Total')::numeric, 0) as amount, (s.body -> 'totals' ->> 'tax')::numeric as tax, null::text as method,
            case when coalesce((s.state ->> 'Cancelled')::boolean, false) or coalesce((s.state ->> 'CancelRequested')::boolean, false) then 'Cancelled'
                when coalesce((s.state ->> 'Captured')::numeric, 0) = 0 and coalesce((s.state ->> 'Total')::numeric, 0) > 0 and s.state ->> 'ErpReference' is null then 'Pending' else 'Final' end as status,
            s.placed_at as at, s.name as document, array[s.source_id, s.name] as refs, case when s.body ->> 'fulfilment' = 'HandedOver' then s.body ->> 'pickupLocation' end as store, s.currency
        from sold s where not s.test
        union all
        select s.id, s.source, 'Tender', left(s.source_id || '/' || (t ->> 'id'), 120), (t ->> 'amount')::numeric, null, left(t ->> 'method', 60), 'Final', coalesce((t ->> 'at')::timestamptz, s.placed_at), s.name, array[s.source_id, s.name, left(t ->> 'id', 200)],
            case when s.body ->> 'fulfilment' = 'HandedOver' then s.body ->> 'pickupLocation' end, s.currency
        from sold s cross join lateral (select distinct on (x ->> 'id') x from jsonb_array_elements(s.body -> 'tenders') x where x ->> 'kind' in ('Capture', 'Sale') and (x ->> 'amount')::numeric <> 0 order by x ->> 'id') u (t) where not s.test
        union all
        select s.id, s.source, 'Refund', left(s.source_id || '/' || (r ->> 'Id'), 120), -(r ->> 'Amount')::numeric, null, null, 'Final', (r ->> 'At')::timestamptz, s.name, array[left(r ->> 'Id', 200), s.source_id, s.name],
            case when s.body ->> 'fulfilment' = 'HandedOver' then s.body ->> 'pickupLocation' end, s.currency
        from sold s cross join lateral jsonb_array_elements(coalesce(s.state -> 'Refunds', '[]')) r where not s.test and (r ->> 'Amount')::numeric <> 0),
    put as (
        insert into ledger_line as l (connection_id, kind, external_id, version, status, amount, currency, tax, method, document, refs, store, at, day, flow_id)
        select s.source, s.kind, s.external_id, 0, s.status, s.amount, s.currency, s.tax, s.method, left(s.document, 120), array_remove(s.refs, null), s.store, s.at, ledger_day(s.source, s.at), s.flow_id from said s order by s.source, s.kind, s.external_id
        on conflict (connection_id, kind, external_id) do update set status = excluded.status, amount = excluded.amount, currency = excluded.currency, tax = excluded.tax, method = excluded.method, document = excluded.document,
            refs = excluded.refs, store = excluded.store, at = excluded.at, day = excluded.day, flow_id = excluded.flow_id, version = l.version + 1, stored_at = now()
        where (l.status, l.amount, l.currency, l.tax, l.method, l.document, l.store, l.at, l.flow_id) is distinct from
            (excluded.status, excluded.amount, excluded.currency, excluded.tax, excluded.method, excluded.document, excluded.store, excluded.at, excluded.flow_id)
        returning l.id),
    gone as (
        update ledger_line l set status = 'Gone', version = l.version + 1, stored_at = now()
        from sold s where l.flow_id = s.id and l.connection_id = s.source and l.kind in ('Order', 'Tender', 'Refund') and l.status <> 'Gone'
            and not exists (select from said x where x.source = l.connection_id and x.kind = l.kind and x.external_id = l.external_id)
        returning l.id)
    select array_agg(id) into v_lines from (select id from put union select id from gone) x;

    -- Also the order's refunds, whatever changed: how much of each is for goods depends on the order's total.
    v_lines := coalesce(v_lines, '{}') || array(select l.id from ledger_line l where l.flow_id = any (v_orders) and l.kind in ('Refund', 'SalesOrder'));

    -- Whether an order is late may hang on whether it was posted.
    insert into recon_dirty (comparison, group_key)
    select i.comparison, i.group_key from recon_item i where i.flow_id = any (v_orders) and i.comparison = 'order' and i.state = 'open' and i.kind = 'missing-other';

    with named as (
        select array_agg(distinct n) as refs from (
            select p.key as n from posting p where p.flow_id = any (p_flows) union select f.source_id from flow f where f.id = any (v_orders)
            union select x.value from flow_reference x where x.flow_id = any (p_flows) and x.kind <> 'tracking') k (n)),
    homed as (
        update ledger_line l set flow_id = o.flow_id from (
            select h.id, ledger_order(h.connection_id, h.refs) as flow_id from named n join ledger_line h on h.flow_id is null and h.refs && n.refs) o
        where l.id = o.id and o.flow_id is not null returning l.id)
    select array_agg(id) into v_homed from homed;

    v_lines := v_lines || coalesce(v_homed, '{}');
    if cardinality(v_lines) > 0 then
        perform recon_enter(v_lines);
    end if;
    return cardinality(v_lines);
end $$;

create or replace function recon_offer_sums(p_comparison text) returns integer language plpgsql set jit = off as $$
#variable_conflict use_column
declare
    v_confirmed bigint[];
begin
    with single as (
        select i.comparison, i.group_key, i.source, i.currency, i.difference, i.first_count = 0 as other, l.day, l.words, l.refs, l.method from recon_item i
        join lateral (select l.day, l.words, l.refs, l.method from recon_entry e join ledger_line l on l.id = e.line_id where e.comparison = i.comparison and e.group_key = i.group_key order by e.other, e.line_id limit 1) l on true
        where i.comparison = p_comparison and i.state = 'open' and i.kind in ('missing-other', 'missing-first') and i.difference <> 0 and not recon_is_signed(i.books, i.day)),
    -- All of a day, and for a rule of one means of payment those of it.
    meant as (select null::text as method union select r.method from recon_rule r where r.comparison = p_comparison and r.kind = 'sum' and r.active),
    bundle as (select m.method, s.source, s.currency, s.other, s.day, sum(s.difference) as difference, array_agg(s.group_key order by s.group_key) as keys from meant m join single s on m.method is null or s.method = m.method
        group by m.method, s.source, s.currency, s.other, s.day having count(*) between 2 and 50),
    pair as (
        select distinct on (b.keys, o.group_key) r.id as rule_id, r.version, r.confirms, b.*, o.group_key as alone, abs(case when b.other then b.day - o.day else o.day - b.day end) as days
        from recon_rule r join bundle b on (r.currency is null or r.currency = b.currency)
        join single o on o.currency = b.currency and o.other <> b.other and o.difference between -b.difference - greatest(r.above, abs(case when b.other then o.difference else b.difference end) * r.above_percent / 100)
                and -b.difference + greatest(r.below, abs(case when b.other then o.difference else b.difference end) * r.below_percent / 100) and (r.source is null or r.source = case when b.other then o.source else b.source end)
        where r.comparison = p_comparison and r.kind = 'sum' and r.active and case when b.other then b.day - o.day else o.day - b.day end between -r.days_before and r.days_after
            -- One means of payment: of those that are put together, or of what they are together.
            and (b.method is not distinct from r.method or b.method is null and o.method = r.method)
            and (r.pattern is null or coalesce(o.words, '') || ' ' || array_to_string(o.refs, ' ') ~* r.pattern)
        order by b.keys, o.group_key, r.position, r.id),
    counted as (select p.*, count(*) over (partition by p.alone) = 1 and count(*) over (partition by p.keys) = 1 as sole from pair p),
    -- Each of them stands in one offer only.
    nearest as (select distinct on (c.alone) c.* from counted c order by c.alone, c.days, c.keys),
    best as (select distinct on (n.keys) n.* from nearest n order by n.keys, n.days, n.alone),
    wanted as (
        select b.*, case when b.other then b.alone else b.keys[1] end as to_key, f.from_key, md5(p_comparison || array_to_string(b.keys, ' ') || b.alone)::uuid as bundle
        from best b cross join lateral (select unnest(case when b.other then b.keys else b.keys[2:] || b.alone end) as from_key) f),
    put as (
        insert into recon_link as t (comparison, from_key, to_key, bundle, state, rule_id, rule_version, score, reasons, decided_by, decided_at)
        select p_comparison, w.from_key, w.to_key, w.bundle, case when w.confirms and w.sole then 'confirmed' else 'suggested' end, w.rule_id, w.version, least(99, 60 + case when w.sole then 20 else 0 end + greatest(0, 10 - w.days)),
            array['sum of ' || cardinality(w.keys), case when w.days = 0 then 'day' else w.days || case w.days when 1 then ' day apart' else ' days apart' end end, case when w.sole then 'only candidate' else 'one of several' end], case when w.confirms and w.sole then 'rule' end,
            case when w.confirms and w.sole then now() end
        from wanted w
        where not exists (select from recon_link l where l.comparison = p_comparison and l.bundle = w.bundle and l.state in ('refused', 'undone', 'confirmed'))
            and not exists (select from recon_link l where l.comparison = p_comparison and l.from_key = w.from_key and l.state = 'confirmed')
        on conflict (comparison, from_key, to_key, bundle) where state in ('suggested', 'refused') do nothing
        returning t.id, t.state)
    select array_agg(id) into v_confirmed from put where state = 'confirmed';
    return coalesce(recon_join(v_confirmed), 0);
end $$;

-- What stands open is judged by what is true now.
insert into recon_dirty (comparison, group_key) select comparison, group_key from recon_item where state <> 'closed';
