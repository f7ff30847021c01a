-- Whoever may approve is told that something waits for them, and its authors what was decided: each by e-mail, and where people hear of promotions. Every notice leads to its promotion.

-- Who may decide about a revision: people of a role that approves who had no hand in it. If it was sent to one of them by name or address, that one.
create function promotion_approvers(p_promotion bigint, p_revision integer) returns table (id uuid, name text, asked boolean) language sql stable as $$
    with free as (
        select a.id, a.name, r.sent_to is not null and lower(btrim(r.sent_to)) in (lower(a.name), a.email) as asked
        from promotion_revision r join account a on a.role in ('Merchandiser', 'Admin') and a.disabled_at is null
        where r.promotion_id = p_promotion and r.revision = p_revision and not exists (
            select from promotion_revision v where v.promotion_id = r.promotion_id and v.revision <= r.revision and a.id::text = any(v.hands)
              and v.revision > coalesce((select max(b.revision) from promotion_revision b where b.promotion_id = r.promotion_id and b.state in ('approved', 'replaced') and b.decided_by_id is not null and b.revision < r.revision), 0)))
    select f.id, f.name, f.asked from free f
$$;

-- To people by e-mail, once for each key and person; who does not want what they are asked for by e-mail is left in peace.
create function promotion_tells_people(p_people uuid[], p_key text, p_about jsonb) returns void language sql as $$
    insert into notification (channel_id, person, event, key, about, due_at)
    select ch.id, a.id, 'promotion', p_key || '/' || a.id, p_about, now() + make_interval(mins => ch.gather_minutes)
    from notification_channel ch join account a on a.id = any(p_people) and a.disabled_at is null left join notification_preference p on p.account_id = a.id
    where ch.enabled and ch.kind = 'email' and 'promotion' = any (ch.events) and coalesce(p.assigned, true) order by ch.id, a.id
    on conflict do nothing
$$;

create function promotion_asks() returns trigger language plpgsql as $$
declare
    v_name text := 'R-' || new.promotion_id || ' ' || (new.plan ->> 'name');
begin
    if new.state = 'review' then
        perform promotion_tells_people(
            array(select a.id from promotion_approvers(new.promotion_id, new.revision) a where a.asked or not exists (select from promotion_approvers(new.promotion_id, new.revision) o where o.asked)),
            'promotion-review/' || new.promotion_id || '/' || new.revision || '/' || (extract(epoch from new.sent_at) * 1000000)::bigint,
            jsonb_build_object('found', left(v_name || ': revision ' || new.revision || ' waits for your approval; sent by ' || new.sent_by, 500), 'promotion', new.promotion_id, 'page', 'approval'));
    else
        perform promotion_tells_people(
            array(select a.id from account a where a.id::text = any(new.hands)), 'promotion-decided/' || new.promotion_id || '/' || new.revision,
            jsonb_build_object('found', left(v_name || ': revision ' || new.revision || case when new.state = 'approved' then ' was approved by ' else ' needs changes, says ' end || new.decided_by || coalesce(': ' || new.comment, ''), 500),
                'promotion', new.promotion_id, 'page', 'approval'));
        -- Changes that are asked for are told by the log.
        if new.state = 'approved' then
            perform notify_places('promotion', 'promotion-decided/' || new.promotion_id || '/' || new.revision,
                jsonb_build_object('found', left(v_name || ': revision ' || new.revision || ' approved by ' || new.decided_by, 500), 'promotion', new.promotion_id, 'page', 'approval'));
        end if;
    end if;
    return null;
end $$;
create trigger promotion_asks after update of state, sent_at on promotion_revision for each row
    when (new.state = 'review' and new.sent_at is distinct from old.sent_at or new.state in ('approved', 'changes') and old.state = 'review') execute function promotion_asks();

create or replace function promotion_tells() returns trigger language plpgsql as $$
begin
    perform notify_places('promotion', 'promotion/' || new.id, jsonb_build_object(
        'found', 'R-' || new.promotion_id || ' ' || (select name from promotion where id = new.promotion_id) || ': ' || new.words, 'promotion', new.promotion_id,
        'page', case when new.tone = 'ask' or new.words like 'Changes asked for%' then 'approval' else 'release' end));
    return null;
end $$;
