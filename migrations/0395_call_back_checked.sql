-- Reads every row, and stops nobody.
alter table stock_ledger validate constraint stock_ledger_reason_check;
