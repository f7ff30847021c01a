-- What happens to incidents is told where people want to hear of it; one that nobody takes is told to others as well.
alter table notification_channel drop constraint notification_channel_events_check;
alter table notification_channel add constraint notification_channel_events_check check (events <@ array['sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion', 'reconciliation', 'incident', 'incident-untaken']) not valid;
alter table notification drop constraint notification_event_check;
alter table notification add constraint notification_event_check check (event in ('sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion', 'reconciliation', 'incident', 'incident-untaken')) not valid;

create function incident_tells() returns trigger language plpgsql as $$
declare
    i incident;
    v_event text := case new.kind when 'notified' then 'incident-untaken' else 'incident' end;
begin
    select * into i from incident where id = new.incident_id;
    perform notify_places(v_event, 'incident/' || i.id || '/' || new.id, jsonb_build_object('incident', i.id, 'found', left('I-' || i.id || ' ' || i.title || ' (' || i.severity || '), ' || new.kind || ': ' || new.words, 500)));
    return null;
end $$;
create trigger incident_tells after insert on incident_log for each row when (new.kind in ('opened', 'reopened', 'severity', 'drained', 'notified')) execute function incident_tells();

-- Open incidents that nobody has taken in the time that their rule gives, each once. Returns how many.
create function incident_escalate() returns integer language sql as $$
    with late as (
        update incident i set escalated_at = now() from incident_rule r
        where i.status = 'open' and i.lead is null and i.escalated_at is null and r.kind = i.kind and r.take_minutes > 0 and i.detected_at <= now() - make_interval(mins => r.take_minutes)
        returning i.id, r.take_minutes),
    told as (insert into incident_log (incident_id, kind, words, by_name) select id, 'notified', 'Nobody has taken it for ' || take_minutes || ' minutes.', 'rule' from late returning 1)
    select count(*)::integer from told
$$;
