-- What happens to promotions is told where people want to hear of it.
alter table notification_channel drop constraint notification_channel_events_check;
alter table notification_channel add constraint notification_channel_events_check check (events <@ array['sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion']) not valid;
alter table notification drop constraint notification_event_check;
alter table notification add constraint notification_event_check check (event in ('sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion')) not valid;

create function promotion_tells() returns trigger language plpgsql as $$
begin
    perform notify_places('promotion', 'promotion/' || new.id, jsonb_build_object('found', 'R-' || new.promotion_id || ' ' || (select name from promotion where id = new.promotion_id) || ': ' || new.words, 'promotion', new.promotion_id));
    return null;
end $$;
-- Asked for, stopped, on its way back, over: not each step of the way.
create trigger promotion_tells after insert on promotion_log for each row when (new.tone in ('hold', 'back', 'bad', 'warn', 'ask')) execute function promotion_tells();
