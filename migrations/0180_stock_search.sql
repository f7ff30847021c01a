-- A SKU is searched by how it begins, in any case. The SKU of a row never changes, so the many changes of its numbers do not touch this.
create index stock_by_sku on stock (lower(sku) text_pattern_ops);

-- Few: goods that tills sold of what was promised.
create index stock_oversold on stock (sku) where oversold > 0;

-- What moved a SKU wherever it lies, newest first.
create index stock_ledger_sku on stock_ledger (sku, id);
