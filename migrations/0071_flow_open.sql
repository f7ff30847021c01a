-- The open flows, on nothing that a step changes: a step of an open flow then leaves all indexes of the table alone (heap-only update). Sums over them read them all anyway.
drop index flow_open;
create index flow_open on flow (id) where status in ('open', 'attention');
