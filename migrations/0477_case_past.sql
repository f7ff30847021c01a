-- How cases of a cause ended lately, beside the one that is open.
create index exception_case_cause_closed on exception_case (fingerprint, closed_at desc) where closed_at is not null;
