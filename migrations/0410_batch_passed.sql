-- A check that holds an order, or a message that could not be read, has no target that could be read back: where a retry helped, the case is over and the order goes on, which is not proven and
-- not skipped either.
set local lock_timeout = '30s';
alter table batch
    add column passed integer not null default 0 check (passed >= 0),
    drop constraint batch_check,
    drop constraint batch_check1,
    add constraint batch_within_count check (sent + proven + passed + failed + skipped <= count) not valid,
    add constraint batch_done_is_whole check (state <> 'done' or proven + passed + failed + skipped = count) not valid;
alter table batch_item
    drop constraint batch_item_state_check,
    drop constraint batch_item_check,
    add constraint batch_item_state_check check (state in ('waiting', 'sent', 'proven', 'passed', 'failed', 'skipped')) not valid,
    add constraint batch_item_settled check ((state in ('proven', 'passed', 'failed', 'skipped')) = (settled_at is not null)) not valid;

-- The tower closes the case of a message only when it has read and applied it, proven or not; a person gives it up.
create or replace function ownership_case_ends() returns trigger language plpgsql as $$
begin
    update ownership_write w set settled_at = now(), settled_by = coalesce(new.closed_by, 'tower'), settled_as = case when new.closed_by = 'tower' then 'accepted' else 'refused' end, settled_why = coalesce(new.resolution, '')
    where w.message_id = new.message_id and w.verdict = 'quarantined' and w.settled_at is null;
    return null;
end $$;
