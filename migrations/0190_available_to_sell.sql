-- What a channel may sell of what lies at a place: what is free there, less what is kept from this channel.

-- Goods that came back unsound lie at a place without being for sale. They are not part of on_hand.
alter table stock add column damaged integer not null default 0;
alter table stock add constraint stock_damaged_counts check (damaged >= 0) not valid;
alter table stock_ledger add column damaged_delta integer not null default 0;
alter table stock_ledger drop constraint stock_ledger_reason_check;
alter table stock_ledger add constraint stock_ledger_reason_check
    check (reason in ('count', 'reserve', 'release', 'commit', 'receipt', 'hold', 'expire', 'return', 'write-off')) not valid;

-- The most specific rule counts alone: one for the SKU before one for the place before one for the channel. Null means all of them.
create table channel_rule (
    id             bigint generated always as identity primary key,
    sku            text check (length(sku) between 1 and 100),
    location       text references location (id),
    connection_id  text references connection (id),
    excluded       boolean not null default false,
    buffer         integer not null default 0 check (buffer between 0 and 1000000),
    -- Of what is on hand less the safety stock, not of what is free: else each sale would free a part of what is kept.
    buffer_percent numeric(5, 2) not null default 0 check (buffer_percent between 0 and 100),
    revision       integer not null default 1,
    changed_at     timestamptz not null default now(),
    changed_by     text not null,
    constraint channel_rule_once unique nulls not distinct (sku, location, connection_id),
    constraint channel_rule_says check (excluded or buffer > 0 or buffer_percent > 0)
);

-- Kept back where what a channel shows is often wrong.
create table drift_buffer (
    connection_id  text not null references connection (id),
    sku            text not null,
    location       text not null references location (id),
    units          integer not null check (units > 0),
    changed_at     timestamptz not null default now(),
    primary key (sku, location, connection_id)
);

-- What is on its way to a place, as its source states it: one row per line of its document.
create table stock_incoming (
    client         text not null,                       -- who states it
    source         text not null check (length(source) between 1 and 60),
    document       text not null check (length(document) between 1 and 120),
    sku            text not null check (length(sku) between 1 and 100),
    location       text not null references location (id),
    due_on         date not null,
    quantity       integer not null check (quantity > 0),
    stated_at      timestamptz not null default now(),
    primary key (client, source, document, sku, location, due_on)
);
create index stock_incoming_item on stock_incoming (sku, location, due_on);

-- Pieces that the channel may sell now, SKU by SKU and place by place; never negative. No channel: nothing is kept back. Set-based: with hundreds of stores, a look at each cell alone is dear.
create function stock_offer(p_connection text, p_skus text[], p_location text default null) returns table (sku text, location text, free integer)
language plpgsql stable as $$  -- not sql: its plan is kept
#variable_conflict use_column
begin
    if p_connection is null then
        return query
            select s.sku, s.location, greatest(greatest(s.on_hand - s.safety, 0) - s.reserved, 0)
            from stock s where s.sku = any (p_skus) and (p_location is null or s.location = p_location);
        return;
    end if;

    return query
    with rule as materialized (
        select * from channel_rule r where (r.connection_id is null or r.connection_id = p_connection) and (r.sku is null or r.sku = any (p_skus))),
    kept as (
        select s.sku, s.location, greatest(s.on_hand - s.safety, 0) as base, s.reserved,
            case when l.brand <> (select nullif(c.brand, '') from connection c where c.id = p_connection) then true else coalesce(r.excluded, false) end as excluded,
            coalesce(r.buffer + ceil(greatest(s.on_hand - s.safety, 0) * r.buffer_percent / 100)::integer, 0) + coalesce(d.units, 0) as kept
        from stock s
        join location l on l.id = s.location
        left join lateral (
            select * from rule r where (r.sku is null or r.sku = s.sku) and (r.location is null or r.location = s.location)
            order by r.sku is null, r.location is null, r.connection_id is null limit 1) r on true
        left join drift_buffer d on d.sku = s.sku and d.location = s.location and d.connection_id = p_connection
        where s.sku = any (p_skus) and (p_location is null or s.location = p_location))
    select sku, location, case when excluded then 0 else greatest(base - reserved - kept, 0) end from kept;
end $$;

-- One cell of the offer.
create function stock_sellable(p_connection text, p_sku text, p_location text) returns integer
language plpgsql stable as $$
begin
    return coalesce((select free from stock_offer(p_connection, array[p_sku], p_location)), 0);
end $$;
