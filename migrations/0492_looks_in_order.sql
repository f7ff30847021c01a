-- A page of a feed that was read before the tower looked at a price, or set it, says nothing of that price, whichever is stored first.

alter table catalog_item add column told_at timestamptz;     -- the tower last set its price or what else it tells
