-- Some of several that are open together for what one other is: a charge that was taken in parts, payouts of several days in one deposit. Only where exactly one set of them fits, and only offered:
-- whether it is the truth a person says.
alter table recon_item add column sums_tried_at timestamptz;     -- those that were not tried for longest have their turn first

-- Whose turn it is: so many at once, those that were not tried for longest. Noted in a transaction of its own, so that a search that cannot come to its end is not tried for ever and keeps nobody else's.
create function recon_subset_turn(p_comparison text) returns bigint[] language sql as $$
    with due as materialized (
        select i.id from recon_item i where i.comparison = p_comparison and i.state = 'open' and i.kind in ('missing-other', 'missing-first') and i.difference <> 0 and not recon_is_signed(i.books, i.day)
            and exists (select from recon_rule r where r.comparison = p_comparison and r.kind = 'sum' and r.active)
            and not exists (select from recon_link l where l.comparison = p_comparison and i.group_key in (l.from_key, l.to_key) and l.state = 'suggested')
        order by i.sums_tried_at nulls first, i.id limit 20),
    tried as (update recon_item i set sums_tried_at = now() from due d where i.id = d.id returning i.id)
    select coalesce(array_agg(id), '{}') from tried
$$;

create function recon_offer_subsets(p_comparison text, p_turn bigint[]) returns integer language plpgsql set jit = off as $$
#variable_conflict use_column
declare
    -- Of so many lines that are nearest in time, and at most so many together: no look takes longer than that, however much is open.
    c_lines constant integer := 12;
    c_size constant integer := 5;
    v_made integer;
begin
    perform pg_advisory_xact_lock(hashtextextended('recon/' || p_comparison, 0));
    with recursive said as (
        select i.id, i.group_key, i.source, i.currency, i.difference, i.first_count = 0 as other, i.day, l.words, l.refs, l.method, l.payout from recon_item i
        join lateral (select l.words, l.refs, l.method, l.payout from recon_entry e join ledger_line l on l.id = e.line_id where e.comparison = i.comparison and e.group_key = i.group_key order by e.other, e.line_id limit 1) l on true
        where i.comparison = p_comparison and i.state = 'open' and i.kind in ('missing-other', 'missing-first') and i.difference <> 0 and not recon_is_signed(i.books, i.day)),
    near as (
        select o.id, o.difference, r.id as rule_id, r.version, c.source, case when r.pattern is null then c.payout end as payout, c.group_key, c.difference as part, c.other, abs(c.day - o.day) as days,
            greatest(r.above, abs(o.difference) * r.above_percent / 100) as above, greatest(r.below, abs(o.difference) * r.below_percent / 100) as below,
            row_number() over (partition by o.id, r.id, c.source, case when r.pattern is null then c.payout end order by abs(c.day - o.day), c.id) as n
        from said o join recon_rule r on r.comparison = p_comparison and r.kind = 'sum' and r.active and (r.currency is null or r.currency = o.currency)
        join said c on c.other <> o.other and c.currency = o.currency and sign(c.difference) = -sign(o.difference) and abs(c.difference) < abs(o.difference) and (r.source is null or r.source = case when o.other then c.source else o.source end)
        where o.id = any (p_turn) and case when o.other then o.day - c.day else c.day - o.day end between -r.days_before and r.days_after and (r.method is null or r.method in (o.method, c.method))
            -- The same words on the other side, or lines of one payout: amounts alone come together by chance.
            and case when r.pattern is null then c.payout is not null else case when o.other then coalesce(o.words, '') || ' ' || array_to_string(o.refs, ' ') else coalesce(c.words, '') || ' ' || array_to_string(c.refs, ' ') end ~* r.pattern end),
    walk as (
        select n.id, n.rule_id, n.version, n.source, n.payout, n.other, n.difference, n.above, n.below, n.n, n.part::numeric as total, array[n.group_key] as keys, n.days from near n where n.n <= c_lines
        union all
        select w.id, w.rule_id, w.version, w.source, w.payout, w.other, w.difference, w.above, w.below, n.n, w.total + n.part, w.keys || n.group_key, greatest(w.days, n.days)
        from walk w join near n on n.id = w.id and n.rule_id = w.rule_id and n.source is not distinct from w.source and n.payout is not distinct from w.payout and n.n > w.n and n.n <= c_lines
        where cardinality(w.keys) < c_size and abs(w.total + n.part) <= abs(w.difference) + greatest(w.above, w.below)),
    fits as (
        select distinct on (w.id, f.keys) w.id, w.rule_id, w.version, w.other, w.difference + w.total as rest, f.keys, w.days from walk w cross join lateral (select array(select k from unnest(w.keys) k order by k) as keys) f
        where cardinality(w.keys) >= 2 and w.difference + w.total between -w.above and w.below order by w.id, f.keys, w.rule_id),
    -- Who has one set alone is found first: what may overlap it is then looked for once for each of them.
    single as (select c.* from (select f.*, count(*) over (partition by f.id) as sets from fits f) c where c.sets = 1),
    sole as (select s.* from single s where not exists (select from fits x where x.id <> s.id and x.keys && s.keys)),
    wanted as (
        select s.*, i.group_key as alone, md5(p_comparison || array_to_string(s.keys, ' ') || i.group_key)::uuid as bundle from sole s join recon_item i on i.id = s.id
        where not exists (select from recon_link l where l.comparison = p_comparison and l.state = 'suggested' and (l.from_key = any (s.keys) or l.to_key = any (s.keys)))),
    put as (
        -- What says what should be is what the others join.
        insert into recon_link (comparison, from_key, to_key, bundle, state, rule_id, rule_version, score, reasons)
        select p_comparison, k.from_key, case when w.other then w.alone else w.keys[1] end, w.bundle, 'suggested', w.rule_id, w.version, least(99, 60 + case when w.rest = 0 then 15 else 0 end + greatest(0, 10 - w.days)),
            array['sum of ' || cardinality(w.keys), case when w.days = 0 then 'day' else 'within ' || w.days || case w.days when 1 then ' day' else ' days' end end, 'only set that fits']
        from wanted w cross join lateral unnest(case when w.other then w.keys else w.keys[2:] || w.alone end) k (from_key)
        where not exists (select from recon_link l where l.comparison = p_comparison and l.bundle = w.bundle and l.state in ('refused', 'undone', 'confirmed'))
        on conflict (comparison, from_key, to_key, bundle) where state in ('suggested', 'refused') do nothing
        returning 1)
    select count(*) into v_made from put;
    return v_made;
end $$;
