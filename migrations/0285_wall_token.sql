-- Screens on a wall. A token is shown once; only its hash is kept. It has no end until it is withdrawn; one that was withdrawn stays, so that its screen can be told what became of it.
create table wall_token (
    id             uuid primary key,
    name           text not null check (length(name) between 1 and 100),
    brand          text check (length(brand) > 0),        -- the only brand that it shows; null: all
    hash           bytea not null unique check (length(hash) = 32),
    hint           text not null check (length(hint) = 4),
    made_at        timestamptz not null default now(),
    made_by        text not null,
    withdrawn_at   timestamptz,
    seen_at        timestamptz,
    seen_from      text
);
create unique index wall_token_name on wall_token (lower(name)) where withdrawn_at is null;
