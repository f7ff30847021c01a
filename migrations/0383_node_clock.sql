-- How far the clock of a node's machine is ahead of the database's, as of its last sign of life; below zero: behind. Null: it has not found out yet.
alter table node add column clock_off interval;
