-- What a case of a message is about, as its message says: a newer reading of the same finds it. Not for an id that was used twice, whose other content nothing newer can stand for.
set local lock_timeout = '30s';
alter table exception_case add column lane text;
update exception_case c set lane = m.lane from inbox_message m where m.id = c.message_id and c.code <> 'id-reused' and c.state in ('open', 'retrying');
create index exception_case_lane on exception_case (connection_id, lane) where lane is not null and state in ('open', 'retrying');
