namespace ControlTower.Verify.Invariants;

/// <summary>Who may do what, what is kept of their secrets, and what they did.</summary>
internal static class PeopleInvariants
{
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("no-session-of-a-disabled-user", "Nobody who was disabled is still signed in.", """
            select s.account_id, s.last_seen_at, a.disabled_at from account_session s join account a on a.id = s.account_id
            where s.ended_at is null and a.disabled_at < now() - interval '10 seconds' and s.last_seen_at > a.disabled_at + interval '10 seconds'
            """, Needs: "account_session"),
        new("roles-are-known", "Nobody has a role outside the four.", """
            select id, role from account where role not in ('Operations', 'Merchandiser', 'Executive', 'Admin')
            """, Needs: "account"),
        // 09 F0 C9 F0 is how everything begins that the key ring sealed. Whether it opens only the holder of the keys can say.
        new("secrets-are-sealed", "No secret of a connection is empty or readable: each begins as the key ring seals.", """
            select id, octet_length(secrets) as bytes from connection where secrets is not null and (octet_length(secrets) < 40 or substring(secrets from 1 for 4) <> '\x09f0c9f0')
            """),
        new("passwords-are-hashes", "No password is kept but as a salted hash.", """
            select id, length(password_hash) as length from account where password_hash !~ '^AQAAAA[A-Za-z0-9+/]{70,}=*$'
            """, Needs: "account"),
        new("closed-by-a-person-is-audited", "Whoever closed a case is in the audit trail with it, and what the trail says was closed is.", """
            with acts as (
                select a.seq, a.action, i.id::bigint from audit a
                cross join lateral unnest(case when a.subject ~ '^case:[0-9]{1,18}$' then array[split_part(a.subject, ':', 2)] else string_to_array(a.detail::jsonb ->> 'cases', ' ') end) as i (id)
                where a.action in ('exceptions:case:resolve', 'exceptions:case:discard', 'exceptions:case:undo') and a.outcome = 'done'),
            told as (select id from (select distinct on (id) id, action from acts order by id, seq desc) l where action <> 'exceptions:case:undo')
            select coalesce(e.id, t.id) as id, e.state, e.closed_by, t.id is not null as audited
            from exception_case e full join told t on t.id = e.id
            where (t.id is null and e.resolution is not null and e.state in ('resolved', 'discarded') and e.closed_by <> 'tower') or (t.id is not null and coalesce(e.state, '') not in ('resolved', 'discarded'))
            """),
        new("pauses-are-audited", "A connection is paused or taken out of use by somebody who is in the audit trail with it.", """
            select c.id, c.paused_by, c.disabled_by from connection c where (c.paused_at is not null or c.disabled_at is not null)
              and not exists (select from audit a where a.subject = 'connection:' || c.id and a.action in ('connections:connection:operate', 'connections:connection:configure') and a.outcome = 'done')
            """),
        new("retries-are-audited", "Each case that is being retried was sent on its way by somebody who is in the audit trail with it.", """
            select e.id, e.retried_at from exception_case e where e.state = 'retrying'
              and e.id::text not in (
                select i.id from audit a
                cross join lateral unnest(case when a.subject ~ '^case:[0-9]{1,18}$' then array[split_part(a.subject, ':', 2)] else string_to_array(a.detail::jsonb ->> 'cases', ' ') end) as i (id)
                where a.action in ('exceptions:case:retry', 'exceptions:case:edit', 'exceptions:mapping:put') and a.outcome = 'done' and i.id is not null)
            """),
        new("edits-are-audited", "Each change of a document before it was sent again was made by somebody who is in the audit trail with its case.", """
            select r.flow_id, r.document_version, r.revision, r.case_id, r.who from posting_revision r
            where r.case_id::text not in (
                select i.id from audit a
                cross join lateral unnest(case when a.subject ~ '^case:[0-9]{1,18}$' then array[split_part(a.subject, ':', 2)] else string_to_array(a.detail::jsonb ->> 'cases', ' ') end) as i (id)
                where a.action = 'exceptions:case:edit' and a.outcome = 'done' and i.id is not null)
            """, Needs: "posting_revision"),
    ];
}
