-- A pump of the inbox that stood still harmed every message that waited: the incident goes on until the last of them was read, and the orders that they were about are completed. A store that is silent is
-- charged with its own late orders, not with those of its whole channel.
create function incident_waits(i incident) returns boolean language sql stable as $$
    select i.kind = 'pump' and i.subject = 'inbox' and exists (
        select from inbox_work w join inbox_message m on m.id = w.message_id where w.state = 0 and m.received_at <= i.restored_at)
$$;

create or replace function incident_harm(i incident) returns table (flow_id bigint, harmed_at timestamptz) language sql stable as $$
    -- Calls that a system did not answer, of deliveries.
    select c.flow_id, min(c.started_at) from vendor_call c
    where i.kind in ('connection', 'burn', 'manual') and i.system <> '' and c.connection_id = i.system and c.flow_id is not null and c.posting_key is not null and c.outcome in ('failed', 'no-answer', 'throttled')
      and c.started_at >= i.began_at and c.started_at <= coalesce(i.restored_at, now())
    group by c.flow_id
    union all
    -- Deliveries that wait for it: put off, without an outcome, failed, or just not sent.
    select d.flow_id, min(greatest(i.began_at, coalesce(d.first_sent_at, d.created_at))) from delivery d
    where i.kind in ('connection', 'burn', 'manual') and i.system <> '' and d.connection_id = i.system and d.created_at <= coalesce(i.restored_at, now())
      and ((d.lane = 1 and d.state < 3) or (d.last_sent_at >= i.began_at and (d.state in (2, 3) or d.attempts > 0)) or (d.state = 0 and d.created_at >= i.began_at and d.created_at < now() - interval '2 minutes'))
    group by d.flow_id
    union all
    -- Cases of a system.
    select x.flow_id, min(x.opened_at) from exception_case x
    where i.kind in ('connection', 'burn', 'manual') and i.system <> '' and x.connection_id = i.system and x.flow_id is not null and x.opened_at >= i.began_at and x.opened_at <= coalesce(i.restored_at, now())
      and (i.kind <> 'connection' or x.failure in ('connection', 'intermittent', 'rate-limit', 'unknown-outcome'))
    group by x.flow_id
    union all
    -- Cases of a cause: all that are open, and those that came and went meanwhile.
    select x.flow_id, min(x.opened_at) from exception_case x
    where i.kind = 'cause' and x.fingerprint = i.subject and x.flow_id is not null and x.opened_at <= coalesce(i.restored_at, now()) and (x.state in ('open', 'retrying') or x.opened_at >= i.began_at)
    group by x.flow_id
    union all
    -- Orders that their books do not have.
    select r.flow_id, min(r.due_at) from recon_item r
    where i.kind = 'completeness' and r.comparison = 'order' and r.kind = 'missing-other' and r.state = 'open' and r.source = i.system and r.flow_id is not null and r.due_at <= coalesce(i.restored_at, now())
      and (i.about ->> 'store') is not distinct from r.store
    group by r.flow_id
    union all
    -- Orders of a channel that fell silent, or did not answer, that were made meanwhile and came late.
    select f.id, f.placed_at from flow f
    where i.kind in ('silent', 'connection') and i.system <> '' and f.kind = 'order-to-cash' and f.source = i.system and f.placed_at >= i.began_at and f.placed_at <= coalesce(i.restored_at, now())
      and f.created_at > f.placed_at + interval '5 minutes' and (i.about ->> 'store' is null or f.state ->> 'Pickup' = i.about ->> 'store')
    union all
    -- Transactions beyond the limit of their stage.
    select f.id, f.stage_since + make_interval(secs => (i.about ->> 'limit')::float8) from flow f
    where i.kind = 'backlog' and f.kind = i.about ->> 'flow' and f.stage = i.about ->> 'stage' and f.status in ('open', 'attention')
      and f.stage_since + make_interval(secs => (i.about ->> 'limit')::float8) <= coalesce(i.restored_at, now())
    union all
    -- What a pump that stands still has not read, sent or judged in time. What is not read yet is no transaction yet: see incident_waits.
    select o.flow_id, min(m.received_at + interval '2 minutes') from inbox_message m join inbox_outcome o on o.message_id = m.id
    where i.kind = 'pump' and i.subject = 'inbox' and o.flow_id is not null and m.received_at >= i.began_at and m.received_at <= coalesce(i.restored_at, now()) and o.finished_at > m.received_at + interval '2 minutes'
    group by o.flow_id
    union all
    select d.flow_id, min(d.due_at) from delivery d where i.kind = 'pump' and i.subject = 'outbox' and d.state = 0 and d.due_at >= i.began_at and d.due_at <= least(coalesce(i.restored_at, now()), now() - interval '2 minutes') group by d.flow_id
    union all
    select d.flow_id, min(d.due_at) from deadline d where i.kind = 'pump' and i.subject = 'deadlines' and d.due_at >= i.began_at and d.due_at <= least(coalesce(i.restored_at, now()), now() - interval '2 minutes') group by d.flow_id
$$;

create or replace function incident_refresh(p_id bigint) returns boolean language plpgsql set jit = off as $$
declare
    i incident;
    v_changed integer := 0;
    v_n integer;
    v_over timestamptz;
    v_last timestamptz;
begin
    select * into i from incident where id = p_id and (status = 'open' or (status = 'drained' and drained_at > now() - interval '1 hour')) for update;
    if i.id is null then
        return false;
    end if;

    if i.restored_at is null and not exists (select from incident_signal where incident_id = i.id and ended_at is null) then
        select greatest(max(ended_at), i.began_at) into v_over from incident_signal where incident_id = i.id;
        update incident set restored_at = v_over, version = version + 1 where id = i.id returning * into i;
        insert into incident_log (incident_id, kind, words, by_name) values (i.id, 'restored', 'The cause is over.', 'rule');
        v_changed := 1;
    end if;

    insert into incident_transaction as t (incident_id, flow_id, harmed_at, value, currency)
    select i.id, f.id, min(h.harmed_at), f.value, f.currency from incident_harm(i) h join flow f on f.id = h.flow_id group by f.id order by f.id
    on conflict (incident_id, flow_id) do update set harmed_at = least(t.harmed_at, excluded.harmed_at), value = excluded.value, currency = excluded.currency
    where t.harmed_at > excluded.harmed_at or (t.value, t.currency) <> (excluded.value, excluded.currency);
    get diagnostics v_n = row_count;
    v_changed := v_changed + v_n;

    -- What has ended keeps its end, unless it is harmed again.
    update incident_transaction t set settled_at = e.settled_at from incident_ends(i) e
    where t.incident_id = i.id and t.flow_id = e.flow_id and (t.settled_at is null) <> (e.settled_at is null);
    get diagnostics v_n = row_count;
    v_changed := v_changed + v_n;

    update incident set began_at = m.first from (select min(harmed_at) as first from incident_transaction where incident_id = i.id) m where id = i.id and began_at > m.first;

    if exists (select from incident_transaction where incident_id = i.id and settled_at is null) then
        if i.status = 'drained' and not exists (select from incident o where o.kind = i.kind and o.subject = i.subject and o.status = 'open') then
            update incident set status = 'open', drained_at = null, escalated_at = null, version = version + 1 where id = i.id;
            insert into incident_log (incident_id, kind, words, by_name) values (i.id, 'reopened', 'A transaction that it harmed is not completed.', 'rule');
        end if;
    elsif i.status = 'open' and i.restored_at is not null and incident_waits(i) then
        null; -- What it harmed is not all known yet.
    elsif i.status = 'open' and i.restored_at is not null then
        select greatest(i.restored_at, i.detected_at, max(settled_at)) into v_last from incident_transaction where incident_id = i.id;
        update incident set status = 'drained', drained_at = v_last, version = version + 1 where id = i.id;
        insert into incident_log (incident_id, kind, words, by_name) values (i.id, 'drained', 'Every transaction that it harmed is completed or written off.', 'rule');
        v_changed := v_changed + 1;
    elsif i.status = 'drained' then
        -- One that was found late, and had ended by then.
        update incident set drained_at = m.last from (select max(settled_at) as last from incident_transaction where incident_id = i.id) m where id = i.id and drained_at < m.last;
    end if;
    return v_changed > 0;
end $$;
