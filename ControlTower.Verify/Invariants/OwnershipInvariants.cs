namespace ControlTower.Verify.Invariants;

/// <summary>What the rules refuse has no effect, and what waits for a person can be found by one.</summary>
internal static class OwnershipInvariants
{
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("blocked-writes-have-no-effect", "A message of which every word was refused by the rules of ownership moved no flow.", """
            select w.message_id, o.outcome from (
                select message_id from ownership_write where message_id is not null group by message_id having bool_and(verdict = 'blocked')) w
            join inbox_outcome o on o.message_id = w.message_id where o.outcome = 'processed'
            """, Needs: "ownership_write"),
        new("quarantined-messages-have-a-case", "A message that waits for a person by the rules of ownership has ended with a case, or is on its way again.", """
            select distinct w.message_id from ownership_write w
            where w.verdict = 'quarantined' and w.settled_at is null and w.message_id is not null and w.at < now() - interval '1 minute'
              and not exists (select from exception_case c where c.message_id = w.message_id) and not exists (select from inbox_work i where i.message_id = w.message_id)
            """, Needs: "ownership_write"),
    ];
}
