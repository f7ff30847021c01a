-- Time left has a say in the order of the desk beside money: what is due within the hour, or past, stands first, each by money at risk. The new indexes stand in the place of those of the order
-- by money alone, so that a case costs no more to write than before; a node of an older version sorts without them, which is slower and as right.
set local lock_timeout = '30s';
create index exception_case_order on exception_case (due_soon desc, rank desc, id desc) where state in ('open', 'retrying');
create index exception_case_cause_order on exception_case (fingerprint, due_soon desc, rank desc, id desc) where state in ('open', 'retrying');
drop index exception_case_board, exception_case_cause_rank, exception_case_due_rank;

-- One definition of when a case is due, for list, pane, view and notices: returns have limits too, and what has ended is due no more.
create or replace function case_due(p_flow bigint) returns timestamptz language sql stable as $$
    select f.stage_since + coalesce((select most from stage_limit where stage = lower(f.stage)), (select most from stage_limit where stage = ''))
    from flow f where f.id = p_flow and f.kind in ('order-to-cash', 'return-to-refund') and f.status in ('open', 'attention')
$$;
create index exception_case_due_at on exception_case (due_at) where due_at is not null and state in ('open', 'retrying');
insert into case_reckon (failure) values (null);
