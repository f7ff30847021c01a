-- A SKU is searched by how it begins, in any case. The SKU of a row never changes, so the many changes of its numbers do not touch this.
create index stock_by_sku on stock (lower(sku) text_pattern_ops);
