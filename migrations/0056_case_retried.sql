-- When a retry was last begun: a case that is still "retrying" long after, with nothing in work for it, was left behind by a process that died, and is given back.
alter table exception_case add column retried_at timestamptz;
update exception_case set retried_at = now() where state = 'retrying';
create index exception_case_retrying on exception_case (retried_at) where state = 'retrying';
