-- A feed sends a day only when that day is over everywhere that its list reads, by the clock of this database, and only once.
alter table feed add column begun_at timestamptz;
update feed set begun_at = planned_to;
alter table feed_run add column placed_at timestamptz;      -- it lies under its name since then: it is not put there again, whoever took it away
alter table feed_run add column forgotten_at timestamptz;   -- its file was let go; number, counts and hash stay, so that no name is ever given twice

-- The clock by which feeds are planned and taken: that of a node may run ahead.
create function feed_now() returns timestamptz language sql stable as $$ select now() $$;

-- Another time or zone must not skip the day that was due between the two: what is planned already is not planned twice.
create function feed_keeps_days() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        new.begun_at := coalesce(new.begun_at, new.planned_to);
    elsif (old.cron, old.time_zone) is distinct from (new.cron, new.time_zone) then
        new.planned_to := least(new.planned_to, greatest(
            coalesce((select max(r.ends_at) from feed_run r where r.feed_id = new.id and r.bundle is null), new.begun_at, new.planned_to), new.planned_to - interval '2 days'));
    end if;
    return new;
end $$;
create trigger feed_keeps_days before insert or update of cron, time_zone on feed for each row execute function feed_keeps_days();

-- Null: it has told something, but never to its end.
alter table ledger_coverage alter column told_at drop not null;
comment on column ledger_coverage.told_at is 'Up to here it has told all: when the last whole reading began, or the newest line of a file.';

-- Systems whose lines a list may read. One without a brand belongs to all.
create function feed_concerns(p_feed feed, p_connection connection) returns boolean language sql stable as $$
    select p_connection.disabled_at is null
        and (p_feed.brand = '' or p_connection.brand in ('', p_feed.brand) or exists (select from connection s where s.posts_to = p_connection.id and s.brand = p_feed.brand))
$$;

-- Up to here a system has told all that belongs to the day: both by the feed's midnight and by its own cut-off.
create function feed_has_heard(p_run feed_run, p_connection text, p_to timestamptz) returns boolean language sql stable as $$
    select coalesce(p_to >= p_run.ends_at and ledger_day(p_connection, p_to) > p_run.day, false)
$$;

-- What a run waits for, in words; null: nothing.
create or replace function feed_waits(p_run bigint) returns text language sql stable as $$
    select left(string_agg(distinct w.words, ', ' order by w.words), 500)
    from feed_run r join feed f on f.id = r.feed_id cross join lateral (
        -- Another feed of the day: its run, or its calendar that has not come to the end of the date on which the day is due.
        select o.name || case x.state when 'failed' then ', which failed' else '' end as words
        from feed_wait w join feed o on o.id = w.on_feed left join feed_run x on x.feed_id = o.id and x.day = r.day and x.state in ('waiting', 'running', 'written', 'failed')
        where w.feed_id = f.id and feed_has_day(o, r.day) and not exists (select from feed_run d where d.feed_id = o.id and d.day = r.day and d.state = 'delivered')
            and (x.id is not null or o.planned_to < (r.day + 2)::timestamp at time zone o.time_zone)
        union all
        -- Lines are of the business day of their source, which ends later in the west and by a cut-off.
        select c.name || ' is still at this day'
        from connection c
        where case f.what when 'sales' then c.role in ('shop', 'erp') when 'payouts' then c.role in ('shop', 'processor') when 'matched' then true else false end
            and feed_concerns(f, c) and ledger_day(c.id, feed_now()) <= r.day
        union all
        select c.name || t.words
        from connection c cross join lateral (
            select ' has not told the whole day' as words
            where exists (select from ledger_coverage v where v.connection_id = c.id and not feed_has_heard(r, c.id, v.told_at))
                -- What is read no more has not been due for long.
                or exists (select from feed_cursor k where k.connection_id = c.id and k.feed like 'ledger-%' and k.due_at > feed_now() - interval '1 day' and not feed_has_heard(r, c.id, k.heard_at))
            union all
            select ' has never told anything' where c.role in ('erp', 'processor', 'bank') and not exists (select from ledger_coverage v where v.connection_id = c.id)
            union all
            select ' has told what is not read yet' where c.role = 'shop' and (
                exists (select from inbox_work i join inbox_message m on m.id = i.message_id where i.connection_id = c.id and m.received_at < greatest(r.ends_at, r.due_at))
                or exists (select from pos_file p where p.connection_id = c.id and p.state in ('arriving', 'waiting', 'reading') and p.arrived_at < greatest(r.ends_at, r.due_at)))) t
        where f.waits_complete and feed_concerns(f, c)
            and not exists (select from recon_period p where p.books = case when c.role = 'erp' then c.id else c.posts_to end and p.state = 'closed' and p.month = date_trunc('month', r.day)::date)) w
    where r.id = p_run
$$;
