-- Whoever wants to is told that something waits for a person because its source does not own it: once a day for each source and field, however often it is written.
alter table notification_channel drop constraint notification_channel_events_check;
alter table notification_channel add constraint notification_channel_events_check check (events <@ array['sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion', 'reconciliation', 'incident', 'incident-untaken', 'figures', 'webhook', 'feed', 'ownership']) not valid;
alter table notification drop constraint notification_event_check;
alter table notification add constraint notification_event_check check (event in ('sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion', 'reconciliation', 'incident', 'incident-untaken', 'figures', 'webhook', 'feed', 'ownership')) not valid;

create function quarantine_tells() returns trigger language plpgsql as $$
declare
    w record;
begin
    for w in select distinct on (source, domain, field) * from written where verdict = 'quarantined' and settled_at is null order by source, domain, field, id loop
        perform notify_places(
            'ownership', 'ownership/' || w.source || '/' || w.domain || '/' || w.field || '/' || (w.at at time zone 'UTC')::date,
            jsonb_build_object('found', left(coalesce((select name from connection where id = w.source), (select name from api_client where 'client:' || id = w.source), w.source)
                || ' wrote ' || w.field || ' (' || w.domain || ')' || case when w.subject = '' then '' else ' of ' || w.subject end || ', which others own. It waits for a person.', 500)));
    end loop;
    return null;
end $$;
create trigger quarantine_tells after insert on ownership_write referencing new table as written for each statement execute function quarantine_tells();
