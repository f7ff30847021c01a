namespace ControlTower.Verify.Invariants;

/// <summary>Nothing is promised twice, and the counters are what the ledger says.</summary>
internal static class StockInvariants
{
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("stock-never-oversold", "Nothing is promised beyond what is there less the safety stock.", """
            select sku, location, on_hand, reserved, safety from stock where reserved > greatest(on_hand - safety, 0) + oversold or reserved < 0
            """),
        new("stock-never-was-oversold", "Nothing was promised that was not there, and only sales at tills took more than there was.", """
            select sku, location, id as at_entry, on_hand, reserved from (
                select sku, location, id, reason, sum(on_hand_delta) over w as on_hand, sum(reserved_delta) over w as reserved,
                    bool_or(reason = 'commit' and reserved_delta = 0) over w as till from stock_ledger
                window w as (partition by sku, location order by id)) l
            where reserved < 0 or (reason in ('reserve', 'hold') and reserved > on_hand) or (not till and (on_hand < 0 or reserved > on_hand))
            """),
        new("stock-is-sum-of-ledger", "Counters equal the sum of the ledger.", """
            select sku, location, s.on_hand, l.on_hand as ledger_on_hand, s.reserved, l.reserved as ledger_reserved, s.damaged, l.damaged as ledger_damaged
            from stock s
            full join (select sku, location, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved, sum(damaged_delta) as damaged from stock_ledger group by 1, 2) l
                using (sku, location)
            where coalesce(s.on_hand, 0) <> coalesce(l.on_hand, 0) or coalesce(s.reserved, 0) <> coalesce(l.reserved, 0) or coalesce(s.damaged, 0) <> coalesce(l.damaged, 0)
            """),
        new("stock-reserved-is-held", "What counts as reserved is what orders and holds have.", """
            select sku, location, s.reserved, r.held
            from stock s full join (select sku, location, sum(quantity) as held from reservation where state = 'active' group by 1, 2) r using (sku, location)
            where coalesce(s.reserved, 0) <> coalesce(r.held, 0)
            """),
        new("reservation-ends-once", "Each reservation was entered once and ended at most once.", """
            select coalesce(l.source, r.source) as source, coalesce(l.sku, r.sku) as sku, coalesce(l.location, r.location) as location, l.taken, r.taken as reserved, l.given, r.given as ended
            from (select source, sku, location, sum(reserved_delta) filter (where reason in ('reserve', 'hold')) as taken,
                         -coalesce(sum(reserved_delta) filter (where reason in ('release', 'expire', 'commit')), 0) as given
                  from (select source, sku, location, reason, reserved_delta from stock_ledger
                        union all select source, sku, location, v.reason, v.delta from stock_ledger, -- a till's sale is entered and ended at once
                            lateral (values ('reserve', -on_hand_delta), ('commit', on_hand_delta)) v (reason, delta) where stock_ledger.reason = 'commit' and reserved_delta = 0) e
                  where source like any (array['flow/%', 'hold/%']) and reason not in ('return', 'write-off', 'call-back') group by 1, 2, 3) l
            full join (select coalesce('flow/' || flow_id, 'hold/' || hold_id) as source, sku, location, sum(quantity) as taken, coalesce(sum(quantity) filter (where state <> 'active'), 0) as given
                  from reservation group by 1, 2, 3) r using (source, sku, location)
            where l.taken is distinct from r.taken or l.given is distinct from r.given
            """),
        new("reservation-not-of-cancelled", "A cancelled order holds nothing.", """
            select r.flow_id, f.name, r.sku, r.location, r.quantity from reservation r join flow f on f.id = r.flow_id where r.state = 'active' and f.status = 'cancelled'
            """),
        new("reservation-all-or-nothing", "An order holds all of its goods or none of them.", """
            with wanted as (
                select f.id, i ->> 'Sku' as sku, sum((i ->> 'Quantity')::bigint) as quantity from flow f, jsonb_array_elements(f.state -> 'Items') i
                where f.kind = 'order-to-cash' and f.state ->> 'Reservation' = 'Held' group by 1, 2),
            held as ( -- what left with a parcel already counts while others are to come
                select r.flow_id as id, r.sku, sum(r.quantity) as quantity from reservation r join flow f on f.id = r.flow_id
                where r.state = 'active' or (r.state = 'committed' and f.state ->> 'Reservation' = 'Held') group by 1, 2)
            select id, sku, w.quantity as wanted, h.quantity as held from wanted w full join held h using (id, sku) where w.quantity is distinct from h.quantity
            """),
        new("hold-has-its-goods", "A hold has goods exactly while it is active, and leaves the stock as it says that it ended.", """
            select h.id, h.state, count(r.id) as parts, count(*) filter (where r.state = 'active') as active
            from stock_hold h left join reservation r on r.hold_id = h.id group by h.id, h.state
            having count(r.id) = 0 or bool_or(r.state <> case when h.state in ('active', 'committed') then h.state else 'released' end)
            """),
        new("hold-ends-in-time", "No hold is kept five seconds after its time while a worker lives.", $"""
            select id, expires_at from stock_hold where {ServerInvariants.WorkerLives} and state = 'active' and expires_at < now() - interval '5 seconds'
            """),
        new("channel-shows-no-more-than-free", "No channel is to show more of a place than is free there.", """
            select c.connection_id, c.sku, c.location, c.expected, greatest(greatest(s.on_hand - s.safety, 0) - s.reserved, 0) as free
            from stock_publication c join stock s using (sku, location)
            where c.expected > greatest(greatest(s.on_hand - s.safety, 0) - s.reserved, 0)
              and not exists (select from stock_moved m where m.sku = c.sku and m.location = c.location)
            """),
        new("channel-told-once-at-a-time", "What a channel is being told stands in one open batch, and each of its cells knows it.", """
            select coalesce(c.connection_id, b.connection_id) as connection_id, coalesce(c.batch_key, b.key) as batch, coalesce(c.sku, b.sku) as sku, coalesce(c.location, b.location) as location
            from (select * from stock_publication where batch_key is not null) c
            full join (select o.key, o.connection_id, x.sku, x.location from publication_batch o, jsonb_to_recordset(o.changes) as x (sku text, location text)
                       join stock_publication p using (sku, location) where o.settled_at is null and p.connection_id = o.connection_id) b
                on b.key = c.batch_key and b.connection_id = c.connection_id and b.sku = c.sku and b.location = c.location
            where c.batch_key is null or b.key is null
            """),
        new("prices-told-once-at-a-time", "What a channel is being told of its prices stands in one open batch.", """
            select p.connection_id, p.item, p.batch_key from catalog_publication p
            where p.batch_key is not null and not exists (select from catalog_batch b where b.key = p.batch_key and b.connection_id = p.connection_id and b.settled_at is null)
            """),
    ];
}
