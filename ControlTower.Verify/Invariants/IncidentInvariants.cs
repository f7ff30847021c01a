namespace ControlTower.Verify.Invariants;

/// <summary>An incident begins with the first harmed transaction, is one for its subject while it is open, and ends with the last transaction that it harmed.</summary>
internal static class IncidentInvariants
{
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("incident-ends-with-its-last-transaction", "An incident that is drained or closed left no transaction that is neither completed nor written off, and ended no earlier than the last of them.", """
            select i.id, i.status, t.flow_id, t.harmed_at, t.settled_at, i.drained_at from incident i join incident_transaction t on t.incident_id = i.id
            where i.status in ('drained', 'closed') and (t.settled_at is null or t.settled_at > i.drained_at)
            """, Needs: "incident"),
        new("incident-times-are-in-order", "An incident begins no later than its first harmed transaction and its detection; it is detected, then drained, then closed.", """
            select i.id, i.status, i.began_at, i.detected_at, i.restored_at, i.drained_at, i.closed_at from incident i
            where i.began_at > i.detected_at or i.restored_at < i.began_at or i.drained_at < i.detected_at or i.drained_at < i.restored_at or (i.status <> 'dismissed' and i.closed_at < i.drained_at)
               or (i.status in ('drained', 'closed') and (i.drained_at is null or i.restored_at is null))
               or i.detected_at > (select min(l.at) from incident_log l where l.incident_id = i.id)
               or i.began_at > (select min(t.harmed_at) from incident_transaction t where t.incident_id = i.id)
            """, Needs: "incident"),
        new("incident-once-per-subject", "At most one incident of a kind and subject is open, and each has a line in its timeline that says why.", """
            select kind, subject, count(*) as open, null::bigint as id from incident where status = 'open' group by kind, subject having count(*) > 1
            union all
            select kind, subject, 1, id from incident i where not exists (select from incident_log l where l.incident_id = i.id and l.kind = 'opened')
            """, Needs: "incident"),
    ];
}
