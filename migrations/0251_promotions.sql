-- Promotions: what people plan, who agreed, and every price that is to be shown somewhere because of them.

-- A store's own time and the price groups its tills know. Null: the time of the connection that lists it.
alter table location add column time_zone text check (length(time_zone) between 1 and 60),
    add column price_groups text[] not null default '{}' check (array_length(price_groups, 1) is null or array_length(price_groups, 1) <= 20);

create table promotion (
    id             bigint generated always as identity (start with 101) primary key,
    name           text not null check (btrim(name) <> '' and length(name) <= 120),
    -- How its prices stand. A draft beside a live promotion is a matter of its newest revision, not of this.
    state          text not null default 'planned' check (state in ('planned', 'scheduled', 'releasing', 'live', 'ending', 'ended', 'rolling-back', 'rolled-back', 'expired', 'cancelled')),
    state_at       timestamptz not null default now(),
    revision       integer not null default 1,          -- the newest
    released       integer,                             -- the approved one that is in force
    held_at        timestamptz,                         -- nothing is written while this is set
    held_by        text,
    held_why       text,
    question       text,                                -- the next stage waits for a person's answer
    judged_from    timestamptz,                         -- a person let it go on: guards judge by what came since
    back_by        text,
    back_why       text,
    key            uuid unique,                         -- of whoever made it: the same again makes no second
    made_by        text not null,
    made_at        timestamptz not null default now(),
    starts_at      timestamptz,                         -- of the revision in force, or of the newest: over all stores
    ends_at        timestamptz,
    version        integer not null default 1,          -- rises with each act of a person
    check ((held_at is null) = (held_by is null) and (held_at is null) = (held_why is null)),
    check ((back_by is null) = (back_why is null)),
    check (state not in ('releasing', 'live', 'ending', 'ended', 'rolling-back', 'rolled-back') or released is not null)
);
create index promotion_state on promotion (state, starts_at);

create table promotion_revision (
    promotion_id   bigint not null references promotion (id) on delete cascade,
    revision       integer not null check (revision >= 1),
    plan           jsonb not null,
    state          text not null default 'draft' check (state in ('draft', 'review', 'changes', 'approved', 'replaced')),
    made_by        text not null,
    made_by_id     text not null,
    made_at        timestamptz not null default now(),
    sent_by        text,
    sent_by_id     text,
    sent_at        timestamptz,
    sent_to        text,                                -- who is asked, in words; anybody who may approve can
    decided_by     text,
    decided_by_id  text,
    decided_at     timestamptz,
    comment        text check (length(comment) <= 1000),
    -- The check before approval: asked, carried out by a worker step by step, done.
    check_asked_at timestamptz,
    checked_at     timestamptz,
    check_failure  text,
    -- The dry run: every price read at its channel, nothing written.
    dry_asked_at   timestamptz,
    dry_done_at    timestamptz,
    primary key (promotion_id, revision),
    check (state <> 'approved' or (decided_by_id is not null and decided_by_id <> made_by_id and decided_by_id <> sent_by_id))
);
-- How far a check is that runs just now; its own row, for the check itself is one transaction.
create table promotion_progress (
    promotion_id   bigint not null references promotion (id) on delete cascade,
    revision       integer not null,
    step           integer not null,
    steps          integer not null,
    primary key (promotion_id, revision)
);
create index promotion_check_due on promotion_revision (check_asked_at) where check_asked_at is not null and (checked_at is null or checked_at < check_asked_at);

-- Nobody approves what they had a hand in, whoever asks the database to.
create function promotion_four_eyes() returns trigger language plpgsql as $$
begin
    if exists (select from promotion_revision r where r.promotion_id = new.promotion_id and r.revision <= new.revision and new.decided_by_id in (r.made_by_id, r.sent_by_id)
        and r.revision > coalesce((select max(a.revision) from promotion_revision a where a.promotion_id = new.promotion_id and a.state in ('approved', 'replaced') and a.decided_by_id is not null and a.revision < new.revision), 0)) then
        raise exception 'promotion % revision %: approved by one of its authors', new.promotion_id, new.revision using errcode = 'check_violation', constraint = 'promotion_four_eyes';
    end if;
    return new;
end $$;
create trigger promotion_four_eyes before insert or update on promotion_revision for each row when (new.state = 'approved') execute function promotion_four_eyes();

-- A plan under review or approved is what was looked at: it does not change any more.
create function promotion_plan_locked() returns trigger language plpgsql as $$
begin
    if new.plan is distinct from old.plan then
        raise exception 'promotion % revision % is locked: %', old.promotion_id, old.revision, old.state using errcode = 'check_violation', constraint = 'promotion_plan_locked';
    end if;
    return new;
end $$;
create trigger promotion_plan_locked before update on promotion_revision for each row when (old.state <> 'draft') execute function promotion_plan_locked();

-- What a revision comes to: one row per price, written anew by each check of a draft and never once it was sent for approval.
create table promotion_plan_cell (
    promotion_id   bigint not null,
    revision       integer not null,
    id             bigint generated always as identity,
    connection_id  text not null references connection (id) on delete cascade,
    sku            text not null,
    item           text not null,                       -- empty: the connection does not list the SKU; at a checkout: the reduction itself
    place          text not null,                       -- empty: everywhere at the connection
    kind           text not null check (kind in ('price', 'checkout')),
    currency       text,
    stage          integer,
    starts_at      timestamptz,
    ends_at        timestamptz,
    base_price     numeric,
    base_compare   numeric,
    price          numeric,
    compare        numeric,
    with_compare   boolean not null default false,
    cost           numeric,
    margin         numeric,                             -- percent of the price without tax
    lowest         numeric,                             -- the lowest price that keeps the floor
    rival_id       bigint,                              -- another promotion of the same price at the same time
    rival_price    numeric,
    wins           boolean,                             -- over the rival
    terms          jsonb,                               -- of a checkout reduction: the items that it is for
    flags          text[] not null default '{}',
    seen_own       numeric,                             -- by the dry run
    seen_price     numeric,
    seen_at        timestamptz,
    look_due       timestamptz,
    primary key (promotion_id, revision, id),
    foreign key (promotion_id, revision) references promotion_revision (promotion_id, revision) on delete cascade
);
create index promotion_plan_cell_flag on promotion_plan_cell using gin (flags) where flags <> '{}';
create index promotion_plan_cell_spot on promotion_plan_cell (connection_id, item, place);
create index promotion_plan_cell_look on promotion_plan_cell (connection_id, look_due) where look_due is not null;

create table promotion_finding (
    promotion_id   bigint not null,
    revision       integer not null,
    check_name     text not null check (length(check_name) <= 40),
    ordinal        integer not null,
    tone           text not null check (tone in ('error', 'warning', 'note', 'passed', 'unknown')),
    count          bigint not null default 0,
    words          text not null check (length(words) <= 500),
    acknowledged_by text,
    acknowledged_why text,
    acknowledged_at timestamptz,
    primary key (promotion_id, revision, check_name),
    foreign key (promotion_id, revision) references promotion_revision (promotion_id, revision) on delete cascade,
    check ((acknowledged_by is null) = (acknowledged_why is null)),
    check (acknowledged_by is null or tone = 'warning')
);

-- The stages of the revision in force.
create table promotion_stage (
    promotion_id   bigint not null references promotion (id) on delete cascade,
    stage          integer not null check (stage >= 1),
    name           text not null,
    hold           text not null check (hold in ('none', 'minutes', 'person')),
    hold_minutes   integer not null default 0,
    team           text,
    instructions   text,
    started_at     timestamptz,
    started_by     text,
    proven_at      timestamptz,
    advanced_by    text,                                -- a person let it begin
    accepted       boolean not null default false,      -- a person let the release go on below its share
    primary key (promotion_id, stage)
);

-- Every price that a release is to show, what stood there before, and how it stands.
create table promotion_cell (
    id             bigint generated always as identity primary key,
    promotion_id   bigint not null references promotion (id),
    connection_id  text not null references connection (id),
    item           text not null,
    place          text not null,
    kind           text not null check (kind in ('price', 'checkout')),
    sku            text not null,
    currency       text not null,
    stage          integer not null,
    starts_at      timestamptz not null,
    ends_at        timestamptz not null,
    revision       integer not null,                    -- of the desired price; never falls
    base_price     numeric,                             -- at planning
    price          numeric check (price > 0),           -- intended
    compare        numeric,
    with_compare   boolean not null default false,
    terms          jsonb,                               -- of a checkout reduction
    phase          text not null default 'waiting' check (phase in (
        'waiting', 'applying', 'written', 'offline', 'proven', 'drifted', 'failed', 'outdone', 'ignored', 'reverting', 'returned', 'stuck', 'reverted', 'left-alone', 'never')),
    held           boolean not null default false,      -- the price at this spot is in this promotion's hands
    touched        boolean not null default false,      -- something of it was sent: what stood before is frozen
    captured       boolean not null default false,
    former_price   numeric,                             -- null at a place: no price of its own
    former_compare numeric,
    ours           numeric[] not null default '{}',     -- every price that the tower may have put there since: whichever of them stands there is nobody else's
    seen_price     numeric,                             -- what a buyer was charged at the last look
    seen_compare   numeric,
    seen_at        timestamptz,
    seen_by        text,                                -- who changed it, where the channel says so
    effective_at   timestamptz,                         -- first read back as intended
    proven_at      timestamptz,
    due_at         timestamptz,
    attempts       integer not null default 0,
    fence          bigint not null default 0,
    batch_key      text,
    failure        text,
    failure_message text,
    ignored_by     text,
    ignored_why    text,
    wanted         boolean not null default false,      -- a person says: set it whatever stands there
    outdone_by     bigint references promotion (id),
    changed_at     timestamptz not null default now(),
    -- What goes back comes first, then what takes effect, then read-backs, then the watch.
    turn           smallint not null generated always as (case phase when 'reverting' then 0 when 'applying' then 1 when 'returned' then 2 when 'written' then 3 else 4 end) stored,
    unique (promotion_id, connection_id, item, place, currency),
    check (not touched or captured or kind = 'checkout'),
    check ((ignored_by is null) = (ignored_why is null))
) with (fillfactor = 70);
-- At most one live promotion per price and moment.
create unique index promotion_cell_held on promotion_cell (connection_id, item, place) where held;
create index promotion_cell_due on promotion_cell (connection_id, kind, turn, due_at, id) where due_at is not null and batch_key is null;
create index promotion_cell_phase on promotion_cell (promotion_id, stage, phase);
create index promotion_cell_sku on promotion_cell (sku) where held;

-- What stood there before the first write is what it goes back to: nobody changes it afterwards. The wish never goes back to an older revision.
create function promotion_cell_frozen() returns trigger language plpgsql as $$
begin
    -- A price that is handed on between promotions brings with it what stood there before the first of them.
    if old.touched and new.touched and not (old.phase = 'outdone' and new.held) and (new.former_price, new.former_compare) is distinct from (old.former_price, old.former_compare) then
        raise exception 'promotion cell %: the former price is frozen', old.id using errcode = 'check_violation', constraint = 'promotion_cell_frozen';
    end if;
    if new.revision < old.revision then
        raise exception 'promotion cell %: revision % after %', old.id, new.revision, old.revision using errcode = 'check_violation', constraint = 'promotion_cell_revision';
    end if;
    return new;
end $$;
create trigger promotion_cell_frozen before update on promotion_cell for each row execute function promotion_cell_frozen();

-- What was asked of a channel, stored before it is asked. One at a time: what is asked later can then never arrive before what was asked earlier.
create table promotion_batch (
    key            text primary key check (length(key) between 8 and 35),
    connection_id  text not null references connection (id) on delete cascade,
    moves          jsonb not null,
    opened_at      timestamptz not null default now(),
    sent           integer not null default 0,
    due_at         timestamptz not null default now(),
    settled_at     timestamptz,
    outcome        text check (outcome in ('done', 'stale', 'refused', 'dropped')),
    message        text,
    check ((settled_at is null) = (outcome is null))
);
create unique index promotion_batch_open on promotion_batch (connection_id) where settled_at is null;
create index promotion_batch_time on promotion_batch (settled_at);

-- What happened to a release, for people. Append only.
create table promotion_log (
    id             bigint generated always as identity primary key,
    promotion_id   bigint not null references promotion (id) on delete cascade,
    at             timestamptz not null default now(),
    tone           text not null check (tone in ('ok', 'work', 'warn', 'bad', 'start', 'hold', 'back', 'ask')),
    words          text not null check (length(words) <= 500),
    who            text
);
create index promotion_log_of on promotion_log (promotion_id, id);

-- Read-backs, added up by day: numerators and denominators, so that places of unequal size can be added.
create table promotion_check_day (
    promotion_id   bigint not null references promotion (id) on delete cascade,
    connection_id  text not null references connection (id) on delete cascade,
    day            date not null,
    checked        bigint not null default 0,
    as_intended    bigint not null default 0,
    over           bigint not null default 0,           -- shown dearer than intended
    under          bigint not null default 0,
    primary key (promotion_id, connection_id, day)
);

-- What was sold of what is promoted, by hour. Of each order its newest statement counts, once.
create table promotion_sale (
    promotion_id   bigint not null references promotion (id) on delete cascade,
    flow_id        bigint not null,
    line           text not null,
    connection_id  text not null,
    place          text not null,
    till           boolean not null,                    -- handed over at a till
    at             timestamptz not null,
    currency       text not null,
    quantity       integer not null,
    paid           numeric not null,                    -- of one piece, discounts taken off
    intended       numeric,
    former         numeric,
    net            numeric not null,                    -- of the line, without tax
    cost           numeric,                             -- of the line
    primary key (promotion_id, flow_id, line)
);
create index promotion_sale_time on promotion_sale (promotion_id, at);
