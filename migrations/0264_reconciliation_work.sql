-- What channels say, from their orders as they stand: the order, what was taken of the buyer, what was paid back. Then what had no order until now finds it.
create function recon_flows(p_flows bigint[]) returns integer language plpgsql set jit = off as $$
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

-- Settles what was marked. Returns how many marks it took.
create function recon_work(p_most integer) returns integer language plpgsql as $$
declare
    v_taken integer := 0;
    marked record;
begin
    for marked in
        with taken as (delete from recon_dirty where id in (select id from recon_dirty order by id limit p_most for update skip locked) returning comparison, group_key)
        select t.comparison, array_agg(distinct t.group_key) as keys, count(*)::integer as n from taken t join recon_comparison c on c.name = t.comparison group by t.comparison, c.position order by c.position
    loop
        perform recon_settle(marked.comparison, marked.keys);
        v_taken := v_taken + marked.n;
    end loop;
    return v_taken;
end $$;

-- A month that is closed is decided.
create function recon_closed(p_comparison text, p_key text) returns boolean language sql stable as $$
    select exists (select from recon_item i where i.comparison = p_comparison and i.group_key = p_key and recon_is_signed(i.books, i.day))
$$;
create function recon_guard() returns trigger language plpgsql as $$
begin
    if recon_closed(new.comparison, case when tg_table_name = 'recon_adjustment' then to_jsonb(new) ->> 'group_key' else to_jsonb(new) ->> 'from_key' end)
        or tg_table_name = 'recon_link' and recon_closed(new.comparison, to_jsonb(new) ->> 'to_key') then
        raise exception 'The month is closed.' using errcode = 'check_violation', constraint = 'recon_period_closed';
    end if;
    return new;
end $$;
create trigger recon_guard before insert or update on recon_adjustment for each row execute function recon_guard();
create trigger recon_guard before insert or update on recon_link for each row when (new.state in ('confirmed', 'undone')) execute function recon_guard();

-- Puts what was linked together. A link whose ends are no more what they were when it was offered is gone. Returns how many hold now.
create function recon_join(p_links bigint[]) returns integer language plpgsql as $$
declare
    k record;
    v_held integer := 0;
begin
    for k in select l.* from recon_link l where l.id = any (p_links) and l.state = 'confirmed' order by l.id for update loop
        if recon_led(k.comparison, k.to_key) = k.from_key then
            raise exception 'These belong together already.' using errcode = 'check_violation', constraint = 'recon_link_circle';
        end if;
        with moved as (
            update recon_entry e set group_key = recon_led(k.comparison, k.to_key) where e.comparison = k.comparison and e.group_key = k.from_key returning e.line_id, e.other)
        insert into recon_link_moved (link_id, line_id, other, from_key) select k.id, m.line_id, m.other, k.from_key from moved m on conflict do nothing;
        insert into recon_dirty (comparison, group_key) select k.comparison, x from unnest(array[k.from_key, k.to_key, recon_led(k.comparison, k.to_key)]) x;
        insert into recon_comment (item_id, kind, words, by_name)
        select i.id, 'linked', left(coalesce(k.reason, (select r.name from recon_rule r where r.id = k.rule_id), ''), 1000), k.decided_by from recon_item i where i.comparison = k.comparison and i.group_key in (k.from_key, k.to_key);
        v_held := v_held + 1;
    end loop;
    return v_held;
end $$;

-- Takes links back: what each moved stands again where it stood.
create function recon_part(p_links bigint[], p_by text, p_why text) returns integer language plpgsql as $$
declare
    k record;
    v_parted integer := 0;
begin
    for k in update recon_link l set state = 'undone', undone_at = now(), undone_by = p_by, reason = coalesce(p_why, l.reason) where l.id = any (p_links) and l.state = 'confirmed' returning l.* loop
        insert into recon_dirty (comparison, group_key)
        select distinct k.comparison, e.group_key from recon_link_moved m join recon_entry e on e.comparison = k.comparison and e.line_id = m.line_id and e.other = m.other where m.link_id = k.id union select k.comparison, k.from_key union select k.comparison, k.to_key;
        -- By what each says of itself now, and what other links still hold: also what came for it while it was linked.
        update recon_entry e set group_key = recon_led(k.comparison, e.own_key) where e.comparison = k.comparison
            and (e.own_key = k.from_key or (e.line_id, e.other) in (select m.line_id, m.other from recon_link_moved m where m.link_id = k.id));
        insert into recon_comment (item_id, kind, words, by_name) select i.id, 'unlinked', left(coalesce(p_why, ''), 1000), p_by from recon_item i where i.comparison = k.comparison and i.group_key in (k.from_key, k.to_key);
        v_parted := v_parted + 1;
    end loop;
    return v_parted;
end $$;

-- Several of one source and one day that are open together for what one other is: a bank that puts payouts together, a charge that was taken in parts.
create function recon_offer_sums(p_comparison text) returns integer language plpgsql set jit = off as $$
#variable_conflict use_column
declare
    v_confirmed bigint[];
begin
    with single as (
        select i.comparison, i.group_key, i.source, i.currency, i.difference, i.first_count = 0 as other, l.day, l.words, l.refs from recon_item i
        join lateral (select l.day, l.words, l.refs from recon_entry e join ledger_line l on l.id = e.line_id where e.comparison = i.comparison and e.group_key = i.group_key order by e.other, e.line_id limit 1) l on true
        where i.comparison = p_comparison and i.state = 'open' and i.kind in ('missing-other', 'missing-first') and i.difference <> 0 and not recon_is_signed(i.books, i.day)),
    bundle as (select s.source, s.currency, s.other, s.day, sum(s.difference) as difference, array_agg(s.group_key order by s.group_key) as keys from single s group by s.source, s.currency, s.other, s.day having count(*) between 2 and 50),
    pair as (
        select distinct on (b.keys, o.group_key) r.id as rule_id, r.version, r.confirms, b.*, o.group_key as alone, abs(case when b.other then b.day - o.day else o.day - b.day end) as days
        from recon_rule r join bundle b on (r.currency is null or r.currency = b.currency)
        join single o on o.currency = b.currency and o.other <> b.other and o.difference between -b.difference - r.above and -b.difference + r.below and (r.source is null or r.source = case when b.other then o.source else b.source end)
        where r.comparison = p_comparison and r.kind = 'sum' and r.active and case when b.other then b.day - o.day else o.day - b.day end between -r.days_before and r.days_after
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

-- What rules find among what is open: two items that are open for the same amount, one of them without a first side; or several of one source and day that are open together for what another is. Found
-- alone on both sides and by a rule that confirms, they are linked; otherwise they are offered. What a person refused is not offered again. Returns how many were linked.
create function recon_offer(p_comparison text) returns integer language plpgsql set jit = off as $$
#variable_conflict use_column
declare
    v_confirmed bigint[];
begin
    perform pg_advisory_xact_lock(hashtextextended('recon/' || p_comparison, 0));
    update recon_link l set state = 'gone' where l.comparison = p_comparison and l.state = 'suggested'
        and (not exists (select from recon_rule r where r.id = l.rule_id and r.active and r.version = l.rule_version) or not exists (select from recon_item i where i.comparison = l.comparison and i.group_key = l.from_key and i.state = 'open') or not exists (select from recon_item i where i.comparison = l.comparison and i.group_key = l.to_key and i.state = 'open'));

    with open_item as (
        select i.*, l.words, l.refs, l.method from recon_item i
        join lateral (select l.day, l.words, l.refs, l.method from recon_entry e join ledger_line l on l.id = e.line_id where e.comparison = i.comparison and e.group_key = i.group_key order by e.other, e.line_id limit 1) l on true
        where i.comparison = p_comparison and i.state = 'open' and i.difference <> 0 and i.kind not in ('currency', 'chargeback', 'status') and not recon_is_signed(i.books, i.day)),
    pair as (
        select r.id as rule_id, r.version, r.confirms, r.position, a.group_key as to_key, b.group_key as from_key, a.difference + b.difference as rest, abs(b.day - a.day) as days, a.document is not null and length(a.document) >= 5
                and position(lower(a.document) in lower(coalesce(b.words, '') || ' ' || array_to_string(b.refs, ' '))) > 0 as named,
            count(*) over (partition by r.id, a.group_key) as of_a, count(*) over (partition by r.id, b.group_key) as of_b
        from recon_rule r join open_item a on a.comparison = r.comparison and (r.source is null or r.source = a.source) and (r.currency is null or r.currency = a.currency) and a.first_count > 0
        join lateral (
            select o.group_key from recon_item o where o.comparison = a.comparison and o.state = 'open' and o.currency = a.currency and o.kind = 'missing-first'
                and o.difference between -a.difference - greatest(r.above, abs(a.first_amount) * r.above_percent / 100) and -a.difference + greatest(r.below, abs(a.first_amount) * r.below_percent / 100)) c on true
        join open_item b on b.group_key = c.group_key
        where r.comparison = p_comparison and r.kind = 'amount' and r.active and b.day - a.day between -r.days_before and r.days_after
            and (r.pattern is null or coalesce(b.words, '') || ' ' || array_to_string(b.refs, ' ') ~* r.pattern) and (r.method is null or r.method = b.method or r.method = a.method)),
    scored as (
        select p.*, least(99, 55 + case when p.rest = 0 then 15 else 0 end + greatest(0, 10 - p.days) + case when p.of_a = 1 and p.of_b = 1 then 15 else -10 end + case when p.named then 10 else 0 end) as score,
            array_remove(array[case when p.rest = 0 then 'amount' else 'amount within the tolerance' end, case when p.days = 0 then 'day' else p.days || case p.days when 1 then ' day apart' else ' days apart' end end, case when p.of_a = 1 and p.of_b = 1 then 'only candidate' else 'one of ' || greatest(p.of_a, p.of_b) end,
                case when p.named then 'reference' end], null) as reasons
        from pair p where not exists (select from recon_link l where l.comparison = p_comparison and l.from_key = p.from_key and l.to_key = p.to_key and l.state in ('refused', 'confirmed', 'undone'))),
    -- What was offered for amounts that are others by now is offered no more.
    stale as (
        update recon_link l set state = 'gone' from recon_rule r where l.comparison = p_comparison and l.state = 'suggested' and r.id = l.rule_id and r.kind = 'amount'
            and not exists (select from pair p where p.from_key = l.from_key and p.to_key = l.to_key)),
    best as (select distinct on (s.to_key) s.* from scored s order by s.to_key, s.score desc, s.position, s.days, s.from_key),
    once as (select distinct on (b.from_key) b.* from best b order by b.from_key, b.score desc, b.to_key),
    put as (
        insert into recon_link as t (comparison, from_key, to_key, bundle, state, rule_id, rule_version, score, reasons, decided_by, decided_at)
        select p_comparison, o.from_key, o.to_key, md5(p_comparison || ' ' || o.from_key || ' ' || o.to_key)::uuid, case when o.confirms and o.of_a = 1 and o.of_b = 1 then 'confirmed' else 'suggested' end, o.rule_id, o.version, o.score, o.reasons,
            case when o.confirms and o.of_a = 1 and o.of_b = 1 then 'rule' end, case when o.confirms and o.of_a = 1 and o.of_b = 1 then now() end
        from once o where not (o.confirms and o.of_a = 1 and o.of_b = 1) or not exists (select from recon_link l where l.comparison = p_comparison and l.from_key = o.from_key and l.state = 'confirmed')
        on conflict (comparison, from_key, to_key, bundle) where state in ('suggested', 'refused') do update set score = excluded.score, reasons = excluded.reasons, rule_id = excluded.rule_id, rule_version = excluded.rule_version where t.state = 'suggested' and t.score is distinct from excluded.score
        returning t.id, t.state)
    select array_agg(id) into v_confirmed from put where state = 'confirmed';

    return coalesce(recon_join(v_confirmed), 0) + recon_offer_sums(p_comparison);
end $$;

-- The kinds of trouble as people name them, in the order of the money's way.
create function recon_category(p_comparison text, p_kind text) returns text language sql immutable parallel safe as $$
    select case when p_comparison <> 'order' then p_comparison when p_kind = 'missing-other' then 'order-missing' when p_kind = 'missing-first' then 'order-orphan' else 'order-differs' end
$$;

-- What each day of each source comes to, reckoned by the full pass: for the rate of matching and the figures of a month.
create table recon_day (
    day            date not null,
    comparison     text not null references recon_comparison (name),
    source         text not null,
    books          text not null default '',
    currency       char(3) not null,
    groups         bigint not null,
    matched        bigint not null,             -- came to nought by their keys, by confirmed rules, or within a rule's tolerance
    first_amount   numeric(24, 4) not null,
    other_amount   numeric(24, 4) not null,
    reckoned_at    timestamptz not null default now(),
    primary key (day, comparison, source, currency)
);

-- A group counts on the day of its oldest line, for the system of its first side, or of the other where there is no first. What people linked or adjusted was not matched by rules.
create function recon_reckon(p_comparison text, p_from date, p_to date) returns integer language plpgsql set jit = off as $$
#variable_conflict use_column
declare
    v_days integer;
begin
    delete from recon_day d where d.comparison = p_comparison and d.day between p_from and p_to;
    insert into recon_day (day, comparison, source, books, currency, groups, matched, first_amount, other_amount)
    select g.day, p_comparison, l.connection_id, coalesce(case when c.role = 'erp' then c.id else c.posts_to end, ''), g.currency, count(*), count(*) filter (where not g.by_hand and (i.id is null or i.state in ('closed', 'tolerated'))), sum(g.first_amount), sum(g.other_amount)
    from (
        select e.group_key, min(l.day) as day, min(e.currency) as currency, coalesce(min(e.line_id) filter (where not e.other), min(e.line_id)) as line,
            sum(case when not e.other and e.counts then e.amount else 0 end) as first_amount,
            greatest(sum(case when e.whole and e.counts then e.amount end), sum(case when e.other and e.counts and not e.whole then e.amount else 0 end)) as other_amount,
            bool_or(e.group_key <> e.own_key and exists (select from recon_link k where k.comparison = p_comparison and k.from_key = e.own_key and k.state = 'confirmed' and k.decided_by <> 'rule')) as by_hand
        from recon_entry e join ledger_line l on l.id = e.line_id where e.comparison = p_comparison group by e.group_key having min(l.day) between p_from and p_to and bool_or(e.counts)) g
    join ledger_line l on l.id = g.line join connection c on c.id = l.connection_id
    left join recon_item i on i.comparison = p_comparison and i.group_key = g.group_key and i.state <> 'closed'
    group by g.day, l.connection_id, c.role, c.id, c.posts_to, g.currency;
    get diagnostics v_days = row_count;
    return v_days;
end $$;

-- The figures of a month of one set of books, as they are now.
create function recon_figures(p_books text, p_month date) returns jsonb language sql stable as $$
    with d as (
        select comparison, source, currency, sum(groups) as groups, sum(matched) as matched, sum(first_amount) as first_amount, sum(other_amount) as other_amount from recon_day
        where books = p_books and day >= p_month and day < p_month + interval '1 month' group by 1, 2, 3),
    i as (
        select comparison, coalesce(source, '') as source, currency, sum(adjusted) as adjusted, sum(difference) filter (where state = 'tolerated') as tolerated, sum(difference) filter (where state = 'open') as unexplained,
            sum(abs(difference)) filter (where state = 'open') as gross, count(*) filter (where state = 'open') as open, sum(value * greatest(floor(extract(epoch from now() - due_at) / 86400), 0)) filter (where state = 'open') as value_days
        from recon_item where books = p_books and state <> 'closed' and day >= p_month and day < p_month + interval '1 month' group by 1, 2, 3)
    select coalesce(jsonb_agg(jsonb_build_object('comparison', comparison, 'source', source, 'currency', currency, 'groups', coalesce(d.groups, 0), 'matched', coalesce(d.matched, 0), 'first', coalesce(d.first_amount, 0),
        'other', coalesce(d.other_amount, 0), 'settled', coalesce(abs(d.first_amount), 0), 'adjusted', coalesce(i.adjusted, 0), 'tolerated', coalesce(i.tolerated, 0), 'unexplained', coalesce(i.unexplained, 0),
        'gross', coalesce(i.gross, 0), 'open', coalesce(i.open, 0), 'valueDays', coalesce(i.value_days, 0)) order by comparison, source, currency), '[]')
    from d full join i using (comparison, source, currency)
$$;

-- Orders of the last hour against what this hour of this weekday brought in the eight weeks before: far fewer than the quietest of them is silence. Only where every one of at least four of those hours brought some.
create view recon_silence as
with hour as (
    select l.connection_id as channel, l.store, floor(extract(epoch from now() - l.at) / 604800)::integer as week, count(*) as orders
    from ledger_line l
    where l.kind = 'Order' and l.at > now() - interval '57 days' and l.at <= now() and mod(floor(extract(epoch from now() - l.at))::bigint, 604800) < 3600
    group by 1, 2, 3),
seen as (select channel, store, count(*) filter (where week between 1 and 8) as weeks, avg(orders) filter (where week between 1 and 8) as mean, min(orders) filter (where week between 1 and 8) as least, coalesce(sum(orders) filter (where week = 0), 0) as recent from hour group by 1, 2)
select channel, store, case when weeks >= 4 then round(mean, 1) end as expected, recent::bigint as recent, weeks >= 4 and least >= 3 and recent * 4 < least as silent from seen;
create index ledger_line_orders on ledger_line (connection_id, at) where kind = 'Order';

-- Takes lines of one system in. A line is replaced by a newer statement of itself; which payout carries it is not forgotten. Returns how many were new or changed.
create function ledger_put(p_connection text, p_file bigint, p_kind text[], p_id text[], p_version bigint[], p_status text[], p_amount numeric[], p_currency text[], p_shown numeric[], p_shown_currency text[], p_fee numeric[], p_tax numeric[],
    p_payout text[], p_method text[], p_document text[], p_refs text[], p_words text[], p_account text[], p_store text[], p_at timestamptz[]) returns integer language plpgsql set jit = off as $$
#variable_conflict use_column
declare
    v_lines bigint[];
begin
    with told as (
        select t.*, array_remove(string_to_array(t.refs, chr(31)), '') as names
        from unnest(p_kind, p_id, p_version, p_status, p_amount, p_currency, p_shown, p_shown_currency, p_fee, p_tax, p_payout, p_method, p_document, p_refs, p_words, p_account, p_store, p_at)
            t (kind, external_id, version, status, amount, currency, shown_amount, shown_currency, fee, tax, payout, method, document, refs, words, account, store, at)),
    put as (
        insert into ledger_line as l (connection_id, kind, external_id, version, status, amount, currency, shown_amount, shown_currency, fee, tax, payout, method, document, refs, words, account, store, at, day, flow_id, file_id)
        select p_connection, t.kind, t.external_id, t.version, t.status, t.amount, t.currency, t.shown_amount, t.shown_currency, t.fee, t.tax, t.payout, t.method, t.document, t.names, t.words, t.account, t.store, t.at,
            ledger_day(p_connection, t.at), case when t.kind in ('SalesOrder', 'Invoice', 'CreditMemo', 'Charge', 'ChargeRefund', 'Dispute') then ledger_order(p_connection, t.names) end, p_file
        from told t order by t.kind, t.external_id
        on conflict (connection_id, kind, external_id) do update set version = excluded.version, status = excluded.status, amount = excluded.amount, currency = excluded.currency, shown_amount = excluded.shown_amount,
            shown_currency = excluded.shown_currency, fee = excluded.fee, tax = excluded.tax, payout = coalesce(excluded.payout, l.payout), method = coalesce(excluded.method, l.method), document = coalesce(excluded.document, l.document),
            refs = excluded.refs, words = coalesce(excluded.words, l.words), account = excluded.account, store = excluded.store, at = excluded.at, day = excluded.day, flow_id = coalesce(excluded.flow_id, l.flow_id),
            file_id = coalesce(excluded.file_id, l.file_id), stored_at = now()
        where excluded.version >= l.version and (l.status, l.amount, l.currency, l.shown_amount, l.shown_currency, l.fee, l.tax, l.payout, l.document, l.refs, l.account, l.at, l.flow_id)
            is distinct from (excluded.status, excluded.amount, excluded.currency, excluded.shown_amount, excluded.shown_currency, excluded.fee, excluded.tax, coalesce(excluded.payout, l.payout), coalesce(excluded.document, l.document),
                excluded.refs, excluded.account, excluded.at, coalesce(excluded.flow_id, l.flow_id))
        returning l.id)
    select array_agg(id) into v_lines from put;
    if v_lines is null then
        return 0;
    end if;

    -- A payout that is known now may have been named by a bank, or by the books, before.
    perform recon_enter(v_lines || array(
        select l.id from ledger_line y join ledger_line l on l.kind in ('BankEntry', 'Journal') and l.at > y.at - interval '30 days' and position(y.document in array_to_string(l.refs, ' ') || ' ' || coalesce(l.words, '')) > 0
        where y.id = any (v_lines) and y.kind = 'Payout'
        -- What the books say of an order decides how its cancellation and its refunds count.
        union select o.id from ledger_line y join ledger_line o on o.flow_id = y.flow_id and o.kind in ('Order', 'Refund') where y.id = any (v_lines) and y.kind in ('Invoice', 'CreditMemo')));
    return cardinality(v_lines);
end $$;

-- Who settles a means of payment was said, or said anew: its tenders are entered again, and what the processor told without finding its order looks once more.
create function recon_routed(p_channel text, p_method text, p_processor text) returns integer language plpgsql as $$
#variable_conflict use_column
declare
    v_lines bigint[];
begin
    with homed as (
        update ledger_line l set flow_id = o.flow_id from (select h.id, ledger_order(h.connection_id, h.refs) as flow_id from ledger_line h where h.connection_id = p_processor and h.flow_id is null and h.kind in ('Charge', 'ChargeRefund', 'Dispute')) o
        where l.id = o.id and o.flow_id is not null returning l.id)
    select array_agg(id) into v_lines from (
        select id from homed union select t.id from ledger_line t where t.connection_id = p_channel and t.kind = 'Tender' and t.method = p_method
        union select r.id from ledger_line t join ledger_line r on r.flow_id = t.flow_id and r.kind = 'Refund' where t.connection_id = p_channel and t.kind = 'Tender' and t.method = p_method) x;
    if v_lines is not null then
        perform recon_enter(v_lines);
    end if;
    return coalesce(cardinality(v_lines), 0);
end $$;

-- What found no order looks again: two that came at the same time did not see each other. Returns how many found one.
create function recon_rehome() returns integer language plpgsql as $$
#variable_conflict use_column
declare
    v_lines bigint[];
begin
    with homed as (
        update ledger_line l set flow_id = o.flow_id from (
            select h.id, ledger_order(h.connection_id, h.refs) as flow_id from ledger_line h
            where h.flow_id is null and h.kind in ('SalesOrder', 'Invoice', 'CreditMemo', 'Charge', 'ChargeRefund', 'Dispute') and h.stored_at > now() - interval '3 days') o
        where l.id = o.id and o.flow_id is not null returning l.id)
    select array_agg(id) into v_lines from homed;
    if v_lines is not null then
        perform recon_enter(v_lines);
    end if;
    return coalesce(cardinality(v_lines), 0);
end $$;
