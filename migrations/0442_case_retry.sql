-- What a retried document was held as, so that a retry that has not begun its call can be called off by anybody, as long as it waits; and an index for cases by attempts, of which most have one at most.
set local lock_timeout = '30s';
alter table exception_case add column held_as text check (held_as in ('refused', 'unknown', 'intended'));
create index exception_case_attempts on exception_case (attempts) where attempts > 1 and state in ('open', 'retrying');
-- The oldest of all causes, page by page.
create index exception_case_open_time on exception_case (opened_at, id) where state in ('open', 'retrying');
