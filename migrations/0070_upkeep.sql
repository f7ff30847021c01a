-- Tables whose rows come and go all day: vacuumed by count, not by share, and without pauses, so that a claim never walks over yesterday's dead entries.
alter table inbox_work set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
alter table delivery set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
alter table deadline set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
alter table connection_gate set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
alter table feed_cursor set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
alter table node set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

-- Tables that only grow: frozen in small steps instead of all at once one day.
alter table inbox_message set (autovacuum_vacuum_insert_scale_factor = 0.02);
alter table inbox_outcome set (autovacuum_vacuum_insert_scale_factor = 0.02);
alter table event_log set (autovacuum_vacuum_insert_scale_factor = 0.02);
alter table vendor_call set (autovacuum_vacuum_insert_scale_factor = 0.02);
alter table stock_ledger set (autovacuum_vacuum_insert_scale_factor = 0.02);

-- What retention still has to erase, oldest first: else each slice would walk over everything that it erased before.
create index vendor_call_bodies on vendor_call (id) where request is not null or response is not null;
