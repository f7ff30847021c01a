-- Who belongs to whom. What a person linked comes first and is taken out of what the machine may match.
create function catalog_match_of(p_channel text, p_erp text) returns table (item text, erp_item text, how text) language sql stable as $$
    with c as materialized (select i.item, i.sku, i.barcode from catalog_item i where i.connection_id = p_channel and i.gone_at is null),
    e as materialized (select i.item, i.sku, i.barcode from catalog_item i where i.connection_id = p_erp and i.gone_at is null),
    linked as materialized (
        select l.item, l.erp_item from catalog_link l join c on c.item = l.item join e on e.item = l.erp_item
        where l.connection_id = p_channel and l.erp_id = p_erp and l.undone_at is null),
    c_sku as (select c.sku, min(c.item) as item from c where c.sku is not null group by c.sku having count(*) = 1),
    e_sku as (select e.sku, min(e.item) as item from e where e.sku is not null group by e.sku having count(*) = 1),
    by_sku as materialized (
        select a.item, b.item as erp_item from c_sku a join e_sku b using (sku)
        where not exists (select from linked l where l.item = a.item) and not exists (select from linked l where l.erp_item = b.item)),
    c_bar as (select c.barcode, min(c.item) as item, min(c.sku) as sku from c where c.barcode is not null group by c.barcode having count(*) = 1),
    e_bar as (select e.barcode, min(e.item) as item, min(e.sku) as sku from e where e.barcode is not null group by e.barcode having count(*) = 1),
    by_barcode as (
        select a.item, b.item as erp_item from c_bar a join e_bar b using (barcode)
        where (a.sku is null or b.sku is null)
          and not exists (select from linked l where l.item = a.item) and not exists (select from linked l where l.erp_item = b.item)
          and not exists (select from by_sku l where l.item = a.item) and not exists (select from by_sku l where l.erp_item = b.item))
    select linked.item, linked.erp_item, 'link' from linked union all select by_sku.item, by_sku.erp_item, 'sku' from by_sku union all select by_barcode.item, by_barcode.erp_item, 'barcode' from by_barcode
$$;

-- Decimals that a currency has.
create function currency_decimals(text) returns integer language sql immutable as $$
    select case when $1 in ('JPY', 'KRW', 'VND', 'CLP', 'ISK', 'PYG', 'UGX', 'XAF', 'XOF', 'XPF', 'BIF', 'DJF', 'GNF', 'KMF', 'RWF', 'VUV') then 0 when $1 in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3 else 2 end
$$;

-- The ERP's price as a channel could show it: in its currency, with no more decimals than that has, with tax or without as it is there, and more than nothing. Nothing is converted or rounded.
create function catalog_price(p_erp catalog_item, p_channel catalog_item) returns numeric language sql immutable as $$
    select t.price
    from (select case
        when (p_erp).tax_included <> (p_channel).tax_included then null
        when (p_erp).currency = (p_channel).currency then (p_erp).price
        else ((p_erp).prices ->> (p_channel).currency)::numeric
    end as price) t
    where t.price > 0 and t.price = round(t.price, currency_decimals((p_channel).currency))
$$;

-- Every way in which a channel and its ERP say different things.
create function catalog_differences_of(p_channel text, p_erp text) returns table (kind text, item text, erp_item text, sku text, mark text, value numeric) language sql stable as $$
    with c as materialized (select i as r, i.item, i.sku, i.sku_fold, i.barcode, i.active, i.price, i.currency from catalog_item i where i.connection_id = p_channel and i.gone_at is null),
    e as materialized (select i as r, i.item, i.sku, i.sku_fold, i.barcode, i.active, i.price, i.currency from catalog_item i where i.connection_id = p_erp and i.gone_at is null),
    m as materialized (select x.item, x.erp_item from catalog_match x where x.connection_id = p_channel),
    c_free as materialized (select c.* from c where not exists (select from m where m.item = c.item)),
    e_free as materialized (select e.* from e where not exists (select from m where m.erp_item = e.item)),
    twice as materialized (select c.sku from c where c.sku is not null group by c.sku having count(*) > 1),
    e_twice as materialized (select e.sku from e where e.sku is not null group by e.sku having count(*) > 1),
    near as materialized (
        select c.item, e.item as erp_item, c.sku, e.sku as erp_sku from c_free c join e_free e on e.sku_fold = c.sku_fold where e.sku <> c.sku),
    barred as materialized (
        select c.item, e.item as erp_item, c.sku, e.sku as erp_sku, c.barcode from c join e on e.barcode = c.barcode
        where e.sku <> c.sku and not exists (select from m where m.item = c.item and m.erp_item = e.item)
          and not exists (select from near n where n.item = c.item and n.erp_item = e.item)),
    pair as materialized (
        select c.item, e.item as erp_item, c.sku, c.barcode, e.barcode as erp_barcode, c.active, e.active as erp_active, c.price, c.currency, e.price as erp_price, e.currency as erp_currency,
            catalog_price(e.r, c.r) as target
        from m join c on c.item = m.item join e on e.item = m.erp_item),
    found (kind, item, erp_item, sku, mark) as (
        select 'missing-in-channel', '', e.item, coalesce(e.sku, ''), 'missing' from e_free e
        where e.active and not exists (select from near n where n.erp_item = e.item) and not exists (select from barred b where b.erp_item = e.item)
          and not exists (select from twice t where t.sku = e.sku) and not exists (select from e_twice t where t.sku = e.sku)
        union all
        select 'missing-in-erp', c.item, '', coalesce(c.sku, ''), 'missing' from c_free c
        where c.active and not exists (select from near n where n.item = c.item) and not exists (select from barred b where b.item = c.item)
          and not exists (select from twice t where t.sku = c.sku) and not exists (select from e_twice t where t.sku = c.sku)
        union all
        select 'same-sku', c.item, '', c.sku, c.sku from c join twice t on t.sku = c.sku
        union all
        select 'same-sku', '', e.item, e.sku, e.sku from e join e_twice t on t.sku = e.sku
        union all
        select 'same-barcode', b.item, b.erp_item, b.sku, b.barcode || ' ' || b.erp_sku from barred b
        union all
        select 'same-barcode', c.item, '', coalesce(c.sku, ''), c.barcode
        from c where c.barcode in (select x.barcode from c x where x.barcode is not null group by x.barcode having count(distinct coalesce(x.sku, x.item)) > 1)
        union all
        select 'nearly-same', n.item, n.erp_item, n.sku, n.sku || ' ' || n.erp_sku from near n
        union all
        select 'price', p.item, p.erp_item, coalesce(p.sku, ''), concat_ws(' ', p.price, p.currency, p.target) from pair p where p.price is distinct from p.target and p.target is not null and erp_owns('price')
        union all
        select 'currency', p.item, p.erp_item, coalesce(p.sku, ''), concat_ws(' ', p.currency, p.erp_currency) from pair p where p.target is null and p.price is not null and erp_owns('price')
        union all
        select 'barcode', p.item, p.erp_item, coalesce(p.sku, ''), concat_ws(' ', p.barcode, p.erp_barcode) from pair p where p.barcode <> p.erp_barcode and erp_owns('barcode')
        union all
        select 'inactive', p.item, p.erp_item, coalesce(p.sku, ''), 'inactive' from pair p where p.active and not p.erp_active and erp_owns('active')
        union all
        select 'no-barcode', c.item, coalesce(m.erp_item, ''), coalesce(c.sku, ''), coalesce(e.barcode, '') from c left join m on m.item = c.item left join e on e.item = m.erp_item
        where c.active and c.barcode is null and exists (select from c x where x.barcode is not null)),  -- a system that knows no barcodes lacks none
    there as materialized (select s.sku, sum(s.on_hand)::numeric as pieces from stock s where s.sku in (select f.sku from found f) group by s.sku)
    select f.kind, f.item, f.erp_item, f.sku, f.mark, round(t.pieces * coalesce(c.price, e.price), 2)
    from found f left join c on c.item = f.item left join e on e.item = f.erp_item left join there t on t.sku = f.sku
$$;

-- Reckons the differences of a channel anew if anything moved, and what it is to be told. Differences that stay keep their age. One caller at a time, who keeps nobody from storing: what is stored
-- meanwhile leaves its mark. What was found is kept aside first, and counted, so that a large catalogue is compared by plans that know how large it is.
create function catalog_compare(p_channel text) returns boolean language plpgsql as $$
declare
    v_erp text;
    v_mode text;
    v_seen timestamptz;
    v_whole boolean;
begin
    if not pg_try_advisory_xact_lock(hashtext('catalog/' || p_channel)) then
        return false;
    end if;
    select dirty_at into v_seen from catalog_state where connection_id = p_channel;
    if v_seen is null then
        return false;
    end if;
    select posts_to, coalesce(settings ->> 'publishPrices', 'no') into v_erp, v_mode from connection where id = p_channel;
    v_whole := v_erp is not null and (select count(*) from feed_cursor where connection_id in (p_channel, v_erp) and feed = 'products-all' and heard_at is not null) = 2;
    if not v_whole then
        delete from catalog_difference where connection_id = p_channel;  -- what was read of one side in part says nothing of what is missing
        delete from catalog_publication where connection_id = p_channel;
        delete from catalog_match where connection_id = p_channel;
    else
        create temporary table catalog_matched on commit drop as select * from catalog_match_of(p_channel, v_erp);
        analyze catalog_matched;
        delete from catalog_match m where m.connection_id = p_channel
            and not exists (select from catalog_matched n where n.item = m.item and n.erp_item = m.erp_item and n.how = m.how);
        -- A statement of its own: an item that found another partner must be free of the old one first.
        insert into catalog_match (connection_id, item, erp_item, how) select p_channel, n.item, n.erp_item, n.how from catalog_matched n order by n.item on conflict do nothing;

        create temporary table catalog_found on commit drop as select * from catalog_differences_of(p_channel, v_erp);
        analyze catalog_found;
        delete from catalog_difference d where d.connection_id = p_channel
            and not exists (select from catalog_found n where n.kind = d.kind and n.item = d.item and n.erp_item = d.erp_item);
        insert into catalog_difference as d (connection_id, kind, item, erp_item, sku, mark, value)
        select p_channel, n.kind, n.item, n.erp_item, n.sku, n.mark, n.value from catalog_found n
        on conflict (connection_id, kind, item, erp_item) do update set
            sku = excluded.sku, mark = excluded.mark, value = excluded.value,
            ignored_mark = case when d.ignored_mark = excluded.mark then d.ignored_mark end, ignored_by = case when d.ignored_mark = excluded.mark then d.ignored_by end,
            ignored_why = case when d.ignored_mark = excluded.mark then d.ignored_why end, ignored_at = case when d.ignored_mark = excluded.mark then d.ignored_at end
        where (d.sku, d.mark, d.value) is distinct from (excluded.sku, excluded.mark, excluded.value);

        perform catalog_expect(p_channel, v_erp, v_mode);
        drop table catalog_matched, catalog_found;
    end if;
    update catalog_state set compared_at = now(), dirty_at = case when dirty_at = v_seen then null else dirty_at end where connection_id = p_channel;
    return v_whole;
end $$;

-- What the channel should show of what the ERP owns. With `changes` the first look only notes what the ERP says: from then on its changes are told. With `all` whatever differs is.
create function catalog_expect(p_channel text, p_erp text, p_mode text) returns void language plpgsql as $$
begin
    delete from catalog_publication p where p.connection_id = p_channel and p.batch_key is null and not p.wanted
        and (p_mode not in ('changes', 'all') or not exists (select from catalog_match m where m.connection_id = p_channel and m.item = p.item and m.erp_item = p.erp_item));
    insert into catalog_publication as p (connection_id, item, erp_item, price, currency, barcode, active, left_price, left_barcode, left_active, due_at)
    select p_channel, x.item, x.erp_item, x.price, x.currency, x.barcode, x.active, x.price, x.barcode, x.active, case when p_mode = 'all' and x.differs then now() end
    from (
        select m.item, m.erp_item, t.price, c.currency, case when erp_owns('barcode') then e.barcode end as barcode, case when erp_owns('active') then e.active end as active,
            t.price <> c.price or (erp_owns('barcode') and e.barcode is distinct from c.barcode and e.barcode is not null) or (erp_owns('active') and e.active <> c.active) as differs
        from catalog_match m join catalog_item c on c.connection_id = p_channel and c.item = m.item join catalog_item e on e.connection_id = p_erp and e.item = m.erp_item
        cross join lateral (select case when erp_owns('price') then catalog_price(e, c) end as price) t
        where m.connection_id = p_channel) x
    where p_mode in ('changes', 'all') or exists (select from catalog_publication w where w.connection_id = p_channel and w.item = x.item)
    order by x.item
    on conflict (connection_id, item) do update set
        erp_item = excluded.erp_item, price = excluded.price, currency = excluded.currency, barcode = excluded.barcode, active = excluded.active, changed_at = now(), fence = p.fence + 1,
        due_at = case when p.batch_key is null then now() else p.due_at end, attempts = 0, failure = null, failure_message = null, failed_at = null
    where (p.erp_item, p.price, p.currency, p.barcode, p.active) is distinct from (excluded.erp_item, excluded.price, excluded.currency, excluded.barcode, excluded.active)
        or (excluded.due_at is not null and p.due_at is null and p.batch_key is null and p.failure is null);
end $$;

-- A catalogue that was just read has no statistics yet, and without them each item of one side is looked for among all of the other.
alter function catalog_match_of(text, text) set enable_nestloop = off;
alter function catalog_differences_of(text, text) set enable_nestloop = off;
alter function catalog_compare(text) set enable_nestloop = off;
alter function catalog_expect(text, text, text) set enable_nestloop = off;
