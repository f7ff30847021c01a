-- Keeps what orders have sold of what is promoted, by their newest statement: an order that was cancelled or changed since is counted as it is now. Of a reduction at the checkout count the lines that it
-- is for and that something was taken off; they have no promotional price that a till could miss.
create or replace function promotion_sales(p_flows bigint[]) returns integer language plpgsql as $$
declare
    v_count integer;
begin
    delete from promotion_sale where flow_id = any(p_flows);
    insert into promotion_sale (promotion_id, flow_id, line, connection_id, place, till, at, currency, quantity, paid, intended, former, net, cost)
    select distinct on (c.promotion_id, f.id, l.v ->> 'id') c.promotion_id, f.id, l.v ->> 'id', c.connection_id, coalesce(d.body ->> 'pickupLocation', ''), d.body ->> 'fulfilment' = 'HandedOver', (d.body ->> 'placedAt')::timestamptz, d.body ->> 'currency', q.quantity,
        round(q.amount / q.quantity, 4), c.price, case when c.kind = 'checkout' then (l.v ->> 'unitPrice')::numeric else coalesce(c.former_price, c.base_price) end,
        q.amount - case when (d.body ->> 'taxesIncluded')::boolean then coalesce((select sum((t ->> 'amount')::numeric) from jsonb_array_elements(l.v -> 'taxes') t), 0) else 0 end,
        case when c.kind = 'checkout' then i.cost else p.cost end * q.quantity
    from unnest(p_flows) x (id) join flow f on f.id = x.id and f.kind = 'order-to-cash'
    cross join lateral (select o.body from order_document o where o.flow_id = f.id order by o.version desc limit 1) d
    cross join lateral jsonb_array_elements(d.body -> 'lines') l (v)
    cross join lateral (select (l.v ->> 'quantity')::integer as quantity, (l.v ->> 'unitPrice')::numeric * (l.v ->> 'quantity')::integer - (l.v ->> 'discount')::numeric as amount, (l.v ->> 'discount')::numeric as discount) q
    left join lateral (select n.item, n.cost from catalog_item n where n.connection_id = f.source and n.sku = l.v ->> 'sku' and n.gone_at is null order by n.item limit 1) i on true
    join promotion_cell c on c.connection_id = f.source and c.touched
        and (c.kind = 'price' and c.sku = l.v ->> 'sku' and c.place in ('', coalesce(d.body ->> 'pickupLocation', '')) or c.kind = 'checkout' and q.discount > 0 and c.terms -> 'items' ? i.item)
        and c.starts_at <= (d.body ->> 'placedAt')::timestamptz and c.ends_at > (d.body ->> 'placedAt')::timestamptz and c.effective_at <= (d.body ->> 'placedAt')::timestamptz
    join promotion m on m.id = c.promotion_id
    left join promotion_plan_cell p on p.promotion_id = c.promotion_id and p.revision = m.released and p.connection_id = c.connection_id and p.item = c.item and p.place = c.place
    where q.quantity > 0 and d.body ->> 'cancelledAt' is null and not coalesce((d.body ->> 'test')::boolean, false) and d.body ->> 'currency' = c.currency
    order by c.promotion_id, f.id, l.v ->> 'id', c.place desc;
    get diagnostics v_count = row_count;
    return v_count;
end $$;
create index promotion_cell_checkout on promotion_cell (connection_id) where touched and kind = 'checkout';
