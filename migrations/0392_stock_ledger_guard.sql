-- The ledger is only ever added to: what was wrong is put right by a further row.
create function stock_ledger_stays() returns trigger language plpgsql as $$
begin
    raise exception 'The stock ledger is not changed: add a row that puts it right.' using errcode = 'restrict_violation';
end $$;
create trigger stock_ledger_stays before update or delete or truncate on stock_ledger for each statement execute function stock_ledger_stays();
