-- What the retailer wrote down about a failure for the next person who meets it, beside the tower's own words.
create table remedy (
    failure     text not null references case_class (failure),
    code        text not null check (length(code) between 1 and 120),
    advice      text not null default '' check (length(advice) <= 1000),
    runbook     text check (runbook ~ '^https?://' and length(runbook) <= 500),
    version     integer not null default 1,
    changed_at  timestamptz not null default now(),
    changed_by  text not null check (changed_by <> ''),
    primary key (failure, code),
    check (advice <> '' or runbook is not null)
);
alter table case_class add column version integer not null default 1;
