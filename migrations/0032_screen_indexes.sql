-- What screens read by time. BRIN where rows are written in that order and the column never changes: next to nothing to keep, and updates stay in place.
create index posting_intended on posting using brin (intended_at) with (pages_per_range = 32);
create index exception_case_closed on exception_case (closed_at) where closed_at is not null;
