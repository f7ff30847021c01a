-- Closed because what it was about has happened and was seen, not only because nobody wants it any more: only such a case may be called proven.
set local lock_timeout = '30s';
alter table exception_case
    add column proven boolean not null default false,
    add constraint case_proven_is_closed_by_tower check (not proven or (state = 'resolved' and closed_by = 'tower')) not valid;

-- What is shown is of the last day, what is counted as a success of a repair is of late: older cases stay as they are, so that no table is written anew under a lock.
update exception_case set proven = true
where closed_at > now() - interval '2 days' and state = 'resolved' and closed_by = 'tower' and resolution not like 'No longer wanted%';
