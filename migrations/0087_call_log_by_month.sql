-- The call log by month: what is too old goes as a whole partition, so that no row is deleted one by one and nothing is left to vacuum. The months to come are made by the tower's own upkeep,
-- well ahead; what no month takes (a clock far off, an upkeep that did not run) waits in the last partition until its month is made.
alter table vendor_call rename to vendor_call_flat;
create table vendor_call (like vendor_call_flat including defaults including constraints including identity) partition by range (started_at);
create table vendor_call_other partition of vendor_call default;

-- Makes the months from this time on to two months ahead, those that are missing. Answers how many.
create function vendor_call_prepare(since timestamptz) returns integer language plpgsql as $$
declare
    month timestamp := date_trunc('month', greatest(since, now() - interval '13 months') at time zone 'UTC');
    made integer := 0;
    part text;
begin
    while month < now() at time zone 'UTC' + interval '2 months' loop
        part := 'vendor_call_' || to_char(month, 'YYYY_MM');
        if to_regclass(quote_ident(part)) is null then
            execute format('create table %I (like vendor_call including defaults including constraints) with (autovacuum_vacuum_insert_scale_factor = 0.02)', part);
            execute format('with moved as (delete from vendor_call_other where started_at >= %L and started_at < %L returning *) insert into %I select * from moved',
                month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC', part);
            execute format('alter table vendor_call attach partition %I for values from (%L) to (%L)', part, month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC');
            made := made + 1;
        end if;
        month := month + interval '1 month';
    end loop;
    return made;
end $$;

-- Drops the months that ended longer ago than this. Answers how many.
create function vendor_call_forget(age interval) returns integer language plpgsql as $$
declare
    part text;
    dropped integer := 0;
begin
    -- Whoever waits for this lock makes all others wait behind it: rather try again later.
    perform set_config('lock_timeout', '1s', true);
    for part in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'vendor_call'::regclass and c.relname ~ '^vendor_call_[0-9]{4}_[0-9]{2}$'
          and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' <= now() - age
    loop
        execute format('drop table %I', part);
        dropped := dropped + 1;
    end loop;
    delete from vendor_call_other where started_at < now() - age;
    return dropped;
end $$;

select vendor_call_prepare(coalesce((select min(started_at) from vendor_call_flat), now()));
insert into vendor_call overriding system value select * from vendor_call_flat;
select setval(pg_get_serial_sequence('vendor_call', 'id'), greatest((select max(id) from vendor_call), 1), exists (select from vendor_call));
drop table vendor_call_flat;

alter table vendor_call add primary key (id, started_at);
create index vendor_call_recent on vendor_call (connection_id, id desc);
create index vendor_call_flow on vendor_call (flow_id, id) where flow_id is not null;
create index vendor_call_time on vendor_call using brin (started_at);
create index vendor_call_bodies on vendor_call (id) where request is not null or response is not null;
