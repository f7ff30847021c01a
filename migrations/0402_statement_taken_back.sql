-- A file that was taken can be taken back, with a reason: its lines are gone, and it may be handed in again.
alter table statement_file add column taken_back_by text, add column taken_back_at timestamptz, add column taken_back_why text check (length(taken_back_why) between 1 and 500),
    add check ((state = 'taken-back') = (taken_back_at is not null and taken_back_by is not null and taken_back_why is not null));
alter table statement_file drop constraint statement_file_state_check;
alter table statement_file add constraint statement_file_state_check check (state in ('applied', 'refused', 'taken-back'));
alter table statement_file drop constraint statement_file_check1;
alter table statement_file add constraint statement_file_check1 check (state <> 'refused' or applied = 0);
create index ledger_line_file on ledger_line (file_id) where file_id is not null;

-- Takes lines that a file told away, at most so many at once. Returns how many.
create function ledger_withdraw(p_file bigint, p_most integer) returns integer language plpgsql as $$
#variable_conflict use_column
declare
    v_lines bigint[];
begin
    with gone as (
        update ledger_line l set status = 'Gone', stored_at = now() where l.id in (select x.id from ledger_line x where x.file_id = p_file and x.status <> 'Gone' order by x.id limit p_most) returning l.id)
    select array_agg(id) into v_lines from gone;
    if v_lines is null then
        return 0;
    end if;
    perform recon_enter(recon_touched(v_lines));
    return cardinality(v_lines);
end $$;

-- How far a system that has no feed has told, by the files that are left.
create function ledger_covered(p_connection text) returns void language plpgsql as $$
begin
    if exists (select from feed_cursor k where k.connection_id = p_connection and k.feed like 'ledger-%') then
        return;
    end if;
    delete from ledger_coverage v where v.connection_id = p_connection and v.kind in ('bank', 'payouts') and not exists (select from ledger_line l where l.connection_id = p_connection and l.status <> 'Gone' and l.file_id is not null);
    update ledger_coverage v set since = x.since, told_at = x.told from (select min(l.at) as since, max(l.at) as told from ledger_line l where l.connection_id = p_connection and l.status <> 'Gone' and l.file_id is not null) x
    where v.connection_id = p_connection and v.kind in ('bank', 'payouts') and x.since is not null;
    insert into recon_dirty (comparison, group_key) select i.comparison, i.group_key from recon_item i where i.comparison in ('deposit', 'settlement') and i.state = 'open' and i.kind = 'missing-other';
end $$;
