-- Who has a case open on the screen just now. Unlogged: it is news for seconds, and a restart may forget it.
create unlogged table case_watch (
    case_id     bigint not null,
    account_id  uuid not null,
    name        text not null,
    seen_at     timestamptz not null default now(),
    primary key (case_id, account_id)
);
