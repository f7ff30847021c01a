namespace ControlTower.Data.Configuration;

/// <summary>Where people are told. Of Slack, Teams and webhooks the address is itself a secret, so nothing of it is in the file; a new place is switched off until somebody enters what is secret.</summary>
internal static class NotificationSections
{
    private const string Given = "jsonb_build_object('host', $1 ->> 'host', 'port', ($1 ->> 'port')::integer, 'tls', $1 ->> 'tls', 'user', $1 ->> 'user', 'from', $1 ->> 'from', 'to', $1 ->> 'to')";

    public static ConfigurationSection Channels() => new(
        "notificationChannels", "Notifications", "admin:notifications:manage", "channel:",
        [
            new("name", Most: 60, IsKey: true), new("kind", Most: 20), new("host", Most: 253), new("port", FieldShape.Whole, Most: 65_535), new("tls", Most: 10), new("user", Most: 200), new("from", Most: 254),
            new("to", Most: 5_200), new("events", FieldShape.Texts, Most: 40), new("zone", Most: 60), new("quietFrom", Most: 5, MayBeNull: true), new("quietTo", Most: 5, MayBeNull: true),
            new("breachBreaks", FieldShape.Flag), new("gatherMinutes", FieldShape.Whole, Most: 1440),
        ],
        """
        select jsonb_build_object('name', name, 'kind', kind, 'host', coalesce(s ->> 'host', ''), 'port', coalesce((s ->> 'port')::integer, 0), 'tls', coalesce(s ->> 'tls', ''), 'user', coalesce(s ->> 'user', ''),
            'from', coalesce(s ->> 'from', ''), 'to', coalesce(s ->> 'to', ''), 'events', to_jsonb(events), 'zone', zone, 'quietFrom', to_char(quiet_from, 'HH24:MI'), 'quietTo', to_char(quiet_to, 'HH24:MI'),
            'breachBreaks', breach_breaks, 'gatherMinutes', gather_minutes)
        from (select *, case when kind = 'email' then settings else '{}' end as s from notification_channel) n
        """,
        $"""
        insert into notification_channel as n (id, kind, name, settings, events, zone, quiet_from, quiet_to, breach_breaks, gather_minutes, enabled)
        select gen_random_uuid(), $1 ->> 'kind', $1 ->> 'name', {Given}, array(select jsonb_array_elements_text($1 -> 'events')), $1 ->> 'zone', ($1 ->> 'quietFrom')::time, ($1 ->> 'quietTo')::time,
            ($1 ->> 'breachBreaks')::boolean, ($1 ->> 'gatherMinutes')::integer, false
        on conflict (lower(name)) do update set settings = case when n.kind = 'email' then excluded.settings else n.settings end, events = excluded.events, zone = excluded.zone, quiet_from = excluded.quiet_from,
            quiet_to = excluded.quiet_to, breach_breaks = excluded.breach_breaks, gather_minutes = excluded.gather_minutes, version = n.version + 1,
            since = case when n.events @> excluded.events then n.since else now() end
        where n.kind = excluded.kind and n.name = excluded.name
        """)
    {
        Remove = "delete from notification_channel where name = $1 ->> 'name'",
        Untouched = "There is a place of another kind, or of nearly the same name.",
    };
}
