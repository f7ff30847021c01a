-- What is on the shelf leaves and comes back with the clock, not with a write: it is taken off at each look, and is little.
create index exception_case_shelf on exception_case (shelf_until) where shelf_until is not null and state in ('open', 'retrying');

-- One cause's list in its three orders.
create index exception_case_cause_rank on exception_case (fingerprint, rank desc, id desc) where state in ('open', 'retrying');
create index exception_case_cause_time on exception_case (fingerprint, opened_at, id) where state in ('open', 'retrying');
create index exception_case_cause_seen on exception_case (fingerprint, last_seen_at) where state in ('open', 'retrying');
