-- What systems list: items, each a variant that can be sold, and how those of a channel and of its ERP belong together.

-- The owner of each part of an item: who owns it is right where the two sides differ. The one place of this rule; the tower writes to channels what the ERP owns.
create table catalog_ownership (
    part   text primary key check (part in ('price', 'barcode', 'active', 'title')),
    owner  text not null check (owner in ('erp', 'channel'))
);
insert into catalog_ownership values ('price', 'erp'), ('barcode', 'erp'), ('active', 'erp'), ('title', 'channel');

create function erp_owns(p_part text) returns boolean language sql stable as $$ select owner = 'erp' from catalog_ownership where part = p_part $$;

-- What a SKU looks like to a person: case, spaces and letters of other scripts that look alike do not count. Two that are the same by this are shown, never matched.
create function catalog_fold(text) returns text language sql immutable strict parallel safe as $$
    select upper(translate(
        regexp_replace(normalize($1, NFKC), '[\s\u200B\u2060\uFEFF]+', '', 'g'),
        'АВЕКМНОРСТУХІЈЅавекмнорстухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο01',
        'ABEKMHOPCTYXIJSABEKMHOPCTYXIJSABEZHIKMNOPTYXOOI'))
$$;

create table catalog_item (
    connection_id  text not null references connection (id) on delete cascade,
    item           text not null check (item <> ''),    -- the system's own name of the variant
    product        text,
    product_title  text,
    title          text not null,
    sku            text check (sku <> ''),
    barcode        text check (barcode <> ''),
    active         boolean not null,
    price          numeric,
    currency       text check (currency ~ '^[A-Z]{3}$'),
    compare_at     numeric,
    tax_included   boolean,                             -- null: the system does not say
    prices         jsonb not null default '{}',         -- in further currencies: {"GBP": 12.50}
    changed_at     timestamptz not null,                -- the system's own time of the change
    first_at       timestamptz not null default now(),
    stored_at      timestamptz not null default now(),
    gone_at        timestamptz,                         -- a whole pass did not meet it, or the system said so
    sku_fold       text generated always as (catalog_fold(sku)) stored,
    primary key (connection_id, item),
    check ((price is null) = (currency is null))
);
create index catalog_item_sku on catalog_item (connection_id, sku) where gone_at is null;
create index catalog_item_barcode on catalog_item (connection_id, barcode) where gone_at is null;

create table catalog_customer (
    connection_id  text not null references connection (id) on delete cascade,
    customer       text not null check (customer <> ''),
    email          text,                                -- lower case, trimmed
    phone          text,                                -- as told
    phone_e164     text check (phone_e164 ~ '^\+[1-9][0-9]{6,14}$'),  -- only where that is certain
    loyalty        text,
    first_name     text,
    last_name      text,
    changed_at     timestamptz not null,
    first_at       timestamptz not null default now(),
    stored_at      timestamptz not null default now(),
    gone_at        timestamptz,
    erased_at      timestamptz,                         -- somebody asked to be forgotten: nothing of them is stored again
    primary key (connection_id, customer),
    check (erased_at is null or (email is null and phone is null and phone_e164 is null and loyalty is null and first_name is null and last_name is null))
);
create index catalog_customer_email on catalog_customer (email) where email is not null;
create index catalog_customer_phone on catalog_customer (phone_e164) where phone_e164 is not null;
create index catalog_customer_loyalty on catalog_customer (loyalty) where loyalty is not null;

-- What a pass over everything has met so far. Only a pass that was read to its end says what is gone.
create table catalog_pass (
    connection_id  text not null references connection (id) on delete cascade,
    feed           text not null,
    key            text not null,
    primary key (connection_id, feed, key)
);

-- Channels whose differences are to be reckoned anew.
create table catalog_state (
    connection_id  text primary key references connection (id) on delete cascade,
    dirty_at       timestamptz,
    compared_at    timestamptz
);

create function catalog_mark(p_connection text) returns void language sql as $$
    insert into catalog_state (connection_id, dirty_at)
    select id, clock_timestamp() from connection where role = 'shop' and (id = p_connection or posts_to = p_connection) order by id
    on conflict (connection_id) do update set dirty_at = excluded.dirty_at
$$;

create function catalog_settings_move() returns trigger language plpgsql as $$
begin
    perform catalog_mark(new.id);
    return null;
end $$;
create trigger catalog_settings_move after update on connection for each row
    when (new.posts_to is distinct from old.posts_to or new.settings ->> 'publishPrices' is distinct from old.settings ->> 'publishPrices')
    execute function catalog_settings_move();

-- Two items that a person says are the same.
create table catalog_link (
    id             bigint generated always as identity primary key,
    connection_id  text not null references connection (id) on delete cascade,
    item           text not null,
    erp_id         text not null references connection (id) on delete cascade,
    erp_item       text not null,
    who            text not null check (who <> ''),
    why            text not null check (btrim(why) <> ''),
    at             timestamptz not null default now(),
    undone_at      timestamptz,
    undone_by      text,
    check ((undone_at is null) = (undone_by is null))
);
create unique index catalog_link_item on catalog_link (connection_id, item) where undone_at is null;
create unique index catalog_link_erp on catalog_link (connection_id, erp_id, erp_item) where undone_at is null;

-- Which item of a channel is which of its ERP: by a person's word, else by a SKU that is there once on both sides, else by such a barcode where a SKU is missing.
create table catalog_match (
    connection_id  text not null references connection (id) on delete cascade,
    item           text not null,
    erp_item       text not null,
    how            text not null check (how in ('link', 'sku', 'barcode')),
    primary key (connection_id, item),
    unique (connection_id, erp_item)
);

create table catalog_difference (
    id             bigint generated always as identity primary key,
    connection_id  text not null references connection (id) on delete cascade,  -- the channel
    kind           text not null check (kind in (
        'missing-in-channel', 'missing-in-erp', 'same-sku', 'same-barcode', 'price', 'currency', 'barcode', 'inactive', 'nearly-same', 'no-barcode')),
    item           text not null default '',
    erp_item       text not null default '',
    sku            text not null default '',
    mark           text not null,                       -- what it is about: it is another difference once this changes
    value          numeric,                             -- what lies in stock at its price, in the channel's currency
    since          timestamptz not null default now(),
    ignored_mark   text,
    ignored_by     text,
    ignored_why    text,
    ignored_at     timestamptz,
    unique (connection_id, kind, item, erp_item),
    check ((ignored_mark is null) = (ignored_by is null) and (ignored_mark is null) = (ignored_why is null))
);
create index catalog_difference_order on catalog_difference (kind, id);

-- What the ERP says of an item of a channel that is told prices, and what the tower last left there.
create table catalog_publication (
    connection_id  text not null references connection (id) on delete cascade,
    item           text not null,
    erp_item       text not null,
    price          numeric check (price > 0),           -- null: the ERP has none that this channel could show
    currency       text,
    barcode        text,
    active         boolean,
    left_price     numeric,
    left_barcode   text,
    left_active    boolean,
    changed_at     timestamptz not null default now(),
    left_at        timestamptz,
    wanted         boolean not null default false,      -- a person wants the ERP's word there
    due_at         timestamptz,
    attempts       integer not null default 0,
    fence          bigint not null default 0,
    batch_key      text,
    failure        text,
    failure_message text,
    failed_at      timestamptz,
    primary key (connection_id, item),
    check (failure is null or due_at is null)
);
create index catalog_publication_due on catalog_publication (connection_id, due_at) where due_at is not null;

-- What was asked of a channel, stored before it is asked. One at a time: what is asked later can then never arrive before what was asked earlier.
create table catalog_batch (
    key            text primary key check (length(key) between 8 and 35),
    connection_id  text not null references connection (id) on delete cascade,
    changes        jsonb not null,
    opened_at      timestamptz not null default now(),
    sent           integer not null default 0,
    due_at         timestamptz not null default now(),
    settled_at     timestamptz,
    outcome        text check (outcome in ('done', 'stale', 'refused', 'dropped')),
    message        text,
    check ((settled_at is null) = (outcome is null))
);
create unique index catalog_batch_open on catalog_batch (connection_id) where settled_at is null;
create index catalog_batch_time on catalog_batch (settled_at);
