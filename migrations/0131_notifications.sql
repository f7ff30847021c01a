-- Where people are told. An e-mail channel writes to the person concerned, and to its own addresses what concerns nobody in particular; the others have one place each.
create table notification_channel (
    id             uuid primary key,
    kind           text not null check (kind in ('email', 'slack', 'teams', 'webhook')),
    name           text not null check (name = btrim(name) and length(name) between 1 and 60),
    settings       jsonb not null default '{}'::jsonb,
    secrets        bytea check (octet_length(secrets) >= 40 and substring(secrets from 1 for 4) = '\x09f0c9f0'::bytea),  -- sealed by the key ring, never plain
    events         text[] not null check (events <@ array['sla', 'assigned', 'batch', 'integrity']),
    zone           text not null default 'UTC' check (length(zone) between 1 and 60),
    quiet_from     time,
    quiet_to       time,
    breach_breaks  boolean not null default true,      -- what is overdue is told in quiet hours, too
    gather_minutes integer not null default 0 check (gather_minutes between 0 and 1440),
    enabled        boolean not null default true,
    version        integer not null default 1,
    since          timestamptz not null default now(), -- what happened before is not told
    fence          bigint not null default 0,          -- rises with each change of hands: who lost the lease settles nothing
    lease_owner    uuid,
    lease_until    timestamptz,
    check ((quiet_from is null) = (quiet_to is null)),
    check (quiet_from <> quiet_to),
    check ((lease_owner is null) = (lease_until is null))
) with (fillfactor = 60);
create unique index notification_channel_name on notification_channel (lower(name));

-- What is to be told, once for each channel and key. Several that wait for the same person or place go out as one message.
create table notification (
    id          bigint generated always as identity primary key,
    channel_id  uuid not null references notification_channel (id) on delete cascade,
    person      uuid references account (id),          -- null: the channel's own place
    event       text not null check (event in ('sla', 'assigned', 'batch', 'integrity')),
    key         text not null check (length(key) between 1 and 200),
    urgent      boolean not null default false,
    case_id     bigint,
    about       jsonb not null default '{}'::jsonb,    -- ids, figures and instants, nothing personal
    created_at  timestamptz not null default now(),
    due_at      timestamptz not null default now(),
    state       text not null default 'waiting' check (state in ('waiting', 'sent', 'failed', 'dropped')),
    attempts    integer not null default 0,
    last_error  text check (length(last_error) <= 300),
    ended_at    timestamptz,
    unique (key, channel_id),
    check ((state = 'waiting') = (ended_at is null))
) with (fillfactor = 80);
create index notification_due on notification (channel_id, due_at) where state = 'waiting';
create index notification_ended on notification (ended_at desc) where state <> 'waiting';

-- What somebody does not want by e-mail. Who is not in here wants both.
create table notification_preference (
    account_id  uuid primary key references account (id),
    assigned    boolean not null default true,
    sla         boolean not null default true
);

-- For every place that wants it; called in the transaction of the cause.
create function notify_places(p_event text, p_key text, p_about jsonb) returns void language sql as $$
    insert into notification (channel_id, event, key, about, due_at)
    select id, p_event, p_key, p_about, now() + make_interval(mins => gather_minutes) from notification_channel
    where enabled and p_event = any (events) and (kind <> 'email' or settings ->> 'to' <> '') order by id
    on conflict do nothing
$$;

create function batch_tells() returns trigger language plpgsql as $$
begin
    perform notify_places('batch', 'batch/' || new.id, jsonb_build_object('batch', new.id, 'why', new.why, 'cases', new.count));
    return null;
end $$;
create trigger batch_tells after update of state on batch for each row
    when (new.state = 'stopped' and old.state <> 'stopped' and new.state_by = 'tower') execute function batch_tells();

-- A violation is told when it is new, not with each run that finds it again.
create function integrity_tells() returns trigger language plpgsql as $$
declare
    found jsonb := case when new.state = 'failed' then '["could not look"]'::jsonb else jsonb_path_query_array(new.violations, '$[*].name') end;
    known jsonb := (select case when r.state = 'failed' then '["could not look"]'::jsonb else jsonb_path_query_array(r.violations, '$[*].name') end
                    from integrity_run r where r.finished_at is not null and r.id < new.id order by r.id desc limit 1);
begin
    if found <> '[]'::jsonb and found is distinct from known then
        perform notify_places('integrity', 'integrity/' || new.id, jsonb_build_object('found', (select string_agg(name, ', ' order by name) from jsonb_array_elements_text(found) as f (name))));
    end if;
    return null;
end $$;
create trigger integrity_tells after update of state on integrity_run for each row when (new.state in ('done', 'failed') and old.state = 'running') execute function integrity_tells();
