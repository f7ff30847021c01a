-- Products are found by what they belong to and by what they are, as their channel says; what a rule was found to mean is kept with the plan, and what it would mean today can be seen beside it.

alter table catalog_item add column collections text[] not null default '{}',   -- titles of the collections that the product is in
    add column facets jsonb not null default '{}' check (jsonb_typeof(facets) = 'object');   -- what it is, by name: {"type": ["Jackets"], "tag": ["sale", "winter"]}

-- Whether a rule of a plan finds an item: all that is given must hold; of several collections, and of several values of one attribute, one. Upper and lower case are the same.
create function promotion_rule_finds(p_rule jsonb, p_sku text, p_title text, p_product_title text, p_price numeric, p_collections text[], p_facets jsonb) returns boolean language sql immutable parallel safe as $$
    select jsonb_typeof(p_rule) = 'object' and (p_rule - '{collections,inCollections,facets,skuBegins,titleHas,priceFrom,priceTo}'::text[]) <> p_rule
        and (coalesce(jsonb_array_length(p_rule -> 'collections'), 0) = 0 or lower(p_product_title) in (select lower(c) from jsonb_array_elements_text(p_rule -> 'collections') c))
        and (coalesce(jsonb_array_length(p_rule -> 'inCollections'), 0) = 0
            or exists (select from jsonb_array_elements_text(p_rule -> 'inCollections') c join unnest(p_collections) i on lower(i) = lower(c)))
        and not exists (
            select from jsonb_array_elements(coalesce(p_rule -> 'facets', '[]')) f group by f ->> 'name'
            having not bool_or(exists (select from jsonb_array_elements_text(coalesce(p_facets -> (f ->> 'name'), '[]')) v where lower(v) = lower(f ->> 'value'))))
        and (coalesce(p_rule ->> 'skuBegins', '') = '' or lower(p_sku) like promotion_like(p_rule ->> 'skuBegins') || '%')
        and (coalesce(p_rule ->> 'titleHas', '') = '' or lower(p_product_title || ' ' || p_title) like '%' || promotion_like(p_rule ->> 'titleHas') || '%')
        and (p_rule ->> 'priceFrom' is null or p_price >= (p_rule ->> 'priceFrom')::numeric) and (p_rule ->> 'priceTo' is null or p_price <= (p_rule ->> 'priceTo')::numeric)
$$;

-- SKUs that the rule of a revision would find now and that are not in it (came), and those in it that nothing names any more. Prices are those of before the promotion, as its check saw them.
create function promotion_products_since(p_promotion bigint, p_revision integer) returns table (sku text, came boolean) language sql stable as $$
    with plan as (
        select r.plan -> 'products' as products, r.plan -> 'connections' as connections from promotion_revision r
        where r.promotion_id = p_promotion and r.revision = p_revision and r.plan -> 'products' -> 'rule' is not null and jsonb_typeof(r.plan -> 'products' -> 'rule') = 'object'),
    item as materialized (
        select c.connection_id, c.item, coalesce(e.sku, c.sku) as sku, c.title, coalesce(c.product_title, '') as product_title, c.collections, c.facets, case when h.captured then h.former_price else c.price end as price
        from plan p cross join lateral jsonb_array_elements_text(p.connections) n (id) join connection t on t.id = n.id join catalog_item c on c.connection_id = t.id and c.gone_at is null
        left join catalog_match m on m.connection_id = c.connection_id and m.item = c.item
        left join catalog_item e on e.connection_id = t.posts_to and e.item = m.erp_item and e.gone_at is null
        left join promotion_cell h on h.held and h.kind = 'price' and h.connection_id = c.connection_id and h.item = c.item and h.place = ''
        where coalesce(e.sku, c.sku) is not null),
    named as (
        select s.sku from plan p cross join lateral jsonb_array_elements_text(p.products -> 'skus') s (sku)
        union select s.v ->> 'sku' from plan p cross join lateral jsonb_array_elements(case when jsonb_typeof(p.products -> 'prices') = 'array' then p.products -> 'prices' else '[]' end) s (v)),
    today as (
        select n.sku from named n
        union
        select i.sku from plan p cross join item i
        where promotion_rule_finds(p.products -> 'rule', i.sku, i.title, i.product_title, i.price, i.collections, i.facets)
          and not exists (select from jsonb_array_elements_text(case when jsonb_typeof(p.products -> 'without') = 'array' then p.products -> 'without' else '[]' end) w where w = i.sku)),
    frozen as (
        select c.sku from promotion_plan_cell c where c.promotion_id = p_promotion and c.revision = p_revision and c.sku <> '' and exists (select from plan)
        union
        -- A reduction at the checkout names the items that it is for.
        select coalesce(i.sku, l.sku) from promotion_plan_cell c cross join lateral jsonb_array_elements_text(c.terms -> 'items') t (item)
        left join item i on i.connection_id = c.connection_id and i.item = t.item left join catalog_item l on l.connection_id = c.connection_id and l.item = t.item
        where c.promotion_id = p_promotion and c.revision = p_revision and c.kind = 'checkout' and exists (select from plan))
    select t.sku, true from today t where t.sku not in (select f.sku from frozen f where f.sku is not null)
    union all
    select f.sku, false from frozen f where f.sku is not null and f.sku not in (select t.sku from today t where t.sku is not null)
$$;

-- Writes the cells of a draft anew, without a lock on the plan: who saves it meanwhile does not wait, and the check is dropped at its end. Windows: {"zone": ["start", "end"]}, instants; abilities: {"connection": {"places", "compareAt", "price", "checkout"}}. Returns how many.
create or replace function promotion_plan_cells(p_promotion bigint, p_revision integer, p_windows jsonb, p_abilities jsonb) returns bigint language plpgsql as $$
declare
    v_plan jsonb;
    v_offer jsonb;
    v_count bigint;
    v_floor numeric;
    v_wins_all boolean;
begin
    select plan, plan -> 'offer' into v_plan, v_offer from promotion_revision where promotion_id = p_promotion and revision = p_revision and state = 'draft';
    -- One check of a plan at a time: another's cells would stand beside these.
    if not found or not pg_try_advisory_xact_lock(hashtextextended('promotion-check/' || p_promotion, 0)) then
        return null;
    end if;
    v_floor := (v_plan -> 'rules' ->> 'marginFloor')::numeric;
    v_wins_all := coalesce(v_plan -> 'rules' ->> 'overlap', '') = 'ThisOne';
    delete from promotion_plan_cell where promotion_id = p_promotion and revision = p_revision;

    drop table if exists promo_target, promo_item, promo_sku, promo_cell;
    create temp table promo_target on commit drop as
    select n.id, n.role, n.posts_to, n.currency, n.time_zone, coalesce((a.v ->> 'price')::boolean, false) as can_price, coalesce((a.v ->> 'places')::boolean, false) as can_places,
        coalesce((a.v ->> 'compareAt')::boolean, false) as can_compare, coalesce((a.v ->> 'checkout')::boolean, false) as can_checkout, promotion_tax(n.id) as tax,
        (a.v ->> 'items')::integer as most_items
    from jsonb_array_elements_text(v_plan -> 'connections') c (id) join connection n on n.id = c.id left join lateral (select p_abilities -> n.id as v) a on true;

    create temp table promo_item on commit drop as
    select c.connection_id, c.item, coalesce(e.sku, c.sku) as sku, c.title, coalesce(c.product_title, '') as product_title, c.collections, c.facets,
        -- What another release has put there is not the price that this one starts from.
        case when h.captured then h.former_price else c.price end as price, c.currency, case when h.captured then h.former_compare else c.compare_at end as compare_at, c.active, c.tax_included,
        case when c.cost is not null then c.cost when e.currency = c.currency then e.cost end as cost
    from promo_target t join catalog_item c on c.connection_id = t.id and c.gone_at is null
    left join catalog_match m on m.connection_id = c.connection_id and m.item = c.item
    left join catalog_item e on e.connection_id = t.posts_to and e.item = m.erp_item and e.gone_at is null
    left join promotion_cell h on h.held and h.kind = 'price' and h.connection_id = c.connection_id and h.item = c.item and h.place = ''
    where coalesce(e.sku, c.sku) is not null;
    create index on promo_item (sku);
    analyze promo_item;

    create temp table promo_sku on commit drop as
    select w.sku from (
        select s.sku from jsonb_array_elements_text(v_plan -> 'products' -> 'skus') s (sku)
        union
        select p ->> 'sku' from jsonb_array_elements(coalesce(v_plan -> 'products' -> 'prices', '[]')) p
        union
        select i.sku from promo_item i where promotion_rule_finds(v_plan -> 'products' -> 'rule', i.sku, i.title, i.product_title, i.price, i.collections, i.facets)) w
    where not exists (select from jsonb_array_elements_text(coalesce(v_plan -> 'products' -> 'without', '[]')) x where x = w.sku);
    create unique index on promo_sku (sku);
    analyze promo_sku;

    create temp table promo_cell on commit drop as
    with place as (
        -- Stores that were chosen and that the connection lists, where it can price them apart; else everywhere.
        select t.id, l.id as place, coalesce(l.time_zone, t.time_zone) as zone, l.price_groups
        from promo_target t join connection n on n.id = t.id
        cross join lateral (select distinct s.value from jsonb_each_text(n.settings) s where s.key like 'location:%' or s.key like 'store:%') s
        join location l on l.id = s.value
        where t.can_places and exists (select from jsonb_array_elements_text(v_plan -> 'stores') p where p = l.id)
        union all
        select t.id, '', t.time_zone, null from promo_target t where not t.can_places or jsonb_array_length(v_plan -> 'stores') = 0),
    staged as (
        select p.id, p.place, p.zone, p.price_groups,
            (select min(s.at) from jsonb_array_elements(v_plan -> 'stages') with ordinality s (stage, at)
             where (jsonb_array_length(s.stage -> 'connections') = 0 or s.stage -> 'connections' ? p.id)
               and (jsonb_array_length(s.stage -> 'stores') = 0 or s.stage -> 'stores' ? p.place or (p.place = '' and s.stage -> 'connections' ? p.id)))::integer as stage,
            (p_windows -> p.zone ->> 0)::timestamptz as starts_at, (p_windows -> p.zone ->> 1)::timestamptz as ends_at
        from place p),
    own as (select p ->> 'sku' as sku, p ->> 'currency' as currency, (p ->> 'price')::numeric as price from jsonb_array_elements(coalesce(v_plan -> 'products' -> 'prices', '[]')) p),
    priced as (
        select t.id as connection_id, k.sku, coalesce(i.item, '') as item, s.place, s.stage, s.starts_at, s.ends_at, i.currency, i.price as base_price, i.compare_at as base_compare, i.cost, i.active,
            promotion_price(i.price, v_offer, i.currency, o.price) as price,
            case when v_offer ->> 'kind' = 'CompareAt' then (v_offer -> 'amounts' ->> i.currency)::numeric when coalesce((v_offer ->> 'showFormer')::boolean, true) then i.price end as compare,
            t.can_compare and (v_offer ->> 'kind' = 'CompareAt' or (coalesce((v_offer ->> 'showFormer')::boolean, true) and t.role = 'shop')) as with_compare,
            t.can_price, t.can_checkout, s.price_groups,
            case when i.tax_included and t.tax is not null then 1 + t.tax else 1 end as gross, i.tax_included and t.tax is null as tax_unknown
        from promo_target t cross join promo_sku k
        left join promo_item i on i.connection_id = t.id and i.sku = k.sku
        join staged s on s.id = t.id
        left join own o on o.sku = k.sku and o.currency = i.currency
        where i.item is not null or s.place = (select min(x.place) from staged x where x.id = t.id))
    select p.*, case when p.cost is not null and p.price > 0 then round(100 * (p.price / p.gross - p.cost) / (p.price / p.gross), 2) end as margin,
        case when p.cost is not null and v_floor is not null then ceil(p.cost * p.gross / (1 - v_floor / 100) * power(10::numeric, currency_decimals(p.currency))) / power(10::numeric, currency_decimals(p.currency)) end as lowest
    from priced p;

    if v_offer ->> 'kind' in ('CheckoutPercent', 'CheckoutAmount', 'BuyXGetY') then
        -- One reduction for the whole of a connection. Its window is told by the wall, for a vendor may keep that of each store.
        insert into promotion_plan_cell (promotion_id, revision, connection_id, sku, item, place, kind, currency, stage, starts_at, ends_at, terms, flags)
        select p_promotion, p_revision, c.connection_id, '', 'R-' || p_promotion, '', 'checkout', coalesce(min(c.currency), min(t.currency), 'XXX'), min(c.stage), min(c.starts_at), max(c.ends_at), jsonb_build_object('items', jsonb_agg(distinct c.item), 'starts', v_plan -> 'starts', 'ends', v_plan -> 'ends'),
            array_remove(array[
                case when not bool_or(c.can_checkout) then 'capability' end,
                case when count(distinct c.item) > min(t.most_items) then 'too-many' end,
                case when min(c.stage) is null then 'no-stage' end,
                -- Where stores are priced apart a reduction still stands in all of them at once.
                case when bool_or(t.can_places) and (count(distinct coalesce(c.stage, 0)) > 1 or max(c.place) <> '' and count(distinct c.place) < (
                    select count(distinct l.id) from connection n cross join lateral jsonb_each_text(n.settings) s join location l on l.id = s.value
                    where n.id = c.connection_id and l.kind = 'store' and (s.key like 'location:%' or s.key like 'store:%'))) then 'all-stores' end,
                case when v_offer ->> 'kind' = 'CheckoutAmount' and not (v_offer -> 'amounts') ? coalesce(min(c.currency), min(t.currency), 'XXX') then 'currency' end,
                case when max(c.ends_at) <= now() then 'passed' end], null)
        from promo_cell c join promo_target t on t.id = c.connection_id where c.item <> '' group by c.connection_id;
        insert into promotion_plan_cell (promotion_id, revision, connection_id, sku, item, place, kind, stage, starts_at, ends_at, flags)
        select distinct p_promotion, p_revision, c.connection_id, c.sku, '', '', 'price', c.stage, c.starts_at, c.ends_at, array['missing'] from promo_cell c where c.item = '';
    else
        insert into promotion_plan_cell (promotion_id, revision, connection_id, sku, item, place, kind, currency, stage, starts_at, ends_at, base_price, base_compare, price, compare, with_compare, cost, margin, lowest, flags)
        select p_promotion, p_revision, c.connection_id, c.sku, c.item, c.place, 'price', c.currency, c.stage, c.starts_at, c.ends_at, c.base_price, c.base_compare, c.price, case when c.with_compare then c.compare end,
            c.with_compare, c.cost, c.margin, c.lowest,
            array_remove(array[
                case when not c.can_price then 'capability' end,
                case when c.stage is null then 'no-stage' end,
                case when c.item = '' then 'missing' end,
                case when c.item <> '' and not c.active then 'inactive' end,
                case when c.item <> '' and c.base_price is null then 'no-price' end,
                case when c.base_price is not null and (c.price is null or (v_offer ->> 'kind' = 'CompareAt' and c.compare is null)) then 'currency' end,
                case when c.price <= 0 then 'zero' end,
                case when v_offer ->> 'kind' = 'CompareAt' and c.compare <= c.base_price or v_offer ->> 'kind' <> 'CompareAt' and c.price >= c.base_price then 'not-lower' end,
                case when v_offer ->> 'ending' is not null and c.price > 0 and mod(c.price, coalesce((v_offer ->> 'endingUnit')::numeric, 1)) <> (v_offer ->> 'ending')::numeric then 'ending' end,
                case when v_floor is not null and c.margin < v_floor then 'margin' end,
                case when v_floor is not null and c.item <> '' and c.cost is null then 'no-cost' end,
                case when v_floor is not null and c.tax_unknown then 'no-tax' end,
                case when c.ends_at <= now() then 'passed' when c.starts_at <= now() then 'late' end,
                case when c.place <> '' and v_plan ->> 'priceGroup' is not null and not (v_plan ->> 'priceGroup' = any(c.price_groups)) then 'group' end,
                case when v_offer ->> 'kind' = 'CompareAt' and not c.with_compare and c.can_price then 'no-compare' end], null)
        from promo_cell c;
    end if;
    get diagnostics v_count = row_count;

    -- The price of the same item at the same time in another promotion that is agreed, under way or under review: the strongest of them.
    with rival as (
        select distinct on (p.id) p.id, r.promotion_id, r.price, promotion_beats(v_wins_all, p.starts_at, p_promotion, p.price, r.insists, r.starts_at, r.promotion_id, r.price) as wins
        from promotion_plan_cell p
        join (
            select c.connection_id, c.item, c.place, c.starts_at, c.ends_at, c.price, c.promotion_id, coalesce(v.plan -> 'rules' ->> 'overlap', '') = 'ThisOne' as insists
            from promotion_cell c join promotion m on m.id = c.promotion_id and m.state in ('scheduled', 'releasing', 'live') join promotion_revision v on v.promotion_id = m.id and v.revision = m.released
            where c.promotion_id <> p_promotion and c.kind = 'price' and c.phase not in ('ignored', 'reverted', 'left-alone', 'never')
            union all
            select c.connection_id, c.item, c.place, c.starts_at, c.ends_at, c.price, c.promotion_id, coalesce(v.plan -> 'rules' ->> 'overlap', '') = 'ThisOne'
            from promotion_revision v join promotion_plan_cell c on c.promotion_id = v.promotion_id and c.revision = v.revision
            where v.state = 'review' and v.promotion_id <> p_promotion and c.kind = 'price') r
            on r.connection_id = p.connection_id and r.item = p.item and (r.place = p.place or r.place = '' or p.place = '') and r.starts_at < p.ends_at and p.starts_at < r.ends_at
        where p.promotion_id = p_promotion and p.revision = p_revision and p.kind = 'price' and p.item <> ''
        order by p.id, r.insists desc, case when r.insists then r.starts_at end desc, case when r.insists then r.promotion_id end desc, r.price, r.promotion_id)
    update promotion_plan_cell p set rival_id = r.promotion_id, rival_price = r.price, flags = p.flags || 'overlap'::text, wins = r.wins
    from rival r where p.promotion_id = p_promotion and p.revision = p_revision and p.id = r.id;

    -- Nothing of it lies anywhere.
    update promotion_plan_cell p set flags = p.flags || 'no-stock'::text
    where p.promotion_id = p_promotion and p.revision = p_revision and p.kind = 'price' and p.item <> ''
      and not exists (select from stock s where s.sku = p.sku and s.on_hand - s.safety - s.reserved > 0 and (p.place = '' or s.location = p.place))
      and exists (select from stock s where s.sku = p.sku);

    return (select count(*) from promotion_plan_cell where promotion_id = p_promotion and revision = p_revision);
end $$;
alter function promotion_plan_cells(bigint, integer, jsonb, jsonb) set enable_nestloop = off;
alter function promotion_plan_cells(bigint, integer, jsonb, jsonb) set jit = off;  -- a plan without nested loops looks dearer than it is
