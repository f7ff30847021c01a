-- A backlog beyond its limits, and a channel that fell silent, are told where people want to hear of it: once a day for as long as it lasts.
alter table notification_channel drop constraint notification_channel_events_check;
alter table notification_channel add constraint notification_channel_events_check check (events <@ array['sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion', 'reconciliation']) not valid;
alter table notification drop constraint notification_event_check;
alter table notification add constraint notification_event_check check (event in ('sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion', 'reconciliation')) not valid;

create table recon_told (
    subject        text not null,
    day            date not null,
    primary key (subject, day)
);

-- Returns how many were told.
create function recon_tell() returns integer language plpgsql as $$
declare
    beyond record;
    v_told integer := 0;
begin
    for beyond in
        select 'limit/' || c.name as subject, c.name || ': ' || concat_ws(', ',
            case when i.items > c.most_items then i.items || ' items, limit ' || c.most_items end,
            case when i.value > c.most_value then round(i.value, 2) || ' in the currency of the books, limit ' || round(c.most_value, 2) end,
            case when i.days > c.most_days then 'the oldest ' || i.days || ' days late, limit ' || c.most_days end) as words
        from recon_comparison c join (
            -- Together by the rates that are written down; what has none counts with its number.
            select x.comparison, count(*) as items, sum(x.value * coalesce(r.rate, 1)) as value, max(floor(extract(epoch from now() - x.due_at) / 86400)) as days
            from recon_item x left join currency_rate r on r.currency = x.currency where x.state = 'open' and x.due_at <= now() group by 1) i on i.comparison = c.name
        where i.items > c.most_items or i.value > c.most_value or i.days > c.most_days
        union all
        select 'silent/' || s.channel || '/' || coalesce(s.store, ''), coalesce(c.name, s.channel) || coalesce(', ' || s.store, '') || ': ' || s.recent || ' orders in the last hour, usually ' || s.expected
        from recon_silence s left join connection c on c.id = s.channel where s.silent and c.paused_at is null and c.disabled_at is null
    loop
        insert into recon_told (subject, day) values (beyond.subject, current_date) on conflict do nothing;
        if found then
            perform notify_places('reconciliation', 'reconciliation/' || beyond.subject || '/' || current_date, jsonb_build_object('found', beyond.words));
            v_told := v_told + 1;
        end if;
    end loop;
    delete from recon_told where day < current_date - 60;
    return v_told;
end $$;
