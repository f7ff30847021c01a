create table location (
    id             text primary key check (length(id) between 1 and 60),
    name           text not null,
    kind           text not null check (kind in ('warehouse', 'store')),
    brand          text,
    region         text
);

-- The rule against oversell is the check below; every caller meets it, whatever code it runs.
create table stock (
    sku            text not null check (length(sku) between 1 and 100),
    location       text not null references location (id),
    on_hand        integer not null default 0,
    reserved       integer not null default 0 check (reserved >= 0),
    safety         integer not null default 0 check (safety >= 0),
    updated_at     timestamptz not null default now(),
    primary key (sku, location),
    constraint stock_never_oversold check (reserved <= greatest(on_hand - safety, 0))
) with (fillfactor = 60);

-- Compensating rows only; position = sum of ledger.
create table stock_ledger (
    id             bigint generated always as identity primary key,
    sku            text not null,
    location       text not null,
    on_hand_delta  integer not null,
    reserved_delta integer not null,
    source         text not null,               -- such as 'flow/42', 'estate', 'count/…'
    reason         text not null check (reason in ('count', 'reserve', 'release', 'commit', 'receipt')),
    at             timestamptz not null default now()
);
create index stock_ledger_item on stock_ledger (sku, location, id);

-- What a flow holds; ends exactly once.
create table reservation (
    flow_id        bigint not null references flow (id),
    order_line_id  text not null,
    sku            text not null,
    location       text not null,
    quantity       integer not null check (quantity > 0),
    state          text not null default 'active' check (state in ('active', 'released', 'committed')),
    reserved_at    timestamptz not null default now(),
    ended_at       timestamptz,
    id             bigint generated always as identity primary key,
    check ((state = 'active') = (ended_at is null)),
    foreign key (sku, location) references stock (sku, location)
);
create index reservation_flow on reservation (flow_id) where state = 'active';
create index reservation_item on reservation (sku, location) where state = 'active';
