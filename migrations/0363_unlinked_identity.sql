-- An identity that opened an account once is not free when it is unlinked: it makes no second one, and opens none until an admin links it again.
alter table account_identity add column unlinked_at timestamptz;
