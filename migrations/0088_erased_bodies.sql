-- Bodies of messages are erased when they are old and nobody needs them any more. Key and hash stay: they are the guard against duplicates. A row changes in this one way only.
alter table inbox_message alter column body drop not null, add column body_erased_at timestamptz, add check ((body is null) = (body_erased_at is not null));

-- How far upkeep has walked through a table that is never walked again from its beginning.
create table upkeep_mark (
    what  text primary key,
    upto  bigint not null
);
insert into upkeep_mark values ('inbox-bodies', 0);
create index exception_case_message on exception_case (message_id) where message_id is not null;
