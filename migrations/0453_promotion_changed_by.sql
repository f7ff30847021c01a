-- Who put another price where a release has its own: what the tower wrote itself, what an API client or another system said, and that the channel's own list told it. Null: nobody knows.

create index promotion_cell_touched on promotion_cell (connection_id, item, place) where touched;
-- What was told of one item is found among all that was told since a promotion began.
create index catalog_batch_changes on catalog_batch using gin (changes jsonb_path_ops) where outcome = 'done';

create function promotion_changed_by(p_connection text, p_item text, p_place text, p_sku text, p_promotion bigint, p_seen numeric, p_since timestamptz) returns text language sql stable as $$
    select coalesce(
        -- What another promotion put there.
        (select 'R-' || o.promotion_id || ' ' || m.name from promotion_cell o join promotion m on m.id = o.promotion_id
         where o.connection_id = p_connection and o.item = p_item and o.place = p_place and o.promotion_id <> p_promotion and o.touched and p_seen = any(o.ours) order by o.changed_at desc limit 1),
        -- What the tower told the channel of its ERP.
        (select 'The tower, which told the price of ' || coalesce(e.name, 'the ERP') from catalog_batch b cross join lateral jsonb_array_elements(b.changes) x join connection n on n.id = b.connection_id left join connection e on e.id = n.posts_to
         where p_place = '' and b.connection_id = p_connection and b.outcome = 'done' and b.settled_at >= p_since and b.changes @> jsonb_build_array(jsonb_build_object('item', p_item)) and x ->> 'item' = p_item and (x ->> 'toPrice')::numeric = p_seen order by b.settled_at desc limit 1),
        -- What the log of writes has: the newest that says this price.
        (select case when w.source = p_connection then 'Changed at ' || n.name || ' itself, heard ' || to_char(w.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC; it does not say by whom'
                when w.source like 'client:%' then 'API client ' || coalesce((select k.name from api_client k where 'client:' || k.id = w.source), substr(w.source, 8))
                else coalesce((select s.name from connection s where s.id = w.source), w.source) end
         from ownership_write w join connection n on n.id = p_connection
         where w.subject in (p_sku, p_item) and w.domain = 'price' and w.field = 'price' and w.verdict <> 'owned' and w.channel = p_connection and w.store in ('', p_place) and w.at >= p_since
           and split_part(w.new, ' ', 1) ~ '^[0-9]+(\.[0-9]+)?$' and split_part(w.new, ' ', 1)::numeric = p_seen order by w.id desc limit 1))
$$;
