-- A failure that comes back opens a new case; the last closed one of the same subject is found by this, so that nobody looks into it as if it were new.
set local lock_timeout = '30s';
create index exception_case_subject on exception_case (subject, id desc) where state in ('resolved', 'discarded');
