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

-- What was called proven although nothing was read back.
update exception_case set proven = false where proven and resolution in ('The order went on.', 'The message was read and applied.');
