-- A week's figures are told where people want to read them.
alter table notification_channel drop constraint notification_channel_events_check;
alter table notification_channel add constraint notification_channel_events_check check (events <@ array['sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion', 'reconciliation', 'incident', 'incident-untaken', 'figures']) not valid;
alter table notification drop constraint notification_event_check;
alter table notification add constraint notification_event_check check (event in ('sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion', 'reconciliation', 'incident', 'incident-untaken', 'figures')) not valid;
