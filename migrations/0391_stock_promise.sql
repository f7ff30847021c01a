-- What may be promised of what is on its way, day by day: what lies there and all that comes until then, less what is reserved, the safety stock and what is kept from the channel. What is owed already
-- (on hand below zero, promises that nothing covers) is served first. A place that the channel may not sell from promises it nothing: its rows have no day.
create function stock_promise(p_connection text, p_skus text[], p_location text, p_from date)
returns table (sku text, location text, due_on date, quantity bigint, promisable bigint)
language plpgsql stable as $$  -- not sql: its plan is kept
#variable_conflict use_column
begin
    return query
    with coming as (
        select g.sku, g.location, g.due_on, sum(g.quantity) as quantity, sum(sum(g.quantity)) over (partition by g.sku, g.location order by g.due_on) as upto
        from stock_incoming g where g.sku = any (p_skus) and (p_location is null or g.location = p_location) and g.due_on >= p_from group by 1, 2, 3),
    rule as materialized (
        select * from channel_rule r where p_connection is not null and (r.connection_id is null or r.connection_id = p_connection) and (r.sku is null or r.sku = any (p_skus))),
    kept as (
        select c.*, coalesce(s.on_hand - s.safety, 0) + c.upto as there, coalesce(s.reserved, 0) as reserved,
            coalesce(l.brand <> (select nullif(n.brand, '') from connection n where n.id = p_connection), false) or coalesce(r.excluded, false) as excluded,
            coalesce(r.buffer, 0) + coalesce(d.units, 0) as pieces, coalesce(r.buffer_percent, 0) as percent
        from coming c
        join location l on l.id = c.location
        left join stock s on s.sku = c.sku and s.location = c.location
        left join lateral (
            select * from rule r where (r.sku is null or r.sku = c.sku) and (r.location is null or r.location = c.location)
            order by r.sku is null, r.location is null, r.connection_id is null limit 1) r on true
        left join drift_buffer d on d.sku = c.sku and d.location = c.location and d.connection_id = p_connection)
    select sku, location, due_on, quantity::bigint, greatest(there - reserved - pieces - ceil(greatest(there, 0) * percent / 100), 0)::bigint from kept where not excluded
    union all
    select distinct sku, location, null::date, null::bigint, null::bigint from kept where excluded;
end $$;
