-- The open flows, on nothing that their steps change: once an order's place in time is known, a step leaves all indexes of the table alone where the page has room (heap-only update).
-- Sums over open flows read them all anyway.
drop index flow_open;
create index flow_open on flow (id) where status in ('open', 'attention');
