-- How long an order or a return may stay in a stage, as an admin set it; a stage without a row is as the settings of the process say.
create table stage_rule (
    stage       text primary key check (stage = lower(stage) and length(stage) between 1 and 40),
    minutes     integer not null check (minutes between 1 and 525600),
    version     integer not null default 1,
    changed_at  timestamptz not null default now(),
    changed_by  text not null check (changed_by <> '')
);
