-- Brands of which a client is told.
alter table api_client add column if not exists brands text[] not null default '{}';   -- none named: all

-- Addresses of API clients to which events are sent. The log is the queue: a subscription is a place in it (event_cursor, follower 'webhook/<id>'). Only what was not taken stands here, by its place, not its content.
create table webhook_subscription (
    id              uuid primary key,
    client_id       uuid not null references api_client (id),
    host            text not null check (length(host) between 1 and 253),   -- of the address, which is itself a secret
    secrets         bytea not null,                                         -- sealed: the address, the key, the one before it
    previous_until  timestamptz,                                            -- until then the key before signs as well
    rotation        text check (length(rotation) between 1 and 200),        -- of the request that made the newest key: repeated, it makes no other
    types           text[] not null default '{}',                           -- none: all
    brands          text[] not null default '{}',                           -- none: all
    state           text not null default 'on' check (state in ('on', 'paused', 'disabled')),
    stopped_by      text check (stopped_by in ('client', 'admin', 'tower')),
    why             text check (length(why) <= 400),
    misses          integer not null default 0 check (misses >= 0),         -- rounds in a row of which nothing was taken
    failing_since   timestamptz,
    rest_until      timestamptz,
    last_error      text,
    last_ok_at      timestamptz,
    sent            bigint not null default 0,
    version         integer not null default 1,
    created_at      timestamptz not null default now(),
    created_by      text not null,
    check ((state = 'on') = (stopped_by is null))
);
create index webhook_subscription_client on webhook_subscription (client_id);

create table webhook_delivery (
    subscription_id uuid not null references webhook_subscription (id) on delete cascade,
    flow_id         bigint not null,
    step            integer not null,
    attempts        integer not null default 1 check (attempts > 0),
    failed_at       timestamptz not null default now(),                     -- for the first time
    due_at          timestamptz not null,
    last_error      text not null,
    sent_at         timestamptz,                                            -- null: still to be taken
    primary key (subscription_id, flow_id, step),
    foreign key (flow_id, step) references event_log (flow_id, step)
);
create index webhook_delivery_due on webhook_delivery (subscription_id, due_at) where sent_at is null;
create index webhook_delivery_sent on webhook_delivery (sent_at) where sent_at is not null;

-- A subscription that was switched off because nobody took its events is told where people want to hear of it.
alter table notification_channel drop constraint notification_channel_events_check;
alter table notification_channel add constraint notification_channel_events_check check (events <@ array['sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion', 'reconciliation', 'incident', 'incident-untaken', 'figures', 'webhook']) not valid;
alter table notification drop constraint notification_event_check;
alter table notification add constraint notification_event_check check (event in ('sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion', 'reconciliation', 'incident', 'incident-untaken', 'figures', 'webhook')) not valid;
