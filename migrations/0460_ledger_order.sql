-- The order of a line is found by its channel and its id there, both at once: by the id alone, each line of a payout went through every order there is.
create or replace function ledger_order(p_connection text, p_refs text[]) returns bigint stable language sql as $$
    with role as (select c.role, c.id from connection c where c.id = p_connection),
    channel as (
        -- A shop speaks of its own orders, who takes payments of those of the channels whose payments it takes.
        select o.id from role o where o.role = 'shop'
        union
        select t.channel from role o join ledger_route t on t.processor = o.id where o.role = 'processor'),
    named as (
        select r.ref, r.n from unnest(p_refs) with ordinality r (ref, n) where r.ref <> ''),
    found as (
        -- Of an ERP: the key, whole or its last characters.
        select n.n, case f.kind when 'return-to-refund' then (f.state ->> 'OrderFlow')::bigint else f.id end as flow_id
        from named n join posting p on p.key = upper(n.ref) join flow f on f.id = p.flow_id
        union all
        -- Of a shop or of who takes its payments: the order's id there, or its name.
        select n.n, f.id from named n cross join channel c join flow f on f.kind = 'order-to-cash' and f.source = c.id and f.source_id = n.ref
        union all
        select n.n, x.flow_id from named n join flow_reference x on lower(x.value) = lower(n.ref) join flow f on f.id = x.flow_id and f.kind = 'order-to-cash'
        where f.source in (select id from channel) or f.erp in (select o.id from role o where o.role = 'erp'))
    select min(flow_id) from found where n = (select min(n) from found where flow_id is not null) and flow_id is not null having count(distinct flow_id) = 1
$$;
