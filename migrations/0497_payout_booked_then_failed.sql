-- A payout that was booked and then failed, was cancelled or came back: a break of its own until its entry in the books is reversed.
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
    when g.comparison = 'books' and (g.failed or g.cancelled) and m.first_amount = 0 and d.difference <> 0 then case when g.failed then 'payout-failed' else 'payout-cancelled' end
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

insert into recon_dirty (comparison, group_key) select comparison, group_key from recon_item where comparison = 'books' and state <> 'closed';
