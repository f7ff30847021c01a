namespace ControlTower.Verify.Invariants;

/// <summary>The ground: PostgreSQL's settings and sessions, leases of nodes, Hangfire's tables, the guards themselves.</summary>
internal static class ServerInvariants
{
    /// <summary>Somebody is there to do the work; a tower that is switched off is not late.</summary>
    public const string WorkerLives = "exists (select from node where beat_at > now() - interval '15 seconds' and started_at < now() - interval '15 seconds' and roles <> 'web')";

    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("server-is-durable", "What is committed survives the loss of power: fsync, full_page_writes and synchronous_commit are on, for everybody.", """
            select name, setting, 'server' as of from pg_settings where (name in ('fsync', 'full_page_writes') and setting <> 'on') or (name = 'synchronous_commit' and setting = 'off')
            union all
            select split_part(c, '=', 1), split_part(c, '=', 2), coalesce(d.datname, 'every database') || ' / ' || coalesce(r.rolname, 'every role')
            from pg_db_role_setting s cross join unnest(s.setconfig) c left join pg_database d on d.oid = s.setdatabase left join pg_roles r on r.oid = s.setrole
            where c in ('synchronous_commit=off', 'synchronous_commit=local') and (s.setdatabase = 0 or d.datname = current_database())
            """),
        new("guards-stand", "The constraints and triggers that refuse what must never happen are in place and valid.", """
            select g.what, g.name from (values
                ('constraint', 'stock_never_oversold'), ('constraint', 'posting_pkey'), ('constraint', 'delivery_posting_key_key'), ('constraint', 'flow_kind_source_source_id_key'),
                ('constraint', 'event_log_pkey'), ('constraint', 'inbox_message_connection_id_topic_event_id_key'), ('constraint', 'inbox_outcome_pkey'), ('constraint', 'pos_transaction_pkey'), ('constraint', 'api_write_pkey'), ('index', 'exception_case_open'),
                ('index', 'pos_file_once'), ('trigger', 'posting_revision_no_change'), ('trigger', 'case_comment_stays'), ('trigger', 'audit_no_change'), ('trigger', 'audit_no_truncate'), ('trigger', 'audit_head_stays'), ('trigger', 'audit_head_no_truncate'), ('trigger', 'stock_ledger_stays')) as g (what, name)
            where not case g.what
                when 'constraint' then exists (select from pg_constraint c where c.conname = g.name and c.convalidated)
                when 'index' then exists (select from pg_index i join pg_class c on c.oid = i.indexrelid where c.relname = g.name and i.indisunique and i.indisvalid)
                else exists (select from pg_trigger t where t.tgname = g.name and t.tgenabled in ('O', 'A')) end
            """),
        new("sessions-do-not-linger", "No session sits in an open transaction for more than ten seconds, none waits that long for a lock.", """
            select pid, application_name, state, state_change as since from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%' and state_change < clock_timestamp() - current_setting('verify.linger')::interval
            union all
            select a.pid, a.application_name, 'waits for a lock', l.waitstart from pg_locks l join pg_stat_activity a on a.pid = l.pid
            where not l.granted and a.datname = current_database() and l.waitstart < clock_timestamp() - current_setting('verify.linger')::interval
            """),
        new("gates-have-living-owners", "The right to talk to a connection is held by a living node, or by none.", """
            select g.connection_id, g.owner, g.lease_until, g.fence from connection_gate g
            where (g.owner is null) <> (g.lease_until is null) or (g.owner is not null and g.fence < 1)
               or (g.lease_until > now() + interval '5 minutes')
            """),
        new("gates-are-claimed", "The right to talk to a connection in use does not lie about unclaimed while a worker lives.", $"""
            select g.connection_id, g.owner, g.lease_until from connection_gate g join connection c on c.id = g.connection_id
            where {WorkerLives} and coalesce(c.disabled_at, c.paused_at) is null and g.owner is not null and g.lease_until < now() - current_setting('verify.grace')::interval
            """),
        new("feeds-are-read", "No feed of a connection in use is overdue by five minutes and a grace while a worker lives and its door is open.", $"""
            select f.connection_id, f.feed, f.due_at, f.read_at from feed_cursor f join connection c on c.id = f.connection_id left join connection_gate g on g.connection_id = f.connection_id
            where {WorkerLives} and coalesce(c.disabled_at, c.paused_at) is null and coalesce(g.breaker, 'closed') = 'closed' and coalesce(g.not_before, '-infinity') < now()
              and f.due_at < now() - interval '5 minutes' - current_setting('verify.grace')::interval
            """),
        new("followers-stay-behind", "No follower of the log stands beyond what is committed for good, and its lease is whole.", """
            select follower, txid, seq from event_cursor
            where txid >= pg_snapshot_xmin(pg_current_snapshot())
               or (lease_owner is null) <> (lease_until is null) or (lease_owner is not null and fence < 1)
            """, Needs: "event_cursor"),
        new("timestamps-know-their-zone", "Every moment is stored as UTC, every time of the day beside the zone in which it is meant.", """
            select table_name, column_name, data_type from information_schema.columns c
            where table_schema = current_schema() and table_name <> 'schema_version' and (data_type = 'timestamp without time zone'
              or (data_type = 'time without time zone' and not exists (select from information_schema.columns z
                  where z.table_schema = c.table_schema and z.table_name = c.table_name and z.column_name = 'zone' and z.is_nullable = 'NO')))
            """),
        new("hangfire-arguments-are-ids", "No job carries more than an id.", """
            select id, length(arguments::text) as length, left(arguments::text, 60) as arguments from hangfire.job where length(arguments::text) > 200
            """, Needs: "hangfire.job"),
        new("hangfire-jobs-have-servers", "No job is being processed by a server that fell silent more than 30 seconds ago.", $"""
            select j.id, s.data ->> 'ServerId' as server, s.createdat from hangfire.job j join hangfire.state s on s.id = j.stateid
            where j.statename = 'Processing' and s.createdat::timestamptz < now() - interval '60 seconds' and {WorkerLives}
              and not exists (select from hangfire.server v where v.id = s.data ->> 'ServerId' and v.lastheartbeat::timestamptz > now() - interval '30 seconds')
            """, Needs: "hangfire.state"),
        new("hangfire-locks-are-fresh", "No lock row of Hangfire is older than a minute.", """
            select resource, acquired from hangfire.lock where acquired::timestamptz < now() - interval '60 seconds'
            """, Needs: "hangfire.lock"),
    ];
}
