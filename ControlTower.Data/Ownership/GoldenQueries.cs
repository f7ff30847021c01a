using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Ownership;

/// <summary>A field as one source has it.</summary>
/// <param name="There">What the source calls the thing.</param>
public sealed record SourceField(string Domain, string Field, string Source, string There, string? Value, DateTimeOffset At);

/// <summary>What every source says of one product, customer or order. Nothing is merged here: each value stands beside the others.</summary>
public sealed class GoldenQueries(TowerDataSources sources)
{
    /// <summary>A product by its SKU: what carries it, and what that is matched with.</summary>
    public Task<List<SourceField>> ProductAsync(string sku, CancellationToken cancel) =>
        sources.Read.Command(
                """
                with seed as (select connection_id, item from catalog_item where sku = $1 and gone_at is null),
                whole as (
                    select connection_id, item from seed
                    union select m.connection_id, m.item from seed s join connection n on n.posts_to = s.connection_id join catalog_match m on m.connection_id = n.id and m.erp_item = s.item
                    union select n.posts_to, m.erp_item from seed s join connection n on n.id = s.connection_id join catalog_match m on m.connection_id = s.connection_id and m.item = s.item)
                select f.domain, f.field, i.connection_id, i.item, f.value, i.changed_at
                from whole join catalog_item i using (connection_id, item)
                cross join lateral (values
                    (1, 'product', 'title', i.title), (2, 'product', 'barcode', i.barcode), (3, 'product', 'active', i.active::text), (4, 'price', 'price', trim_scale(i.price) || ' ' || i.currency),
                    (5, 'price', 'compare-at', trim_scale(i.compare_at) || ' ' || i.currency)) f (place, domain, field, value)
                where i.gone_at is null order by f.place, i.connection_id, i.item
                """,
                Sql.Of(sku))
            .ListAsync(Read, cancel);

    /// <summary>A customer and all who are the same for certain or by a person's word.</summary>
    public Task<List<SourceField>> CustomerAsync(string connection, string customer, CancellationToken cancel) =>
        sources.Read.Command(
                """
                with recursive pair as (
                    select a_connection, a_customer, b_connection, b_customer from customer_pair where verdict = 'same' or (certain and verdict is null)
                    union all select b_connection, b_customer, a_connection, a_customer from customer_pair where verdict = 'same' or (certain and verdict is null)),
                whole (connection_id, customer) as (
                    select $1::text, $2::text
                    union select p.b_connection, p.b_customer from whole w join pair p on p.a_connection = w.connection_id and p.a_customer = w.customer)
                select 'customer', f.field, c.connection_id, c.customer, f.value, c.changed_at
                from whole join catalog_customer c using (connection_id, customer)
                cross join lateral (values (1, 'email', c.email), (2, 'phone', c.phone_e164), (3, 'name', nullif(concat_ws(' ', c.first_name, c.last_name), '')), (4, 'loyalty', c.loyalty)) f (place, field, value)
                where c.gone_at is null and c.erased_at is null order by f.place, c.connection_id, c.customer
                """,
                Sql.Of(connection), Sql.Of(customer))
            .ListAsync(Read, cancel);

    /// <summary>An order: of each kind of word, the newest of each system.</summary>
    public Task<List<SourceField>> OrderAsync(long flow, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select f.domain, f.field, e.system, f.reference, f.value, e.at
                from (
                    select distinct on (k.place, e.system) k.place, k.domain, k.field, e.system, e.reference, coalesce(e.detail, e.reference, e.type) as value, e.at, e.seq
                    from event_log e join (values
                        (1, 'order', 'contents', 'order.captured'), (1, 'order', 'contents', 'order.taken'), (1, 'order', 'contents', 'order.edited'), (1, 'order', 'contents', 'order.updated'),
                        (2, 'order', 'cancellation', 'order.cancelled'), (3, 'order', 'shipment', 'order.shipped'), (3, 'order', 'shipment', 'order.part-shipped'),
                        (4, 'financial', 'invoice', 'order.invoiced'), (5, 'financial', 'refund', 'order.refunded')) k (place, domain, field, type) on k.type = e.type
                    where e.flow_id = $1 and e.system is not null order by k.place, e.system, e.step desc) e
                cross join lateral (select e.domain, e.field, coalesce(e.reference, '') as reference, e.value) f
                order by e.place, e.system
                """,
                Sql.Of(flow))
            .ListAsync(Read, cancel);

    /// <summary>The connection where an order was taken; null if there is no such order.</summary>
    public Task<string?> SourceOfAsync(long flow, CancellationToken cancel) => sources.Read.Command("select source from flow where id = $1", Sql.Of(flow)).ScalarAsync<string>(cancel);

    private static SourceField Read(NpgsqlDataReader r) => new(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.Maybe<string>(4), r.GetFieldValue<DateTimeOffset>(5));
}
