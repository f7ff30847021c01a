-- When a work account last opened the tower, for whoever looks through what is linked to them.
alter table account_identity add column last_used_at timestamptz;

-- Codes that came while nobody's would be looked at. Counted here, told in the audit as one row when the wait is over.
create table sign_in_pause (
    account_id uuid        primary key references account (id),
    tries      integer     not null check (tries > 0),
    until      timestamptz not null
);
