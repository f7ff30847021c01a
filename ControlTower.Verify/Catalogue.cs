namespace ControlTower.Verify;

/// <summary>A thing that must hold on any tower's data.</summary>
/// <param name="Names">The invariants that check it; none if it cannot be checked yet.</param>
/// <param name="Missing">What of it is not checked, and why; null if all of it is.</param>
internal sealed record Rule(int Number, string Words, string[] Names, string? Missing = null);

/// <summary>All that must hold, with what checks it and what does not yet.</summary>
internal static class Catalogue
{
    /// <summary>Read whole by the command; the schedule reads only what was written lately, because these rows never change and are many.</summary>
    public static IReadOnlyList<string> Windowed { get; } = ["inbox-bytes-unchanged", "every-call-has-an-outcome", "flow-steps-say-what", "order-adds-up"];

    public static IReadOnlyList<Rule> Rules { get; } =
    [
        new(1, "Every acknowledged message is stored with the same bytes.", [], "needs the sender's own record of what was acknowledged: ./tower chaos keeps one and compares"),
        new(2, "No two messages share connection, topic and event id.", ["inbox-event-once", "inbox-reused-id-not-processed"]),
        new(3, "No message is stuck.", ["inbox-nothing-stuck", "inbox-parked-has-reason"]),
        new(4, "One posting per order, document and revision.", ["posting-once-per-document", "posting-key-derived"]),
        new(5, "Each posting stands once in the ERP's own ledger, with the same amount, currency and goods.", ["erp-has-every-posting", "erp-has-no-posting-twice", "erp-has-the-same-amounts"], "with --ledger, against the estate only"),
        new(6, "Each entry of the ERP's ledger is ours.", ["erp-entries-are-ours"], "with --ledger, against the estate only"),
        new(7, "Each call has one outcome.", ["every-call-has-an-outcome", "posting-has-one-end", "channel-told-once-at-a-time", "prices-told-once-at-a-time"]),
        new(8, "Nothing is posted without the ERP's reference, nothing stays unknown unseen.", ["posted-has-reference", "unknown-is-resolved-in-time"]),
        new(9, "Never more promised than there is, now and at each entry of the ledger.", ["stock-never-oversold", "stock-never-was-oversold", "channel-shows-no-more-than-free"]),
        new(10, "Counters are the sum of the ledger.", ["stock-is-sum-of-ledger", "stock-reserved-is-held"]),
        new(11, "A reservation ends at most once.", ["reservation-ends-once", "hold-has-its-goods"]),
        new(12, "No reservation outlives its expiry.", ["hold-ends-in-time"]),
        new(13, "Cancelled orders hold nothing, open ones all or nothing.", ["reservation-not-of-cancelled", "reservation-all-or-nothing"]),
        new(14, "Refunds are within captures.", ["flow-refunds-within-capture", "refunds-within-capture", "returns-within-sold"]),
        new(15, "One credit memo and one refund per return line; goods that came back are booked once.", ["return-paid-once", "returned-goods-booked-once"]),
        new(16, "Header = lines + tax - discount, to the cent.", ["order-adds-up", "posted-value-is-documents"], "debit = credit: an entry is one amount from one account to another, so that there are no two sums to compare"),
        new(17, "No amount has more decimals than its currency.", ["money-has-the-currencys-decimals"]),
        new(18, "The stored version is the highest applied.", ["flow-version-is-highest"], "that each step applied a higher one than the step before: steps do not carry the version"),
        new(19, "No event is applied twice.", ["inbox-event-once", "inbox-adds-up"]),
        new(20, "States change as they may, and say how.", ["flow-transitions-allowed", "flow-stage-as-logged", "flow-steps-say-what", "cancelled-not-left-in-erp", "done-left-nothing-open"], "who: steps are taken by the tower; people's acts are in the audit trail"),
        new(21, "Steps have no gap and no repetition.", ["flow-steps-without-gap"]),
        new(22, "Leases are whole and claimed.", ["inbox-leases-sound", "gates-have-living-owners", "gates-are-claimed", "followers-stay-behind"]),
        new(23, "Fences rise.", ["outbox-fences-rise"], "per step: steps do not carry the fence they were written under"),
        new(24, "Attempts stay within the policy.", ["inbox-attempts-within-policy", "outbox-attempts-within-policy"]),
        new(25, "Nothing that is due lies while its target is well.", ["outbox-moves", "flow-deadlines-kept", "flow-waits-for-something", "feeds-are-read"]),
        new(26, "Nothing waits undelivered; nothing is told before it is visible.", ["outbox-moves", "followers-stay-behind"]),
        new(27, "Each channel's price is the desired one.", ["promotion-price-as-desired"]),
        new(28, "A rolled-back promotion left the former price.", ["promotion-price-gone-back"]),
        new(29, "No promotion is live without somebody else's approval.", ["promotion-agreed-by-another"]),
        new(30, "At most one live promotion per item, channel and moment.", ["promotion-price-in-one-hand"]),
        new(31, "A channel's revision never falls.", ["promotion-revision-in-force"]),
        new(32, "Each failed thing has one open case, each open case its thing.", ["case-points-to-something", "failed-has-one-case", "case-once-per-subject", "excepted-message-has-case", "attention-has-case", "posting-case-has-open-delivery", "desk-counts-are-exact", "desk-trend-is-exact", "batch-adds-up"]),
        new(33, "Stored bytes are as received.", ["inbox-bytes-unchanged", "posting-document-kept"]),
        new(34, "What people did is in the audit trail, and the other way round.", ["closed-by-a-person-is-audited", "pauses-are-audited", "retries-are-audited", "edits-are-audited"], "a role change leaves no time behind to compare"),
        new(35, "The audit trail is one chain and passes its anchors.", ["audit-chain-whole"]),
        new(36, "Audit rows cannot be changed.", ["guards-stand"], "the stock ledger: the tower's role owns its tables, there are no grants to separate roles yet"),
        new(37, "Reconciliation's totals can be recomputed.", ["reconciliation-entries-are-lines", "reconciliation-items-add-up", "reconciliation-adjusted-as-decided", "reconciliation-tolerated-is-adjusted", "feeds-sent-what-was-counted"]),
        new(38, "Import rows are applied once.", ["imported-receipts-are-taken-once", "guards-stand"]),
        new(39, "One answer per idempotency key.", ["guards-stand"], "what was answered is kept for a day: the key itself is the guard"),
        new(40, "References lead somewhere.", ["references-lead-somewhere", "order-finds-its-ids"], "brands: they are words of a connection and have no table"),
        new(41, "Planted strings occur only where they may.", [], "needs strings that were planted: the tests plant and search them"),
        new(42, "Secrets are sealed, none is empty.", ["secrets-are-sealed", "passwords-are-hashes"], "that they open: only who holds the keys can tell, and the checker holds none"),
        new(43, "No session of a disabled person, no role outside the four.", ["no-session-of-a-disabled-user", "roles-are-known"]),
        new(44, "Times are UTC and possible.", ["times-are-possible", "timestamps-know-their-zone"]),
        new(45, "Keys are clean.", ["keys-are-clean"]),
        new(46, "The job storage carries ids, no job without a server, no old lock.", ["hangfire-arguments-are-ids", "hangfire-jobs-have-servers", "hangfire-locks-are-fresh"]),
        new(47, "No session lingers in a transaction or waits for a lock.", ["sessions-do-not-linger"]),
        new(48, "Commits are durable, indexes whole.", ["server-is-durable", "guards-stand", IndexCheck.Name], "indexes: by the command, where the extension amcheck is"),
        new(49, "Received = processed + parked + excepted + stale + duplicate.", ["inbox-adds-up"]),
        new(50, "Figures on screen are those of the same SQL.", ["kpi-hours-add-up", "kpi-facts-as-logged"], "screens: they need a browser, their tests compare"),
        new(51, "An incident ends with the last transaction that it harmed.", ["incident-ends-with-its-last-transaction", "incident-times-are-in-order", "incident-once-per-subject"]),
        new(52, "What the rules of ownership refuse has no effect, and what they keep for a person can be found by one.", ["blocked-writes-have-no-effect", "quarantined-messages-have-a-case"]),
    ];

    public static IReadOnlyList<(string Name, string Promise)> Checked { get; } =
        [.. Checker.All.Select(i => (i.Name, i.Promise)), (IndexCheck.Name, IndexCheck.Promise), (AuditChain.Name, AuditChain.Promise), .. ErpLedger.Promises];
}
