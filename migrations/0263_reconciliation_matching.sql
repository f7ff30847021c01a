-- Where an entry of this key belongs by what rules and people linked. A chain of links is followed to its end.
create function recon_led(p_comparison text, p_key text) returns text language sql stable as $$
    with recursive led (key, depth) as (
        select p_key, 0 union all
        select l.to_key, d.depth + 1 from led d join recon_link l on l.comparison = p_comparison and l.from_key = d.key and l.state = 'confirmed' where d.depth < 20)
    select key from led order by depth desc limit 1
$$;

-- What a group comes to. Amounts of two currencies are never added: a group of more than one currency is summed by recon_mixed.
create view recon_group as
select e.comparison, e.group_key,
    count(*) filter (where not e.other) as first_lines, count(*) filter (where e.other) as other_lines,
    count(*) filter (where not e.other and e.counts) as first_count, count(*) filter (where e.other and e.counts and not e.whole) as other_count, count(*) filter (where e.whole and e.counts) as whole_count,
    coalesce(sum(e.amount) filter (where not e.other and e.counts), 0) as first_amount,
    -- An order that is open in the books states the whole until its invoices reach it: nobody tells when it is gone.
    greatest(sum(e.amount) filter (where e.whole and e.counts), coalesce(sum(e.amount) filter (where e.other and e.counts and not e.whole), 0)) as other_amount,
    case when bool_and(e.tax is not null) filter (where e.counts and not e.other) then sum(e.tax) filter (where e.counts and not e.other) end as first_tax,
    case when sum(e.amount) filter (where e.whole and e.counts) > coalesce(sum(e.amount) filter (where e.other and e.counts and not e.whole), 0)
            then case when bool_and(e.tax is not null) filter (where e.counts and e.whole) then sum(e.tax) filter (where e.counts and e.whole) end
        when bool_and(e.tax is not null) filter (where e.counts and e.other and not e.whole) then sum(e.tax) filter (where e.counts and e.other and not e.whole) end as other_tax,
    coalesce(sum(e.cost) filter (where e.counts and e.other), 0) as other_cost,
    coalesce(min(e.currency) filter (where e.counts), min(e.currency)) as currency, coalesce(max(e.currency) filter (where e.counts), min(e.currency)) as other_currency,
    min(e.line_id) filter (where not e.other) as first_line, min(e.line_id) filter (where e.other) as other_line,
    min(e.at) as first_at, max(e.at) as last_at, min(e.at) filter (where not e.other) as first_side_at, max(e.at) filter (where e.other) as other_side_at,
    bool_or(e.status = 'Failed' and not e.other) as failed, bool_or(e.status = 'Cancelled' and not e.other) as cancelled, bool_or(e.status = 'Pending' and e.counts) as pending
from recon_entry e
group by e.comparison, e.group_key;

-- The sums of a group of several currencies, in the first side's: what is shown in it counts as that. Null where a line has no amount in it at all.
create function recon_mixed(p_comparison text, p_key text) returns table (currency char(3), other_currency char(3), first_amount numeric, other_amount numeric, clean boolean) language sql stable as $$
    with e as (select * from recon_entry x where x.comparison = p_comparison and x.group_key = p_key and x.counts),
    wanted as (select coalesce(
        -- A currency that every line knows, the first side's own first.
        (select c.v from (select distinct e.currency as v, not e.other as own from e union select distinct e.shown_currency, false from e where e.shown_currency is not null) c
         where not exists (select from e where e.currency <> c.v and e.shown_currency is distinct from c.v) order by c.own desc, c.v limit 1),
        (select min(e.currency) from e where not e.other), (select min(e.currency) from e)) as cur),
    valued as (select e.*, case when e.currency = w.cur then e.amount when e.shown_currency = w.cur then e.shown_amount end as v, w.cur from e, wanted w)
    select min(cur)::char(3), (select min(e.currency) from e where e.other and e.currency <> (select cur from wanted))::char(3), coalesce(sum(v) filter (where not other), 0),
        greatest(sum(v) filter (where whole), coalesce(sum(v) filter (where other and not whole), 0)),
        bool_and(v is not null)
    from valued
$$;

create function recon_units(p_currency char(3)) returns numeric language sql immutable as $$
    select case when p_currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') then 1
        when p_currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 0.001 else 0.01 end
$$;

-- The groups that do not come to nought, or should not be as they are, and why. The order of the reasons is the order in which a person would ask.
create view recon_broken as
select g.comparison, g.group_key, k.kind, m.currency, m.other_currency, m.first_amount, m.other_amount, a.adjusted, d.difference,
    greatest(abs(d.difference), case k.kind when 'missing-other' then abs(m.first_amount) when 'tax' then abs(g.first_tax - g.other_tax) when 'timing' then abs(m.first_amount) when 'currency' then abs(m.first_amount)
        when 'payout-failed' then p.stated when 'payout-cancelled' then p.stated else 0 end) as value,
    g.first_count, g.other_count + g.whole_count as other_count, g.first_line, g.other_line, g.first_at, g.last_at, g.pending,
    case when g.first_count = 0 or g.other_count + g.whole_count = 0 then g.first_at else g.last_at end + c.lag
        -- What is not paid yet is not posted yet.
        + case when g.pending and g.comparison = 'order' then interval '30 days' else interval '0' end as due_at
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

-- From when on a system has told its side: what is older is nobody's to miss.
create table ledger_coverage (
    connection_id  text not null references connection (id),
    kind           text not null check (kind in ('books', 'journal', 'payouts', 'bank')),
    since          timestamptz not null,
    told_at        timestamptz not null default now(),  -- when it last told, if it told nothing new
    primary key (connection_id, kind)
);

-- A month of these books that is signed is decided.
create function recon_is_signed(p_books text, p_day date) returns boolean language sql stable as $$
    select exists (select from recon_period p where p.books = p_books and p.state = 'closed' and p.month = date_trunc('month', p_day)::date)
$$;

-- Brings the items of these groups, or of all, to what their entries say. One at a time for each comparison: what it reads is then newer than whatever it waited for.
-- Returns how many items changed; a second run changes none.
create function recon_settle(p_comparison text, p_keys text[]) returns integer language plpgsql set jit = off as $$
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
        -- What the other side was not asked for is not missing there.
        select p.* from placed p where p.kind <> 'missing-other' or coalesce(case p.comparison
            when 'order' then (select v.since from ledger_coverage v where v.connection_id = p.books and v.kind = 'books')
            when 'refund' then (select v.since from ledger_coverage v where v.connection_id = p.books and v.kind = 'books')
            when 'settlement' then (select max(coalesce(v.since, 'infinity')) from ledger_line t join ledger_route r on r.channel = t.connection_id and r.method = t.method and r.settled
                left join ledger_coverage v on v.connection_id = r.processor and v.kind = 'payouts' where t.flow_id = p.flow_id and t.kind = 'Tender' and t.status <> 'Gone')
            when 'contents' then '-infinity'
            when 'deposit' then (select min(v.since) from ledger_coverage v where v.kind = 'bank')
            when 'books' then (select v.since from ledger_coverage v where v.connection_id = p.books and v.kind = 'journal') end, 'infinity') <= p.first_at),
    ruled as (
        select v.*, i.id, i.state as was, i.kind as was_kind, i.difference as was_difference, coalesce(i.acknowledged and (i.kind, i.first_amount, i.other_amount) = (v.kind, v.first_amount, v.other_amount), false) as acknowledged,
            case when v.difference <> 0 and v.kind in ('amount', 'rounding', 'fee', 'tax') and not coalesce(i.strict, false) then (
                select r.id from recon_rule r where r.comparison = v.comparison and r.kind = 'tolerance' and r.active and r.confirms and (i.state = 'tolerated' or not recon_is_signed(v.books, v.day))
                    and (r.source is null or r.source = v.source) and (r.currency is null or r.currency = v.currency)
                    and case when v.difference < 0 then -v.difference <= greatest(r.above, abs(v.first_amount) * r.above_percent / 100) else v.difference <= greatest(r.below, abs(v.first_amount) * r.below_percent / 100) end
                order by r.position, r.id limit 1) end as rule
        from covered v left join recon_item i on i.comparison = v.comparison and i.group_key = v.group_key),
    judged as (select r.*, case when r.rule is not null then 'tolerated' when r.difference = 0 and (r.adjusted <> 0 or r.acknowledged) then 'settled' else 'open' end as state from ruled r),
    put as (
        insert into recon_item as t (comparison, group_key, state, kind, currency, first_amount, other_amount, other_currency, adjusted, difference, value, first_count, other_count, rule_id, flow_id, source, books, store, brand,
            document, first_at, due_at, day, acknowledged)
        select j.comparison, j.group_key, j.state, j.kind, j.currency, j.first_amount, j.other_amount, j.other_currency, j.adjusted, j.difference, coalesce(j.value, 0), j.first_count, j.other_count, j.rule, j.flow_id, j.source,
            j.books, j.store, j.brand, j.document, j.first_at, j.due_at, j.day, j.acknowledged
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

-- A reference that has the shape of a key under which the tower posts: such a document should have an order.
create function recon_is_ours(p_refs text[]) returns boolean language sql immutable as $$
    select exists (select from unnest(p_refs) r where upper(r) ~ '(^|-)[0-9A-HJKMNP-TV-Z]{16}$' and upper(r) ~ '[0-9]' and upper(r) ~ '[A-Z]')
$$;

-- An order that the ERP invoiced whole, or that was taken back, is deleted there, and nobody tells.
create function recon_is_over(p_flow bigint) returns boolean language sql stable as $$
    select coalesce((select coalesce((f.state ->> 'FullyInvoiced')::boolean, false) or coalesce((f.state ->> 'Cancelled')::boolean, false) from flow f where f.id = p_flow), false)
$$;

-- How much of an order's refunds went back for what was never sold, and how much was refunded before this one.
create function recon_freed(p_flow bigint, p_line bigint) returns table (free numeric, before numeric) language sql stable as $$
    select greatest(coalesce((f.state ->> 'Captured')::numeric, 0) - case when coalesce((f.state ->> 'Cancelled')::boolean, false) and not exists (select from ledger_line i where i.flow_id = p_flow and i.kind = 'Invoice' and i.status in ('Pending', 'Final')) then 0 else coalesce((f.state ->> 'Total')::numeric, 0) end, 0),
        coalesce((select -sum(o.amount) from ledger_line o, ledger_line l where l.id = p_line and o.flow_id = p_flow and o.kind = 'Refund' and o.status <> 'Gone' and (o.at, o.external_id) < (l.at, l.external_id)), 0)
    from flow f where f.id = p_flow
$$;

-- The payout that a bank's words name.
create function recon_payout(p_refs text[], p_words text) returns text language sql stable as $$
    select min('p' || l.connection_id || '/' || l.external_id) from ledger_line l
    where l.kind = 'Payout' and l.document in (select w from unnest(p_refs) r, regexp_split_to_table(r, '[\s,;:/]+') w union select w from regexp_split_to_table(coalesce(p_words, ''), '[\s,;:/]+') w) and length(l.document) >= 6
    having count(distinct (l.connection_id, l.external_id)) = 1
$$;
create index ledger_line_payout_named on ledger_line (document) where kind = 'Payout';

-- Whether a bank's words name somebody who pays out. Everything else on the account is none of this.
create function recon_is_settled(p_refs text[], p_words text) returns boolean language sql stable as $$
    select exists (
        select from connection c where (c.role = 'processor' or exists (select from ledger_coverage v where v.connection_id = c.id and v.kind = 'payouts'))
            and position(lower(coalesce(nullif(c.settings ->> 'descriptor', ''), c.kind)) in lower(array_to_string(p_refs, ' ') || ' ' || coalesce(p_words, ''))) > 0)
$$;

-- The payout whose entry in the books this is: on the bank's account, under the key that the tower posted, or naming the payout.
create function recon_booked(p_connection text, p_account text, p_refs text[]) returns text language sql stable as $$
    select case when p_account is not distinct from (select c.settings ->> 'account:bank' from connection c where c.id = p_connection) then coalesce(
        (select min('p' || f.source || '/' || f.source_id) from posting p join flow f on f.id = p.flow_id and f.kind = 'journal' and f.source_id not like 'adjustment-%' where p.connection_id = p_connection and right(p.key, 16) in (select right(upper(r), 16) from unnest(p_refs) r)),
        recon_payout(p_refs, null)) end
$$;
create index posting_tail on posting (right(key, 16));

-- The business of a line: what it says in which comparison. Entries are made anew from the line; where a link moved one, it stays moved. Marks every group that changed.
create function recon_enter(p_lines bigint[]) returns void language plpgsql as $$
begin
    with line as (
        select l.*, c.role, c.posts_to, c.kind as vendor, coalesce('f' || l.flow_id, 'l' || l.id) as key
        from ledger_line l join connection c on c.id = l.connection_id where l.id = any (p_lines)),
    said as (
        select 'order' as comparison, l.id, false as other, l.key, false as whole, l.amount, l.shown_amount, l.tax, 0::numeric as cost,
            -- Cancelled after it was invoiced, and credited: it was sold, and came back.
            case when l.status = 'Cancelled' and exists (select from ledger_line m where m.flow_id = l.flow_id and m.kind = 'CreditMemo' and m.status in ('Pending', 'Final')) then 'Final' else l.status end as status from line l where l.kind = 'Order'
        union all select 'order', l.id, true, l.key, l.kind = 'SalesOrder', l.amount, l.shown_amount, l.tax, 0, l.status from line l where (l.kind = 'Invoice' or l.kind = 'SalesOrder' and not recon_is_over(l.flow_id)) and (l.flow_id is not null or recon_is_ours(l.refs))
        -- Money that goes back for goods that were taken off before they were sold is in the order already, and credits nothing.
        union all select 'refund', l.id, false, l.key, false, least(l.amount + greatest(f.free - f.before, 0), 0), case when f.free <= f.before then l.shown_amount end, null, 0, l.status
            from line l cross join lateral recon_freed(l.flow_id, l.id) f where l.kind = 'Refund' and l.flow_id is not null
        union all select 'refund', l.id, true, l.key, false, l.amount, l.shown_amount, l.tax, 0, l.status from line l where l.kind = 'CreditMemo' and (l.flow_id is not null or recon_is_ours(l.refs))
        union all select 'settlement', l.id, false, l.key, false, l.amount, l.shown_amount, null, 0, l.status from line l where l.kind = 'Tender' and exists (
            select from ledger_route r where r.channel = l.connection_id and r.method = l.method and r.settled)
        -- Which of several means of payment a refund goes back to is not said: to the one that is settled, as far as it was paid by that.
        union all select 'settlement', l.id, false, l.key, false, -least(-l.amount, greatest(s.paid - f.before, 0)), null, null, 0, l.status from line l cross join lateral recon_freed(l.flow_id, l.id) f
            cross join lateral (select sum(t.amount) as paid from ledger_line t join ledger_route r on r.channel = t.connection_id and r.method = t.method and r.settled where t.flow_id = l.flow_id and t.kind = 'Tender' and t.status <> 'Gone') s
            where l.kind = 'Refund' and l.flow_id is not null and s.paid > 0
        union all select 'settlement', l.id, true, l.key, false, l.amount, l.shown_amount, null, l.fee, l.status from line l where l.kind in ('Charge', 'ChargeRefund', 'Dispute')
        union all select 'contents', l.id, true, 'p' || l.connection_id || '/' || l.payout, false, l.amount - l.fee, null, null, l.fee, l.status from line l where l.payout is not null and l.kind not in ('Payout', 'PayoutReturned')
        -- What was sent and failed was paid by those lines all the same; the balance got it back by a line of its own.
        union all select 'contents', l.id, false, 'p' || l.connection_id || '/' || l.external_id, false, l.amount, null, null, 0, case when l.status in ('Failed', 'Cancelled') then 'Final' else l.status end from line l
            where l.kind = 'Payout' and l.method is distinct from 'manual'
        union all select x.comparison, l.id, false, 'p' || l.connection_id || '/' || l.external_id, false, l.amount, l.shown_amount, null, 0, l.status from line l, (values ('deposit'), ('books')) x (comparison)
            where l.kind = 'Payout'
        union all select x.comparison, l.id, false, 'p' || l.connection_id || '/' || l.payout, false, 0, null, null, 0, l.status from line l, (values ('deposit'), ('books')) x (comparison)
            where l.kind = 'PayoutReturned' and l.payout is not null
        union all select 'deposit', l.id, true, coalesce(recon_payout(l.refs, l.words), 'l' || l.id), false, l.amount, l.shown_amount, null, 0, l.status from line l
            where l.kind = 'BankEntry' and (recon_payout(l.refs, l.words) is not null or recon_is_settled(l.refs, l.words))
        union all select 'books', l.id, true, k.key, false, l.amount, l.shown_amount, null, 0, l.status from line l cross join lateral recon_booked(l.connection_id, l.account, l.refs) k (key) where l.kind = 'Journal' and k.key is not null),
    now_said as (
        select s.comparison, s.id, s.other, s.key, s.whole, s.amount, l.currency, s.shown_amount, case when s.shown_amount is not null then l.shown_currency end as shown_currency, s.tax, s.cost, s.status, l.at
        from said s join line l on l.id = s.id where s.status <> 'Gone'),
    gone as (
        delete from recon_entry e where e.line_id = any (p_lines) and not exists (select from now_said s where s.comparison = e.comparison and s.id = e.line_id and s.other = e.other) returning e.comparison, e.group_key),
    put as (
        insert into recon_entry as t (comparison, line_id, other, own_key, group_key, whole, amount, currency, shown_amount, shown_currency, tax, cost, status, at)
        select s.comparison, s.id, s.other, s.key, recon_led(s.comparison, s.key), s.whole, s.amount, s.currency, s.shown_amount, s.shown_currency, s.tax, s.cost, s.status, s.at from now_said s order by s.comparison, s.id, s.other
        on conflict (comparison, line_id, other) do update set own_key = excluded.own_key, group_key = case when t.own_key = excluded.own_key then t.group_key else excluded.group_key end, whole = excluded.whole,
            amount = excluded.amount, currency = excluded.currency, shown_amount = excluded.shown_amount, shown_currency = excluded.shown_currency, tax = excluded.tax, cost = excluded.cost, status = excluded.status, at = excluded.at
        where (t.own_key, t.whole, t.amount, t.currency, t.shown_amount, t.shown_currency, t.tax, t.cost, t.status, t.at)
            is distinct from (excluded.own_key, excluded.whole, excluded.amount, excluded.currency, excluded.shown_amount, excluded.shown_currency, excluded.tax, excluded.cost, excluded.status, excluded.at)
        returning t.comparison, t.group_key, t.line_id, t.other),
    was as (select e.comparison, e.group_key from recon_entry e join put p on p.comparison = e.comparison and p.line_id = e.line_id and p.other = e.other)
    insert into recon_dirty (comparison, group_key)
    select comparison, group_key from gone union select comparison, group_key from put union select comparison, group_key from was;
end $$;
