-- A check says what it could not reckon with and why: a price on a list in a currency that is not the list's, a cost in another currency, stock that does not last.

alter table price_list_price add column currency text check (currency ~ '^[A-Z]{3}$');     -- of the price, where it is not the list's; null: the list's

alter table promotion_plan_cell add column cost_in text,     -- the currency that the cost is stated in, where it is another than the price's; the cost is reckoned at the stored rates
    add column cover numeric;                                -- days that the stock lasts at the pace of the last 28 days

-- Writes the cells of a draft anew, without a lock on the plan: who saves it meanwhile does not wait, and the check is dropped at its end. Windows: {"zone": ["start", "end"]}, instants; abilities: {"connection": {"places", "compareAt", "price", "checkout", "lists"}}. Returns how many.
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

    drop table if exists promo_target, promo_item, promo_sku, promo_cell, promo_list, promo_listed, promo_rate;
    create temp table promo_target on commit drop as
    select n.id, n.role, n.posts_to, n.currency, n.time_zone, coalesce((a.v ->> 'price')::boolean, false) as can_price, coalesce((a.v ->> 'places')::boolean, false) as can_places,
        coalesce((a.v ->> 'compareAt')::boolean, false) as can_compare, coalesce((a.v ->> 'checkout')::boolean, false) as can_checkout, promotion_tax(n.id) as tax,
        (a.v ->> 'items')::integer as most_items, coalesce((a.v ->> 'lists')::boolean, false) as can_lists
    from jsonb_array_elements_text(v_plan -> 'connections') c (id) join connection n on n.id = c.id left join lateral (select p_abilities -> n.id as v) a on true;

    create temp table promo_item on commit drop as
    select c.connection_id, c.item, coalesce(e.sku, c.sku) as sku, c.title, coalesce(c.product_title, '') as product_title, c.collections, c.facets,
        -- What another release has put there is not the price that this one starts from.
        case when h.captured then h.former_price else c.price end as price, c.currency, case when h.captured then h.former_compare else c.compare_at end as compare_at, c.active, c.tax_included,
        coalesce(c.cost, e.cost) as stated_cost, case when c.cost is not null then c.currency when e.cost is not null then e.currency end as cost_in
    from promo_target t join catalog_item c on c.connection_id = t.id and c.gone_at is null
    left join catalog_match m on m.connection_id = c.connection_id and m.item = c.item
    left join catalog_item e on e.connection_id = t.posts_to and e.item = m.erp_item and e.gone_at is null
    left join promotion_cell h on h.held and h.kind = 'price' and h.connection_id = c.connection_id and h.item = c.item and h.place = ''
    where coalesce(e.sku, c.sku) is not null;
    create index on promo_item (sku);
    analyze promo_item;

    create temp table promo_rate on commit drop as select f.currency as from_currency, t.currency as to_currency, f.rate / t.rate as factor from currency_rate f cross join currency_rate t;

    -- Price lists that the plan aims at, and what stands in them; what another release has put there is not the price that this one starts from.
    create temp table promo_list on commit drop as
    select g.connection_id, g.list, 'list:' || g.list as place, g.currency
    from (select distinct x ->> 'connection' as id, x ->> 'list' as list from jsonb_array_elements(case when jsonb_typeof(v_plan -> 'priceLists') = 'array' then v_plan -> 'priceLists' else '[]' end) x) w
    join promo_target t on t.id = w.id and t.can_lists join price_list g on g.connection_id = w.id and g.list = w.list;
    create temp table promo_listed on commit drop as
    select g.connection_id, g.place, v.item, g.currency,
        case when v.currency <> g.currency then null when h.captured then coalesce(h.former_price, h.base_price) else v.price end as price, case when h.captured then h.former_compare else v.compare_at end as compare_at,
        case when v.currency <> g.currency then v.currency end as odd_currency
    from promo_list g join price_list_price v on v.connection_id = g.connection_id and v.list = g.list
    left join promotion_cell h on h.held and h.kind = 'price' and h.connection_id = g.connection_id and h.item = v.item and h.place = g.place;
    create index on promo_listed (connection_id, item);
    analyze promo_listed;

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
        select g.connection_id, g.place, t.time_zone, null from promo_list g join promo_target t on t.id = g.connection_id
        union all
        -- A price list stands in the place of the variant's own price.
        select t.id, '', t.time_zone, null from promo_target t
        where (not t.can_places or jsonb_array_length(v_plan -> 'stores') = 0)
          and not exists (select from jsonb_array_elements(case when jsonb_typeof(v_plan -> 'priceLists') = 'array' then v_plan -> 'priceLists' else '[]' end) x where x ->> 'connection' = t.id)),
    staged as (
        select p.id, p.place, p.zone, p.price_groups,
            (select min(s.at) from jsonb_array_elements(v_plan -> 'stages') with ordinality s (stage, at)
             where (jsonb_array_length(s.stage -> 'connections') = 0 or s.stage -> 'connections' ? p.id)
               and (jsonb_array_length(s.stage -> 'stores') = 0 or s.stage -> 'stores' ? p.place or ((p.place = '' or promotion_is_list(p.place)) and s.stage -> 'connections' ? p.id)))::integer as stage,
            (p_windows -> p.zone ->> 0)::timestamptz as starts_at, (p_windows -> p.zone ->> 1)::timestamptz as ends_at
        from place p),
    own as (select p ->> 'sku' as sku, p ->> 'currency' as currency, (p ->> 'price')::numeric as price from jsonb_array_elements(coalesce(v_plan -> 'products' -> 'prices', '[]')) p),
    -- What stands at each place. The cost is stated in one currency, and reckoned in that of the price at the stored rates.
    listed as (
        select i.connection_id, s.place, i.sku, i.item, i.currency, i.price, i.compare_at, i.stated_cost, i.cost_in, i.active, i.tax_included, null as odd_currency from promo_item i join staged s on s.id = i.connection_id and not promotion_is_list(s.place)
        union all
        select i.connection_id, g.place, i.sku, i.item, g.currency, g.price, g.compare_at, i.stated_cost, i.cost_in, i.active, i.tax_included, g.odd_currency
        from promo_item i join promo_listed g on g.connection_id = i.connection_id and g.item = i.item),
    priced as (
        select t.id as connection_id, k.sku, coalesce(i.item, '') as item, s.place, s.stage, s.starts_at, s.ends_at, i.currency, i.price as base_price, i.compare_at as base_compare, i.stated_cost, case when i.cost_in <> i.currency then i.cost_in end as cost_in,
            case when i.cost_in is not distinct from i.currency then i.stated_cost else round(i.stated_cost * x.factor, 4) end as cost, i.active, i.odd_currency,
            promotion_price(i.price, v_offer, i.currency, o.price) as price,
            case when v_offer ->> 'kind' = 'CompareAt' then (v_offer -> 'amounts' ->> i.currency)::numeric when coalesce((v_offer ->> 'showFormer')::boolean, true) then i.price end as compare,
            t.can_compare and (v_offer ->> 'kind' = 'CompareAt' or (coalesce((v_offer ->> 'showFormer')::boolean, true) and t.role = 'shop')) as with_compare,
            t.can_price, t.can_checkout, s.price_groups,
            case when i.tax_included and t.tax is not null then 1 + t.tax else 1 end as gross, i.tax_included and t.tax is null as tax_unknown
        from promo_target t cross join promo_sku k
        join staged s on s.id = t.id
        left join listed i on i.connection_id = t.id and i.sku = k.sku and i.place = s.place
        left join promo_rate x on x.from_currency = i.cost_in and x.to_currency = i.currency
        left join own o on o.sku = k.sku and o.currency = i.currency
        where i.item is not null or promotion_is_list(s.place) or s.place = (select min(x.place) from staged x where x.id = t.id))
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
        insert into promotion_plan_cell (promotion_id, revision, connection_id, sku, item, place, kind, currency, stage, starts_at, ends_at, base_price, base_compare, price, compare, with_compare, cost, cost_in, margin, lowest, flags)
        select p_promotion, p_revision, c.connection_id, c.sku, c.item, c.place, 'price', c.currency, c.stage, c.starts_at, c.ends_at, c.base_price, c.base_compare, c.price, case when c.with_compare then c.compare end,
            c.with_compare, c.cost, c.cost_in, c.margin, c.lowest,
            array_remove(array[
                case when not c.can_price then 'capability' end,
                case when c.stage is null then 'no-stage' end,
                case when c.item = '' then 'missing' end,
                case when c.item <> '' and not c.active then 'inactive' end,
                case when c.odd_currency is not null then 'list-currency' when c.item <> '' and c.base_price is null then 'no-price' end,
                case when c.base_price is not null and (c.price is null or (v_offer ->> 'kind' = 'CompareAt' and c.compare is null)) then 'currency' end,
                case when c.price <= 0 then 'zero' end,
                case when v_offer ->> 'kind' = 'CompareAt' and c.compare <= c.base_price or v_offer ->> 'kind' <> 'CompareAt' and c.price >= c.base_price then 'not-lower' end,
                case when v_offer ->> 'ending' is not null and c.price > 0 and mod(c.price, coalesce((v_offer ->> 'endingUnit')::numeric, 1)) <> (v_offer ->> 'ending')::numeric then 'ending' end,
                case when v_floor is not null and c.margin < v_floor then 'margin' end,
                case when v_floor is null or c.item = '' then null when c.cost is not null then case when c.cost_in is not null then 'cost-rate' end when c.cost_in is not null then 'no-cost-rate' else 'no-cost' end,
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
            on r.connection_id = p.connection_id and r.item = p.item and promotion_meets(r.place, p.place) and r.starts_at < p.ends_at and p.starts_at < r.ends_at
        where p.promotion_id = p_promotion and p.revision = p_revision and p.kind = 'price' and p.item <> ''
        order by p.id, r.insists desc, case when r.insists then r.starts_at end desc, case when r.insists then r.promotion_id end desc, r.price, r.promotion_id)
    update promotion_plan_cell p set rival_id = r.promotion_id, rival_price = r.price, flags = p.flags || 'overlap'::text, wins = r.wins
    from rival r where p.promotion_id = p_promotion and p.revision = p_revision and p.id = r.id;

    -- A list that reckons from the variant's price shows another promotion of that price: what stands on it is not what it is without.
    update promotion_plan_cell p set flags = p.flags || 'follows'::text
    where p.promotion_id = p_promotion and p.revision = p_revision and p.kind = 'price' and p.item <> '' and promotion_is_list(p.place)
      and exists (select from price_list_price v where v.connection_id = p.connection_id and 'list:' || v.list = p.place and v.item = p.item and v.follows)
      and (exists (select from promotion_cell c join promotion m on m.id = c.promotion_id and m.state in ('scheduled', 'releasing', 'live', 'ending', 'rolling-back')
              where c.promotion_id <> p_promotion and c.kind = 'price' and c.connection_id = p.connection_id and c.item = p.item and c.place = '' and c.starts_at < p.ends_at and (p.starts_at < c.ends_at or c.held)
                and (c.held or c.phase not in ('ignored', 'reverted', 'left-alone', 'never')))
        or exists (select from promotion_revision v join promotion_plan_cell c on c.promotion_id = v.promotion_id and c.revision = v.revision
              where v.state = 'review' and v.promotion_id <> p_promotion and c.kind = 'price' and c.connection_id = p.connection_id and c.item = p.item and c.place = '' and c.starts_at < p.ends_at and p.starts_at < c.ends_at));

    -- Nothing of it lies anywhere.
    update promotion_plan_cell p set flags = p.flags || 'no-stock'::text
    where p.promotion_id = p_promotion and p.revision = p_revision and p.kind = 'price' and p.item <> ''
      and not exists (select from stock s where s.sku = p.sku and s.on_hand - s.safety - s.reserved > 0 and (p.place = '' or promotion_is_list(p.place) or s.location = p.place))
      and exists (select from stock s where s.sku = p.sku);

    return (select count(*) from promotion_plan_cell where promotion_id = p_promotion and revision = p_revision);
end $$;
alter function promotion_plan_cells(bigint, integer, jsonb, jsonb) set enable_nestloop = off;
alter function promotion_plan_cells(bigint, integer, jsonb, jsonb) set jit = off;  -- a plan without nested loops looks dearer than it is

-- Finishes what promotion_plan_cells has begun, in its transaction and from what it has looked up: what a checkout reduction leaves of each price, and where two offers come together at the checkout. An
-- amount may come off a single item, of buy x get y the price of a piece is the mean over all of them, and what another promotion has lowered is lowered further.
create or replace function promotion_plan_effects(p_promotion bigint, p_revision integer) returns void language plpgsql as $$
declare
    v_plan jsonb;
    v_offer jsonb;
    v_floor numeric;
begin
    select plan, plan -> 'offer', (plan -> 'rules' ->> 'marginFloor')::numeric into v_plan, v_offer, v_floor from promotion_revision where promotion_id = p_promotion and revision = p_revision;
    drop table if exists promo_reduced;
    create temp table promo_reduced on commit drop as select * from promotion_reductions(p_promotion);
    create index on promo_reduced (connection_id, item);
    analyze promo_reduced;

    if v_offer ->> 'kind' not in ('CheckoutPercent', 'CheckoutAmount', 'BuyXGetY') then
        update promotion_plan_cell p set flags = p.flags || 'stack'::text
        where p.promotion_id = p_promotion and p.revision = p_revision and p.kind = 'price' and p.item <> ''
          and exists (select from promo_reduced r where r.connection_id = p.connection_id and r.item = p.item and r.starts_at < p.ends_at and p.starts_at < r.ends_at);
        return;
    end if;

    insert into promotion_plan_cell (promotion_id, revision, connection_id, sku, item, place, kind, currency, starts_at, ends_at, base_price, price, cost, cost_in, margin, lowest, rival_id, rival_price, flags)
    with item as (
        select c.connection_id, c.sku, c.item, c.currency, c.base_price, c.cost, c.cost_in, c.active, c.gross, bool_or(c.tax_unknown) as tax_unknown, min(c.starts_at) as starts_at, max(c.ends_at) as ends_at, min(c.lowest) as lowest
        from promo_cell c where c.item <> '' group by c.connection_id, c.sku, c.item, c.currency, c.base_price, c.cost, c.cost_in, c.active, c.gross),
    rival as (
        select distinct on (i.connection_id, i.item) i.connection_id, i.item, r.promotion_id, r.price
        from item i join (
            select c.promotion_id, c.connection_id, c.item, c.price, c.starts_at, c.ends_at
            from promotion_cell c join promotion m on m.id = c.promotion_id and m.state in ('scheduled', 'releasing', 'live')
            where c.promotion_id <> p_promotion and c.kind = 'price' and not promotion_is_list(c.place) and c.phase not in ('ignored', 'reverted', 'left-alone', 'never')
            union all
            select c.promotion_id, c.connection_id, c.item, c.price, c.starts_at, c.ends_at
            from promotion_revision v join promotion_plan_cell c on c.promotion_id = v.promotion_id and c.revision = v.revision
            where v.state = 'review' and v.promotion_id <> p_promotion and c.kind = 'price' and c.item <> '' and not promotion_is_list(c.place)) r
            on r.connection_id = i.connection_id and r.item = i.item and r.starts_at < i.ends_at and i.starts_at < r.ends_at and r.price < i.base_price
        order by i.connection_id, i.item, r.price, r.promotion_id),
    left_over as (
        select i.*, r.promotion_id as rival_id, r.price as rival_price,
            -- Null stays null: without a price, or an amount in its currency, nothing is known of it.
            round(case when y.left_of < 0 then 0 else y.left_of end, currency_decimals(i.currency)) as price
        from item i left join rival r on r.connection_id = i.connection_id and r.item = i.item cross join lateral (select coalesce(r.price, i.base_price) as paid) x
        cross join lateral (select case v_offer ->> 'kind'
            when 'CheckoutPercent' then x.paid * (100 - (v_offer ->> 'percent')::numeric) / 100
            when 'CheckoutAmount' then x.paid - (v_offer -> 'amounts' ->> i.currency)::numeric
            else x.paid * (1 - (v_offer ->> 'get')::numeric * coalesce((v_offer ->> 'percent')::numeric, 100) / 100 / ((v_offer ->> 'buy')::numeric + (v_offer ->> 'get')::numeric)) end as left_of) y),
    judged as (select l.*, case when l.cost is null then null when l.price > 0 then round(100 * (l.price / l.gross - l.cost) / (l.price / l.gross), 2) when l.price = 0 and l.cost > 0 then -100 end as margin from left_over l)
    select p_promotion, p_revision, j.connection_id, j.sku, '', '', 'effect', j.currency, j.starts_at, j.ends_at, j.base_price, j.price, j.cost, j.cost_in, j.margin, j.lowest, j.rival_id, j.rival_price,
        array_remove(array[
            case when not j.active then 'inactive' end,
            case when j.base_price is null then 'no-price' end,
            case when j.base_price is not null and j.price is null then 'currency' end,
            case when j.price = 0 and j.base_price > 0 then 'free' end,
            case when v_floor is not null and j.margin < v_floor then 'margin' end,
            case when v_floor is null then null when j.cost is not null then case when j.cost_in is not null then 'cost-rate' end when j.cost_in is not null then 'no-cost-rate' else 'no-cost' end,
            case when v_floor is not null and j.tax_unknown then 'no-tax' end,
            case when j.rival_id is not null then 'overlap' end,
            case when exists (select from promo_reduced r where r.connection_id = j.connection_id and r.item = j.item and r.starts_at < j.ends_at and j.starts_at < r.ends_at) then 'stack' end,
            case when exists (select from stock s where s.sku = j.sku) and not exists (select from stock s where s.sku = j.sku and s.on_hand - s.safety - s.reserved > 0) then 'no-stock' end], null)
    from judged j;
end $$;
alter function promotion_plan_effects(bigint, integer) set enable_nestloop = off;
alter function promotion_plan_effects(bigint, integer) set jit = off;

-- Finishes what promotion_plan_cells has begun, in its transaction and from what it has looked up: how many days the stock of each SKU lasts. Stock counts where the plan's channels sell from, in stores
-- that are priced apart the chosen ones alone; a channel that names no locations sells from all. The pace is what these channels sold a day in the last 28 days, or since their first order of these days.
create function promotion_plan_cover(p_promotion bigint, p_revision integer) returns void language plpgsql as $$
declare
    v_days numeric;
begin
    drop table if exists promo_seller, promo_cover;
    create temp table promo_seller on commit drop as
    select distinct c.connection_id, case when c.place = '' or promotion_is_list(c.place) then null else c.place end as place
    from promo_cell c join promo_target t on t.id = c.connection_id and t.role = 'shop' where c.item <> '';
    analyze promo_seller;
    select least(28, greatest(1, ceil(extract(epoch from now() - min(f.placed_at)) / 86400))) into v_days
    from flow f where f.kind = 'order-to-cash' and f.placed_at >= now() - interval '28 days' and f.placed_at <= now() and f.source in (select connection_id from promo_seller);
    if v_days is null then
        return;
    end if;

    create temp table promo_cover on commit drop as
    with sold as (
        select l.v ->> 'sku' as sku, sum((l.v ->> 'quantity')::numeric) as units
        from flow f cross join lateral (select o.body from order_document o where o.flow_id = f.id order by o.version desc limit 1) d
        cross join lateral jsonb_array_elements(case jsonb_typeof(d.body -> 'lines') when 'array' then d.body -> 'lines' else '[]' end) l (v)
        where f.kind = 'order-to-cash' and f.placed_at >= now() - interval '28 days' and f.placed_at <= now()
          and exists (select from promo_seller s where s.connection_id = f.source and (s.place is null or s.place = d.body ->> 'pickupLocation'))
          and d.body ->> 'cancelledAt' is null and not coalesce((d.body ->> 'test')::boolean, false) and l.v ->> 'sku' in (select sku from promo_sku)
        group by 1),
    from_place as (
        select s.connection_id, coalesce(s.place, m.location) as location from promo_seller s
        left join lateral (select distinct x.value as location from connection n cross join lateral jsonb_each_text(n.settings) x where n.id = s.connection_id and (x.key like 'location:%' or x.key like 'store:%')) m on s.place is null),
    lying as (
        select s.sku, sum(greatest(s.on_hand - s.safety - s.reserved, 0)) as free from stock s
        where s.sku in (select sku from sold) and (exists (select from from_place p where p.location is null) or s.location in (select p.location from from_place p)) group by s.sku)
    select l.sku, round(l.free * v_days / s.units, 1) as days from lying l join sold s on s.sku = l.sku and s.units > 0;
    create unique index on promo_cover (sku);
    analyze promo_cover;

    update promotion_plan_cell p set cover = c.days,
        flags = case when c.days > 0 and not p.flags @> array['no-stock'] and now() + make_interval(secs => least(c.days * 86400, 10000000000)::double precision) < p.ends_at then p.flags || 'cover'::text else p.flags end
    from promo_cover c where p.promotion_id = p_promotion and p.revision = p_revision and p.sku = c.sku and (p.kind = 'effect' or p.kind = 'price' and p.item <> '');
end $$;
