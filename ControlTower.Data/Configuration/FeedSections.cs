namespace ControlTower.Data.Configuration;

/// <summary>What is sent by the calendar. Passwords and keys are not in the file: a feed to a server is held until somebody enters what is secret.</summary>
internal static class FeedSections
{
    public static ConfigurationSection Feeds() => new(
        "feeds", "Feeds", "finance:feed:manage", "feed:",
        [
            new("name", Most: 60, IsKey: true), new("list", Most: 20), new("format", Most: 4), new("brand", Most: 60), new("target", Most: 6), new("path", Most: 200), new("host", Most: 253, MayBeNull: true),
            new("port", FieldShape.Whole, Most: 65_535), new("user", Most: 100, MayBeNull: true), new("hostKey", Most: 43, MayBeNull: true), new("timeZone", Most: 60), new("cron", Most: 100),
            new("weekdays", FieldShape.Whole, Most: 127), new("holidays", FieldShape.Texts, Most: 400), new("since", Most: 10), new("catchesUp", FieldShape.Flag), new("waitsComplete", FieldShape.Flag),
            new("lateMinutes", FieldShape.Whole, Most: 10_080),
        ],
        """
        select jsonb_build_object('name', name, 'list', what, 'format', format, 'brand', brand, 'target', target, 'path', path, 'host', host, 'port', port, 'user', username, 'hostKey', host_key, 'timeZone', time_zone,
            'cron', cron, 'weekdays', weekdays, 'holidays', to_jsonb(holidays), 'since', to_char(since, 'YYYY-MM-DD'), 'catchesUp', catches_up, 'waitsComplete', waits_complete, 'lateMinutes', late_minutes)
        from feed
        """,
        """
        insert into feed as f (name, what, format, brand, target, path, host, port, username, host_key, time_zone, cron, weekdays, holidays, since, catches_up, waits_complete, late_minutes, planned_to, changed_by,
            paused_at, paused_by, paused_reason)
        select n.name, n.list, n.format, n.brand, n.target, n.path, n.host, n.port, n."user", n."hostKey", n."timeZone", n.cron, n.weekdays, array(select x::date from unnest(n.holidays) x order by 1), n.since,
            n."catchesUp", n."waitsComplete", n."lateMinutes", now(), $2, h.at, case when h.at is not null then $2 end, case when h.at is not null then 'Came with a configuration file. Enter its password or key, then let it go on.' end
        from jsonb_to_record($1) n (name text, list text, format text, brand text, target text, path text, host text, port integer, "user" text, "hostKey" text, "timeZone" text, cron text, weekdays smallint, holidays text[],
            since date, "catchesUp" boolean, "waitsComplete" boolean, "lateMinutes" integer) cross join lateral (select case n.target when 'sftp' then now() end as at) h
        on conflict (lower(regexp_replace(name, '[^A-Za-z0-9]+', '-', 'g'))) do update set what = excluded.what, format = excluded.format, brand = excluded.brand, target = excluded.target, path = excluded.path,
            host = excluded.host, port = excluded.port, username = excluded.username, host_key = excluded.host_key, time_zone = excluded.time_zone, cron = excluded.cron, weekdays = excluded.weekdays,
            holidays = excluded.holidays, since = excluded.since, catches_up = excluded.catches_up, waits_complete = excluded.waits_complete, late_minutes = excluded.late_minutes,
            secrets = case excluded.target when 'sftp' then f.secrets end, changed_by = excluded.changed_by, changed_at = now(), version = f.version + 1
        where f.name = excluded.name
        """)
    { Stays = "What a feed sent names it. Pause it on the page of feeds instead.", Untouched = "A feed of nearly the same name is here, and files are named after it." };

    public static ConfigurationSection Order() => new(
        "feedOrder", "Feeds that wait for others", "finance:feed:manage", "feed:",
        [new("feed", Most: 60, IsKey: true), new("after", Most: 60, IsKey: true)],
        "select jsonb_build_object('feed', f.name, 'after', o.name) from feed_wait w join feed f on f.id = w.feed_id join feed o on o.id = w.on_feed",
        """
        with recursive ahead as (
            select id from feed where name = $1 ->> 'after'
            union
            select w.on_feed from ahead a join feed_wait w on w.feed_id = a.id)
        insert into feed_wait (feed_id, on_feed) select f.id, o.id from feed f, feed o where f.name = $1 ->> 'feed' and o.name = $1 ->> 'after' and f.id not in (select id from ahead)
        """)
    {
        Remove = "delete from feed_wait w using feed f, feed o where f.id = w.feed_id and o.id = w.on_feed and f.name = $1 ->> 'feed' and o.name = $1 ->> 'after'",
        Then = ["update feed set version = version + 1, changed_by = $2, changed_at = now() where name = $1 ->> 'feed'"],
        Untouched = "One of the two is not here; or they would wait for each other, and none would ever go.",
    };
}
