namespace ControlTower.Verify.Invariants;

/// <summary>What was acknowledged is there, is what was sent, and has one end.</summary>
internal static class InboxInvariants
{
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("inbox-event-once", "No two messages share connection, topic and event id.", """
            select connection_id, topic, event_id, count(*) as copies from inbox_message group by 1, 2, 3 having count(*) > 1
            """),
        new("inbox-bytes-unchanged", "Every stored message is byte for byte what came in.", """
            select id, connection_id, topic from inbox_message where received_at >= current_setting('verify.since')::timestamptz and sha256(body) <> body_hash
            """),
        new("inbox-adds-up", "Received = processed + duplicate + stale + ignored + excepted + open: every message has exactly one end or is in work.", """
            select m.id, m.connection_id, m.topic, (w.message_id is not null) as in_work, o.outcome
            from inbox_message m left join inbox_work w on w.message_id = m.id left join inbox_outcome o on o.message_id = m.id
            where (w.message_id is null) = (o.message_id is null)
            """),
        new("inbox-reused-id-not-processed", "Other bytes under a known event id are kept and never processed.", """
            select m.id, m.connection_id, m.event_id, o.outcome
            from inbox_message m join inbox_message first on first.connection_id = m.connection_id and first.topic = m.topic
                and first.event_id = left(m.event_id, length(m.event_id) - 17) and m.event_id ~ '~[0-9a-f]{16}$'
            left join inbox_outcome o on o.message_id = m.id where o.outcome is distinct from 'excepted'
            """),
        new("inbox-nothing-stuck", "No message waits past its grace unless it is parked with a reason and an end, or has a case; checked while a worker lives.", $"""
            select w.message_id, w.connection_id, w.state, w.attempts, w.reason, m.received_at
            from inbox_work w join inbox_message m on m.id = w.message_id join connection c on c.id = w.connection_id
            where {ServerInvariants.WorkerLives} and coalesce(c.disabled_at, c.paused_at) is null
              and greatest(m.received_at, w.due_at) < now() - current_setting('verify.grace')::interval
              and (w.lease_until is null or w.lease_until < now())
              and not (w.state = 1 and coalesce(w.reason, '') <> '' and w.park_until > now())
              and not exists (select from exception_case e where e.message_id = w.message_id and e.state in ('open', 'retrying'))
            """),
        new("inbox-parked-has-reason", "What is parked says why and until when.", """
            select message_id, connection_id, reason, park_until from inbox_work where state = 1 and (coalesce(reason, '') = '' or park_until is null)
            """),
        new("inbox-leases-sound", "A lease has an owner and an end; none ended a grace ago unclaimed while a worker lives.", $"""
            select message_id, lease_owner, lease_until, fence from inbox_work
            where (lease_owner is null) <> (lease_until is null) or (lease_owner is not null and fence < 1)
               or ({ServerInvariants.WorkerLives} and lease_until < now() - current_setting('verify.grace')::interval)
            """),
        new("inbox-attempts-within-policy", "No message was tried more than three times, and none more often than it was claimed; reads of the vendor are not tries.", """
            select message_id, attempts, fence from inbox_work where state <> 2 and (attempts > 4 or attempts > fence)
            """),
        new("imported-receipts-are-taken-once", "What files of tills brought is in the inbox receipt by receipt, each once, whatever was sent twice or read again.", """
            select connection_id, f.taken, m.messages
            from (select connection_id, sum(taken) as taken from pos_file group by 1) f
            full join (select connection_id, count(*) as messages from inbox_message where connection_id in (select connection_id from pos_file) and topic = 'transaction' group by 1) m using (connection_id)
            where coalesce(f.taken, 0) <> coalesce(m.messages, 0)
            """, Needs: "pos_file"),
    ];
}
