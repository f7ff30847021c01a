-- A customer of a channel may be mapped to the target's own number of that customer: source/id at its source. So many can be mapped that a claim takes only the one that its order names.
set local lock_timeout = '30s';
alter table mapping drop constraint mapping_kind_check, add constraint mapping_kind_check check (kind in ('sku', 'location', 'tax', 'customer'));
