-- Goods that came back lie where they were inspected: sound ones are for sale again, those that need work are damaged. Each inspection of a line books once.
create table return_stock (
    flow_id        bigint not null references flow (id),
    inspection     text not null check (length(inspection) between 1 and 280),
    order_line_id  text not null,
    sku            text not null,
    location       text not null,
    sound          integer not null check (sound >= 0),
    damaged        integer not null check (damaged >= 0),
    at             timestamptz not null default now(),
    primary key (flow_id, inspection, order_line_id),
    foreign key (sku, location) references stock (sku, location)
);

-- p_items: [{"flow": 1, "inspection": "x", "line": "1", "sku": "A", "location": "store-1", "sound": 1, "damaged": 0}]. A place that is not known, and goods without a SKU, keep no stock, and nothing is booked of them.
create function stock_return(p_items jsonb) returns void
language plpgsql as $$
begin
    insert into stock (sku, location)
    select distinct i ->> 'sku', i ->> 'location' from jsonb_array_elements(p_items) i where length(i ->> 'sku') between 1 and 100 and exists (select from location p where p.id = i ->> 'location') order by 1, 2
    on conflict do nothing;

    perform 1 from stock s join jsonb_array_elements(p_items) i on s.sku = i ->> 'sku' and s.location = i ->> 'location'
    order by s.sku collate "C", s.location collate "C" for no key update of s;

    with booked as (
        insert into return_stock (flow_id, inspection, order_line_id, sku, location, sound, damaged)
        select (i ->> 'flow')::bigint, i ->> 'inspection', i ->> 'line', i ->> 'sku', i ->> 'location', (i ->> 'sound')::integer, (i ->> 'damaged')::integer
        from jsonb_array_elements(p_items) i where length(i ->> 'sku') between 1 and 100 and exists (select from location p where p.id = i ->> 'location')
        on conflict do nothing
        returning flow_id, sku, location, sound, damaged),
    total as (select sku, location, sum(sound)::integer as sound, sum(damaged)::integer as damaged from booked group by sku, location),
    counted as (
        update stock s set on_hand = s.on_hand + t.sound, damaged = s.damaged + t.damaged, updated_at = now(),
            oversold = least(s.oversold, greatest(s.reserved - greatest(s.on_hand + t.sound - s.safety, 0), 0))
        from total t where s.sku = t.sku and s.location = t.location)
    insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, damaged_delta, source, reason)
    select sku, location, sum(sound), 0, sum(damaged), 'flow/' || flow_id, 'return' from booked group by flow_id, sku, location having sum(sound + damaged) > 0;
end $$;
