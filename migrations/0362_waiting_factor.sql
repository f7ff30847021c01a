-- A key that waits for its first code belongs to the session or the half sign-in that asked for it (its hash), and to nobody else. Those that wait already belong to nobody.
delete from account_factor where confirmed_at is null;
alter table account_factor add column asked_by bytea check (octet_length(asked_by) = 32);
