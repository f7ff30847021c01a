-- The stores at which the goods of an order are set aside, or were handed over: what the desk shows and narrows by. The same places as those of the rules by which cases find somebody.
set local lock_timeout = '30s';
create index reservation_store on reservation (location, flow_id) where state = 'active' or (state = 'committed' and reserved_at = ended_at);
create function flow_stores(p_flow bigint) returns text language sql stable as $$
    select string_agg(l.name, ', ' order by l.name) from location l where l.id in (
        select v.location from reservation v where v.flow_id = p_flow and v.state = 'active'
        union all select v.location from reservation v where v.flow_id = p_flow and v.state = 'committed' and v.reserved_at = v.ended_at)
$$;
