-- Who a person is at an authority outside: its issuer and the subject that it gives to nobody else. Never the e-mail, which may pass from hand to hand.
create table account_identity (
    issuer     text        not null check (length(issuer) between 1 and 400),
    subject    text        not null check (length(subject) between 1 and 400),
    account_id uuid        not null references account (id),
    created_at timestamptz not null,
    primary key (issuer, subject)
);
create index account_identity_account on account_identity (account_id);

-- What people see of their sessions, and when the one behind it last proved who they are. The number names a session on screen: it opens nothing.
alter table account_session
    add column number    bigint      generated always as identity unique,
    add column agent     text        not null default '' check (length(agent) <= 100),
    add column via       text        not null default 'local' check (via in ('local', 'authority')),
    add column proven_at timestamptz;
