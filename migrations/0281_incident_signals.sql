create function incident_weight(p_severity text) returns integer immutable language sql as $$ select array_position(array['minor', 'major', 'critical'], p_severity) $$;

-- The open incident of a subject, or the one that was drained within the last hour, or a new one. The caller holds the subject's lock.
create function incident_join(p_kind text, p_subject text, p_title text, p_severity text, p_words text, p_began_at timestamptz, p_brand text, p_system text, p_about jsonb, p_by uuid, p_by_name text) returns bigint language plpgsql as $$
declare
    i incident;
begin
    select * into i from incident where kind = p_kind and subject = p_subject and status = 'open' for update;
    if i.id is null then
        select * into i from incident where kind = p_kind and subject = p_subject and status = 'drained' and drained_at > now() - interval '1 hour' order by id desc limit 1 for update;
    end if;
    if i.id is null then
        insert into incident (kind, subject, title, severity, brand, system, about, began_at, opened_by)
        values (p_kind, p_subject, left(p_title, 300), p_severity, p_brand, p_system, p_about, least(p_began_at, now()), p_by) returning * into i;
        insert into incident_log (incident_id, kind, words, by_name) values (i.id, 'opened', left(p_words, 1000), p_by_name);
        return i.id;
    end if;
    update incident set status = 'open', restored_at = null, drained_at = null, began_at = least(began_at, p_began_at), version = version + 1 where id = i.id;
    insert into incident_log (incident_id, kind, words, by_name) values (i.id, case when i.status = 'drained' then 'reopened' else 'signal' end, left(p_words, 1000), p_by_name);
    perform incident_raise(i.id, p_severity, p_words, p_by_name);
    return i.id;
end $$;

-- Severity rises with what is found; only people lower it.
create function incident_raise(p_id bigint, p_severity text, p_words text, p_by_name text) returns void language plpgsql as $$
begin
    update incident set severity = p_severity, version = version + 1 where id = p_id and status = 'open' and incident_weight(severity) < incident_weight(p_severity);
    if found then
        insert into incident_log (incident_id, kind, words, by_name) values (p_id, 'severity', left('Now ' || p_severity || ': ' || p_words, 1000), p_by_name);
    end if;
end $$;

-- A condition holds. Called as often as it is seen to hold; one that has held for p_after opens an incident or joins the one that is there. Null while it has not.
-- p_began_at: what it harmed first, as far as is known; p_since: since when it holds; p_flows: what is harmed, where the caller knows it.
create function incident_signal(
    p_kind text, p_subject text, p_title text, p_severity text, p_words text, p_began_at timestamptz default now(), p_brand text default '', p_system text default '', p_about jsonb default '{}',
    p_flows bigint[] default '{}', p_since timestamptz default now(), p_after interval default '0') returns bigint language plpgsql as $$
declare
    s incident_signal;
    v_before text;
begin
    perform pg_advisory_xact_lock(hashtextextended('incident/' || p_kind || '/' || p_subject, 0));
    select severity into v_before from incident_signal where kind = p_kind and subject = p_subject and ended_at is null and act_key is null;
    insert into incident_signal as x (kind, subject, severity, words, began_at, held_since) values (p_kind, p_subject, p_severity, left(p_words, 1000), least(p_began_at, now()), least(p_since, now()))
    on conflict (kind, subject) where ended_at is null and act_key is null do update set words = excluded.words, began_at = least(x.began_at, excluded.began_at), held_since = least(x.held_since, excluded.held_since),
        severity = case when incident_weight(excluded.severity) > incident_weight(x.severity) then excluded.severity else x.severity end, last_seen_at = now()
    returning * into s;
    if s.incident_id is null and s.held_since <= now() - p_after then
        s.incident_id := incident_join(p_kind, p_subject, p_title, s.severity, p_words, s.began_at, p_brand, p_system, p_about, null, 'rule');
        update incident_signal set incident_id = s.incident_id where id = s.id;
    elsif s.incident_id is not null then
        -- Only when it became worse: what a person made of it stays as long as nothing new is known.
        if s.severity is distinct from v_before then
            perform incident_raise(s.incident_id, s.severity, p_words, 'rule');
        end if;
        update incident set began_at = s.began_at where id = s.incident_id and status = 'open' and began_at > s.began_at;
    end if;
    if s.incident_id is not null and cardinality(p_flows) > 0 then
        insert into incident_transaction as t (incident_id, flow_id, harmed_at, value, currency)
        select i.id, f.id, least(greatest(coalesce(f.placed_at, f.created_at), i.began_at), now()), f.value, f.currency from incident i join flow f on f.id = any (p_flows) where i.id = s.incident_id and i.status = 'open' order by f.id
        on conflict do nothing;
    end if;
    return s.incident_id;
end $$;

-- It does not hold any more. Returns whether it did until now.
create function incident_signal_over(p_kind text, p_subject text) returns boolean language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('incident/' || p_kind || '/' || p_subject, 0));
    -- One that never came to an incident leaves nothing behind.
    delete from incident_signal where kind = p_kind and subject = p_subject and ended_at is null and act_key is null and incident_id is null;
    update incident_signal set ended_at = now() where kind = p_kind and subject = p_subject and ended_at is null and act_key is null;
    return found;
end $$;

-- A person says so: at once, without a rule. The same act again is the same flag.
create function incident_flag(p_key uuid, p_kind text, p_subject text, p_title text, p_severity text, p_words text, p_began_at timestamptz, p_brand text, p_system text, p_by uuid, p_by_name text) returns bigint language plpgsql as $$
declare
    v_id bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended('incident/' || p_kind || '/' || p_subject, 0));
    select incident_id into v_id from incident_signal where act_key = p_key;
    if v_id is not null then
        return v_id;
    end if;
    v_id := incident_join(p_kind, p_subject, p_title, p_severity, p_words, p_began_at, p_brand, p_system, '{}', p_by, p_by_name);
    insert into incident_signal (incident_id, kind, subject, severity, words, began_at, held_since, act_key) values (v_id, p_kind, p_subject, p_severity, left(p_words, 1000), least(p_began_at, now()), now(), p_key);
    return v_id;
end $$;

-- Since when a system does not answer: the first call that failed after the last that was answered, tests aside. Null if the last was answered.
create function incident_connection_began(p_connection text) returns timestamptz language sql stable as $$
    select min(c.started_at) from vendor_call c
    where c.connection_id = p_connection and c.purpose <> 'test' and c.outcome in ('failed', 'no-answer', 'throttled') and c.started_at > now() - interval '1 day'
      and c.started_at > coalesce((
          select max(a.started_at) from vendor_call a where a.connection_id = p_connection and a.purpose <> 'test' and a.outcome in ('ok', 'refused') and a.started_at > now() - interval '1 day'), '-infinity')
$$;
