-- A filter that somebody gave a name. The address says the whole of it, so that a view can be sent by link and means the same for everybody.
create table saved_view (
    id         bigint generated always as identity primary key,
    screen     text not null,
    owner      uuid not null references account (id),
    name       text not null check (name = btrim(name) and length(name) between 1 and 60),
    query      text not null check (length(query) <= 2000),
    team       boolean not null default false,
    created_at timestamptz not null default now()
);
create unique index saved_view_name on saved_view (screen, owner, lower(name));
create index saved_view_team on saved_view (screen) where team;
