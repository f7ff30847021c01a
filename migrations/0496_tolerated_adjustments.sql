-- A difference that a rule tolerates is an adjustment of that rule: in force is one for each item that is tolerated, of its amount. Nothing that is tolerated vanishes.
alter table recon_adjustment
    add column rule_id bigint references recon_rule (id),
    add check (rule_id is null or by_id is null);
create unique index recon_adjustment_tolerated on recon_adjustment (comparison, group_key) where rule_id is not null and undone_at is null;

-- Those of rules are looked up by their group, those of people are few.
create index recon_adjustment_of_rule on recon_adjustment (comparison, group_key) where rule_id is not null;
create index recon_adjustment_of_people on recon_adjustment (comparison) where rule_id is null;

-- A signed month is closed to people; what a rule tolerated follows its item there too.
drop trigger recon_guard on recon_adjustment;
create trigger recon_guard before insert or update on recon_adjustment for each row when (new.rule_id is null) execute function recon_guard();

create function recon_tolerance(p_item recon_item, p_at timestamptz) returns void language sql as $$
    insert into recon_adjustment (comparison, group_key, amount, currency, reason, words, by_name, at, key, rule_id)
    select p_item.comparison, p_item.group_key, p_item.difference, p_item.currency, 'tolerance', coalesce('Account: ' || r.account, ''), 'Rule ' || r.name, p_at, gen_random_uuid(), r.id from recon_rule r where r.id = p_item.rule_id
$$;

create function recon_item_tolerated() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if (old.state, old.difference, old.currency, old.rule_id) is not distinct from (new.state, new.difference, new.currency, new.rule_id) then
            return null;
        end if;
        update recon_adjustment set undone_at = now(), undone_by = 'tower', undone_why = case when new.state = 'tolerated' then 'The difference or its rule changed.' when new.state = 'closed' then 'It came to nought.' else 'No rule tolerates it any more.' end
        where comparison = new.comparison and group_key = new.group_key and rule_id is not null and undone_at is null;
    end if;
    if new.state = 'tolerated' then
        perform recon_tolerance(new, now());
    end if;
    return null;
end $$;
create trigger recon_item_tolerated_anew after insert on recon_item for each row when (new.state = 'tolerated') execute function recon_item_tolerated();
create trigger recon_item_tolerated after update on recon_item for each row when (new.state = 'tolerated' or old.state = 'tolerated') execute function recon_item_tolerated();

select recon_tolerance(i, i.changed_at) from recon_item i where i.state = 'tolerated';

-- What a rule tolerates stays the item's difference: only what people took upon themselves is taken off it.
create or replace view recon_broken as
select g.comparison, g.group_key, k.kind, m.currency, m.other_currency, m.first_amount, m.other_amount, a.adjusted, d.difference,
    greatest(abs(d.difference), case k.kind when 'missing-other' then abs(m.first_amount) when 'tax' then abs(g.first_tax - g.other_tax) when 'timing' then abs(m.first_amount) when 'currency' then abs(m.first_amount)
        when 'payout-failed' then p.stated when 'payout-cancelled' then p.stated else 0 end) as value,
    g.first_count, g.other_count + g.whole_count as other_count, g.first_line, g.other_line, g.first_at, g.last_at, g.pending,
    case when g.first_count = 0 or g.other_count + g.whole_count = 0 then g.first_at else g.last_at end + c.lag as due_at
from recon_group g
join recon_comparison c on c.name = g.comparison
-- What was taken up of a group goes where the group goes.
left join (select x.comparison, recon_led(x.comparison, x.group_key) as group_key, sum(x.amount) as adjusted from recon_adjustment x where x.undone_at is null and x.rule_id is null group by 1, 2) j on j.comparison = g.comparison and j.group_key = g.group_key
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
