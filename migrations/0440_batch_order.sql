-- A batch does to each of its cases what a person can do to one: send it again, close it, give it to somebody, keep it off the board or bring it back.
set local lock_timeout = '30s';
alter table batch
    add column assignee       uuid,         -- null for nobody
    add column assignee_name  text,
    add column ticket         text,
    add column shelf_until    timestamptz,  -- off the board until then; for 'snooze' null means until it changes
    drop constraint batch_kind_check,
    drop constraint batch_per_second_check,
    add constraint batch_kind_check check (kind in ('retry', 'resolve', 'discard', 'assign', 'snooze', 'wake')),
    -- So many may be changed by the second, and so many sent.
    add constraint batch_per_second_check check (per_second between 1 and case when kind = 'retry' then 100 else 1000 end),
    -- A node of the version before takes every batch for a retry: what it does to this one is rolled back.
    add constraint batch_only_a_retry_sends check (kind = 'retry' or sent = 0),
    add constraint batch_closing_has_reason check (kind not in ('resolve', 'discard') or length(btrim(coalesce(reason, ''))) >= 4),
    add constraint batch_order_fits check (
        (assignee is null) = (assignee_name is null) and (kind = 'assign' or (assignee is null and ticket is null)) and (kind in ('assign', 'snooze') or shelf_until is null));
-- A case that changed since it was frozen is left as it is.
alter table batch_item add column version integer;
