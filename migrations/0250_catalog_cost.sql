-- What a piece costs the retailer, where the system says it: the floor under promotional prices is reckoned with it.
alter table catalog_item add column cost numeric check (cost >= 0);
