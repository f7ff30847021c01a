-- Reconciliation as state: an entry is the part of a line in one comparison; entries of one group belong together; what does not come to nought is an item. An item is a function of its entries and
-- of what people and rules decided, so the order in which lines arrive, and how often, changes nothing.
create table recon_comparison (
    name           text primary key,
    position       smallint not null unique,
    lag            interval not null check (lag >= interval '0'),               -- how long the other side may take
    window_days    integer check (window_days > 0),                             -- a counterpart that is further away is told; null: never
    most_items     integer check (most_items >= 0),                             -- more than that is told
    most_value     numeric(19, 4) check (most_value >= 0),
    most_days      integer check (most_days >= 0),
    version        integer not null default 1,
    changed_at     timestamptz not null default now(),
    changed_by     text
);
insert into recon_comparison (name, position, lag, window_days) values
    ('order', 1, '1 hour', null),            -- what the channel sold, and what the ERP has of it
    ('refund', 2, '1 day', 30),              -- what was paid back for goods, and what the ERP credited
    ('settlement', 3, '3 days', 14),         -- what the buyer paid, and what the processor took
    ('contents', 4, '1 hour', null),         -- a payout, and the lines that it says it pays
    ('deposit', 5, '3 days', 10),            -- a payout, and what the bank received
    ('books', 6, '1 day', 10);               -- a payout, and its entry in the ledger of the ERP

create table recon_entry (
    comparison     text not null references recon_comparison (name),
    line_id        bigint not null references ledger_line (id),
    other          boolean not null,                    -- false: the side that says what should be; true: the side that should have it
    own_key        text not null,                       -- by what the line says of itself
    group_key      text not null,                       -- where it stands now
    whole          boolean not null default false,      -- states the whole of what other entries are parts of
    amount         numeric(19, 4) not null,
    currency       char(3) not null,
    shown_amount   numeric(19, 4),
    shown_currency char(3),
    tax            numeric(19, 4),
    cost           numeric(19, 4) not null default 0,   -- fees that the amount has in it
    status         text not null,
    counts         boolean not null generated always as (status in ('Pending', 'Final')) stored,
    at             timestamptz not null,
    primary key (comparison, line_id, other)
);
create index recon_entry_group on recon_entry (comparison, group_key);
create index recon_entry_led on recon_entry (comparison, own_key) where own_key <> group_key;
create index recon_entry_line on recon_entry (line_id);

-- Two groups that belong together although they do not say so. Undone, all that it moved goes back; what it was stays.
create table recon_link (
    id             bigint generated always as identity primary key,
    comparison     text not null references recon_comparison (name),
    from_key       text not null,
    to_key         text not null check (to_key <> from_key),
    bundle         uuid not null default gen_random_uuid(), -- links that are one decision
    state          text not null check (state in ('suggested', 'confirmed', 'refused', 'undone', 'gone')),
    rule_id        bigint,
    rule_version   integer,
    score          integer check (score between 0 and 100),
    reasons        text[] not null default '{}',
    reason         text,                                -- why a person linked or undid it
    made_at        timestamptz not null default now(),
    decided_by     text,
    decided_at     timestamptz,
    undone_by      text,
    undone_at      timestamptz,
    check ((state = 'undone') = (undone_at is not null))
);
create unique index recon_link_once on recon_link (comparison, from_key) where state = 'confirmed';
create unique index recon_link_offer on recon_link (comparison, from_key, to_key, bundle) where state in ('suggested', 'refused');
create index recon_link_to on recon_link (comparison, to_key) where state in ('suggested', 'confirmed');

create table recon_link_moved (
    link_id        bigint not null references recon_link (id),
    line_id        bigint not null,
    other          boolean not null,
    from_key       text not null,
    primary key (link_id, line_id, other)
);

create table recon_rule (
    id             bigint generated always as identity primary key,
    comparison     text not null references recon_comparison (name),
    name           text not null check (length(name) between 1 and 100),
    kind           text not null check (kind in ('tolerance', 'amount', 'sum')),
    position       integer not null default 100,
    source         text references connection (id),     -- of the first side; null: all
    currency       char(3) check (currency ~ '^[A-Z]{3}$'),
    above          numeric(19, 4) not null default 0 check (above >= 0),        -- the other side may have so much more
    below          numeric(19, 4) not null default 0 check (below >= 0),
    above_percent  numeric(7, 4) not null default 0 check (above_percent between 0 and 100),
    below_percent  numeric(7, 4) not null default 0 check (below_percent between 0 and 100),
    days_before    integer not null default 0 check (days_before between 0 and 366),
    days_after     integer not null default 0 check (days_after between 0 and 366),
    pattern        text,                                -- what the other side must say; a regular expression
    method         text,
    confirms       boolean not null default false,      -- false: suggests, and a person decides
    account        text,                                -- where a tolerated difference is booked, for people
    active         boolean not null default true,
    version        integer not null default 1,
    changed_at     timestamptz not null default now(),
    changed_by     text not null check (changed_by <> ''),
    unique (comparison, name)
);

create table recon_item (
    id             bigint generated always as identity primary key,
    comparison     text not null references recon_comparison (name),
    group_key      text not null,
    state          text not null check (state in ('open', 'tolerated', 'settled', 'closed')),
    kind           text not null check (kind in ('missing-other', 'missing-first', 'duplicate', 'amount', 'tax', 'rounding', 'fee', 'timing', 'currency', 'status', 'chargeback', 'payout-failed', 'payout-cancelled')),
    currency       char(3) not null,
    first_amount   numeric(24, 4) not null,
    other_amount   numeric(24, 4) not null,
    other_currency char(3),
    adjusted       numeric(24, 4) not null default 0,
    difference     numeric(24, 4) not null,             -- first less other less adjusted: what nobody has explained
    value          numeric(24, 4) not null check (value >= 0),                  -- what stands to be lost or explained
    first_count    integer not null,
    other_count    integer not null,
    rule_id        bigint references recon_rule (id),   -- that tolerates it
    flow_id        bigint references flow (id),
    source         text,                                -- a system of the first side, or of the other where there is no first
    books          text,                                -- the ERP that keeps the books of it
    store          text,
    brand          text not null default '',
    document       text,
    first_at       timestamptz not null,                -- of the oldest line
    day            date not null,                       -- the oldest business day of its lines: the month that it belongs to
    due_at         timestamptz not null,                -- until then nothing is late
    strict         boolean not null default false,      -- a person took a tolerance back: no rule may tolerate it again
    acknowledged   boolean not null default false,      -- a person has seen what has no difference to explain
    owner_id       uuid references account (id),
    owner          text,
    held_until     timestamptz,
    version        integer not null default 1,          -- rises with what people see change
    opened_at      timestamptz not null default now(),
    changed_at     timestamptz not null default now(),
    closed_at      timestamptz,
    unique (comparison, group_key),
    check ((state = 'closed') = (closed_at is not null)),
    check ((state = 'tolerated') = (rule_id is not null)),
    check (state <> 'settled' or difference = 0)
) with (fillfactor = 80);
create index recon_item_open on recon_item (comparison, due_at) where state = 'open';
create index recon_item_residue on recon_item (comparison, currency, difference) where state = 'open';
create index recon_item_flow on recon_item (flow_id) where flow_id is not null;

-- A difference that somebody took upon themselves, with a reason.
create table recon_adjustment (
    id             bigint generated always as identity primary key,
    comparison     text not null references recon_comparison (name),
    group_key      text not null,
    amount         numeric(19, 4) not null check (amount <> 0),
    currency       char(3) not null,
    reason         text not null,                       -- code
    words          text not null default '',
    by_id          uuid,
    by_name        text not null check (by_name <> ''),
    at             timestamptz not null default now(),
    key            uuid not null unique,                -- of the act: the same again is the same adjustment
    undone_at      timestamptz,
    undone_by      text,
    undone_why     text
);
create index recon_adjustment_group on recon_adjustment (comparison, group_key) where undone_at is null;

create table recon_comment (
    id             bigint generated always as identity primary key,
    item_id        bigint not null references recon_item (id),
    kind           text not null check (kind in ('opened', 'changed', 'closed', 'reopened', 'linked', 'unlinked', 'refused', 'adjusted', 'adjustment-undone', 'tolerated', 'strict', 'acknowledged', 'owner', 'comment', 'posted', 'asked')),
    words          text not null check (length(words) <= 1000),
    by_name        text,                                -- null: the tower
    at             timestamptz not null default now()
);
create index recon_comment_item on recon_comment (item_id, id);

-- What is to be looked at again. Written with what changed, read behind its commit.
create table recon_dirty (
    id             bigint generated always as identity primary key,
    comparison     text not null,
    group_key      text not null
);

-- Reasons that people give, with the most that may be written off for each and where it is booked.
create table recon_reason (
    code           text primary key check (code ~ '^[a-z][a-z0-9-]{1,40}$'),
    title          text not null check (length(title) between 1 and 80),
    account        text,                                -- name of the account in the settings of the ERP; null: is not booked
    active         boolean not null default true
);
insert into recon_reason (code, title, account) values
    ('rounding', 'Rounding', 'rounding'), ('fee', 'Fee of the processor', 'fees'), ('bank-charge', 'Charge of the bank', 'fees'), ('chargeback', 'Chargeback lost', 'disputes'),
    ('exchange', 'Difference of exchange rates', 'exchange'), ('goodwill', 'Goodwill', 'adjustments'), ('booked-by-hand', 'Booked by hand elsewhere', null), ('duplicate', 'Told twice', null),
    ('not-ours', 'Not ours', null), ('other', 'Other, see the words', 'adjustments');

-- The most that a role may take upon itself at once, in one currency; without a row: nothing.
create table recon_limit (
    role           text not null,
    currency       char(3) not null check (currency ~ '^[A-Z]{3}$'),
    most           numeric(19, 4) not null check (most >= 0),
    changed_at     timestamptz not null default now(),
    changed_by     text not null check (changed_by <> ''),
    primary key (role, currency)
);

-- A month of one set of books. Closed, its figures are frozen and nothing in it is decided any more.
create table recon_period (
    id             bigint generated always as identity primary key,
    books          text not null references connection (id),
    month          date not null check (extract(day from month) = 1),
    state          text not null default 'open' check (state in ('open', 'closed')),
    figures        jsonb,
    signed_by      text,
    signed_by_id   uuid,
    signed_at      timestamptz,
    words          text,
    version        integer not null default 1,
    unique (books, month),
    check ((state = 'closed') = (signed_at is not null and figures is not null))
);
create table recon_period_log (
    id             bigint generated always as identity primary key,
    period_id      bigint not null references recon_period (id),
    act            text not null check (act in ('closed', 'reopened')),
    words          text not null,
    figures        jsonb,
    by_name        text not null,
    at             timestamptz not null default now()
);
