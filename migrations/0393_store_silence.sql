-- A store that used to be heard and is silent is told where people want to hear of reconciliation: once a day for as long as it lasts. Returns how many were told.
create function pos_tell(p_after interval) returns integer language plpgsql as $$
declare
    quiet record;
    v_told integer := 0;
begin
    for quiet in
        select 'silent-store/' || s.connection_id || '/' || s.store as subject, c.name || ', store ' || s.store || ': no receipt since '
            || to_char(s.business_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC. Ask whether the store is open and its till server sends.' as words
        from pos_store s join connection c on c.id = s.connection_id
        where s.business_at < now() - p_after and c.paused_at is null and c.disabled_at is null order by s.business_at, 1
    loop
        insert into recon_told (subject, day) values (quiet.subject, current_date) on conflict do nothing;
        if found then
            perform notify_places('reconciliation', 'reconciliation/' || quiet.subject || '/' || current_date, jsonb_build_object('found', quiet.words));
            v_told := v_told + 1;
        end if;
    end loop;
    return v_told;
end $$;
