namespace ControlTower.Verify.Invariants;

/// <summary>One document is asked for once, and what became of it is known or being found out.</summary>
internal static class PostingInvariants
{
    /// <summary>The derivation of posting keys, said once more: SHA-256 over brand, source, order, document type and revision, sixteen characters of base 32.</summary>
    private const string DerivedKeys = """
        select p.key, p.kind, p.flow_id, (
            select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (get_byte(h.hash, i) & 31) + 1, 1), '' order by i) from generate_series(0, 15) i) as derived
        from posting p join flow f on f.id = p.flow_id
        join (values ('PostSalesOrder', 'sales-order'), ('UpdateSalesOrder', 'sales-order-update'), ('CancelSalesOrder', 'sales-order-cancel'), ('ShipSalesOrder', 'shipment'),
            ('AcknowledgeOrder', 'acknowledgement')) as k (kind, document) on k.kind = p.kind
        cross join lateral (select sha256(convert_to(
            concat_ws(E'\n', f.brand, f.source, f.source_id, k.document, case when p.kind = 'UpdateSalesOrder' then p.document_version else 1 end), 'UTF8')) as hash) h
        """;

    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("posting-once-per-document", "An order has one sales order, one cancellation, one acknowledgement, one shipment order, and one update per version.", """
            select flow_id, kind, case when kind = 'UpdateSalesOrder' then document_version end as version, count(*) as postings, string_agg(key, ' ') as keys from posting
            where kind in ('PostSalesOrder', 'CancelSalesOrder', 'AcknowledgeOrder', 'ShipSalesOrder', 'UpdateSalesOrder') group by 1, 2, 3 having count(*) > 1
            """),
        new("posting-key-derived", "A posting's key follows from brand, source, order, document and revision, so that it survives the loss of this database.", $"""
            select key, kind, flow_id, derived from ({DerivedKeys}) k where right(key, 16) <> derived
            """),
        new("posting-has-one-end", "What is confirmed or taken back has no open delivery; what is not has exactly one.", """
            select p.key, p.kind, p.state, count(d.id) as deliveries from posting p left join delivery d on d.posting_key = p.key
            group by p.key, p.kind, p.state having (p.state in ('confirmed', 'withdrawn')) = (count(d.id) > 0) or count(d.id) > 1
            """),
        new("posted-has-reference", "No order counts as posted without the ERP's own reference.", """
            select f.id, f.name, f.stage from flow f
            where f.kind = 'order-to-cash' and f.stage in ('posted', 'acknowledged', 'shipped', 'invoiced', 'paid')
              and not exists (select from posting p where p.flow_id = f.id and p.kind = 'PostSalesOrder' and p.state = 'confirmed' and coalesce(p.reference, '') <> '')
            """),
        new("done-left-nothing-open", "Nothing is asked of anybody for an order that is done or cancelled.", """
            select f.id, f.name, f.status, d.posting_key, d.kind from flow f join delivery d on d.flow_id = f.id 
            where f.status = 'done' or (f.status = 'cancelled' and d.kind not in ('AcknowledgeOrder', 'FulfilOrder', 'PostPayment'))
            """),
        new("cancelled-not-left-in-erp", "A cancelled order that was posted was cancelled in the ERP too.", """
            select f.id, f.name from flow f join posting p on p.flow_id = f.id and p.kind = 'PostSalesOrder' and p.state <> 'withdrawn'
            where f.status = 'cancelled' and not exists (select from posting c where c.flow_id = f.id and c.kind = 'CancelSalesOrder' and c.state = 'confirmed')
            """),
        new("unknown-is-resolved-in-time", "An unknown outcome is found out, or a person is asked, within the target's longest processing time and a grace.", """
            select d.posting_key, d.connection_id, d.kind, d.last_sent_at, d.lookups from delivery d join connection c on c.id = d.connection_id
            left join connection_gate g on g.connection_id = c.id
            where d.state in (1, 2) and coalesce(c.disabled_at, c.paused_at) is null and coalesce(g.breaker, 'closed') = 'closed'
              and d.last_sent_at < now() - make_interval(secs => coalesce((c.settings ->> 'maxProcessingSeconds')::double precision, 600) + 300) - current_setting('verify.grace')::interval
              and not exists (select from exception_case e where e.subject = 'posting/' || d.posting_key and e.state in ('open', 'retrying'))
            """),
        new("outbox-moves", "No delivery that is due lies still while its target is well: something was sent to it within the grace.", $"""
            select d.posting_key, d.connection_id, d.kind, d.state, d.due_at from delivery d join connection c on c.id = d.connection_id
            left join connection_gate g on g.connection_id = d.connection_id
            where {ServerInvariants.WorkerLives} and d.state in (0, 2) and coalesce(c.disabled_at, c.paused_at) is null and coalesce(g.breaker, 'closed') = 'closed' and coalesce(g.not_before, '-infinity') < now()
              and greatest(d.due_at, d.created_at) < now() - current_setting('verify.grace')::interval
              and not exists (select from vendor_call v where v.connection_id = d.connection_id and v.started_at > now() - current_setting('verify.grace')::interval)
            """),
        new("outbox-attempts-within-policy", "No delivery was sent more often than the policy allows.", """
            select posting_key, connection_id, attempts from delivery where attempts > 10 + 1 and state <> 3
            """),
        new("outbox-fences-rise", "Every attempt and look-up was made under a claim.", """
            select posting_key, fence, attempts, lookups from delivery where fence < lookups or (attempts > 0 and fence = 0)
            """),
        new("posting-document-kept", "The document of an order that was posted is kept.", """
            select p.key, p.flow_id, p.document_version from posting p where p.kind not in ('PostCreditMemo', 'RefundPayment', 'CloseReturn') and not exists (select from order_document d where d.flow_id = p.flow_id and d.version = p.document_version)
            """),
        new("posted-value-is-documents", "A sales order was posted for the total that its document states.", """
            select p.key, p.value, p.currency, d.body -> 'totals' ->> 'total' as stated, d.body ->> 'currency' as stated_currency
            from posting p join order_document d on d.flow_id = p.flow_id and d.version = p.document_version
            where p.kind in ('PostSalesOrder', 'UpdateSalesOrder') and (p.value <> (d.body -> 'totals' ->> 'total')::numeric or p.currency <> d.body ->> 'currency')
            """),
    ];
}
