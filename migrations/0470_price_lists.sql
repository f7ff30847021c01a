-- A plan may aim at price lists of a shop: prices of their own for a market or a group of buyers, over those of the variants.

create table price_list (
    connection_id  text not null references connection (id) on delete cascade,
    list           text not null check (length(list) between 1 and 60),     -- the system's own name
    name           text not null check (length(name) between 1 and 200),
    currency       text not null check (currency ~ '^[A-Z]{3}$'),
    read_at        timestamptz not null default now(),
    primary key (connection_id, list)
);
-- What a buyer of the list is charged, as it was last read.
create table price_list_price (
    connection_id  text not null,
    list           text not null,
    item           text not null,
    price          numeric not null check (price >= 0),
    compare_at     numeric,
    follows        boolean not null default false,     -- reckoned from the variant's own price, and changes with it
    read_at        timestamptz not null default now(),
    primary key (connection_id, list, item),
    foreign key (connection_id, list) references price_list (connection_id, list) on delete cascade
);
create index price_list_price_item on price_list_price (connection_id, item);

-- Whether a place of a price is a price list.
create function promotion_is_list(p_place text) returns boolean language sql immutable parallel safe as $$ select p_place like 'list:%' $$;

-- Whether prices at two places of a connection stand over each other: the same place, or a store and everywhere. A price list is apart from both.
create function promotion_meets(p_one text, p_other text) returns boolean language sql immutable parallel safe as $$
    select p_one = p_other or (p_one = '' or p_other = '') and not promotion_is_list(p_one) and not promotion_is_list(p_other)
$$;

-- A promotion that has come to a price of a plan since the plan was checked: sent or agreed to since, at a price that the check found free. Null: none.
create or replace function promotion_contested(p_promotion bigint, p_revision integer) returns bigint language sql stable as $$
    select min(v.promotion_id)
    from promotion_revision own join promotion_revision v on v.promotion_id <> own.promotion_id join promotion m on m.id = v.promotion_id
    where own.promotion_id = p_promotion and own.revision = p_revision
      and (v.state = 'review' and v.sent_at > own.checked_at or v.state = 'approved' and v.decided_at > own.checked_at and m.state in ('scheduled', 'releasing', 'live'))
      and exists (
        select from promotion_plan_cell p join promotion_plan_cell c on c.connection_id = p.connection_id and c.item = p.item and promotion_meets(c.place, p.place) and c.starts_at < p.ends_at and p.starts_at < c.ends_at
        where p.promotion_id = p_promotion and p.revision = p_revision and p.kind = 'price' and p.item <> '' and p.rival_id is null and c.promotion_id = v.promotion_id and c.revision = v.revision and c.kind = 'price')
$$;

-- Lets prices of stages that have begun take effect where their hour has come, up to the given stage: a later one waits until what is due of the earlier ones is read back. Of two promotions of one
-- price the winner has it; what stands there passes over with it. A store's own price yields to a price everywhere that stands over it.
create or replace function promotion_begin(p_promotion bigint, p_most integer, p_now timestamptz, p_stage integer) returns integer language plpgsql as $$
declare
    v_now timestamptz := coalesce(p_now, now());
    v_ids bigint[];
    v_insists boolean := promotion_insists(p_promotion);
begin
    v_ids := array(
        select c.id from promotion_cell c join promotion_stage s on s.promotion_id = c.promotion_id and s.stage = c.stage join promotion p on p.id = c.promotion_id
        where c.promotion_id = p_promotion and s.started_at is not null and (p_stage is null or c.stage <= p_stage) and c.starts_at <= v_now and c.ends_at > v_now
          and (c.phase = 'waiting' or (c.phase = 'outdone' or c.phase = 'reverted' and c.outdone_by is not null and c.place <> '' and c.revision = p.released) and c.ignored_by is null
            and not exists (select from promotion_cell h where h.held and h.connection_id = c.connection_id and h.item = c.item and (h.place = c.place
                or h.place = '' and promotion_meets(h.place, c.place) and h.promotion_id <> c.promotion_id and promotion_beats(promotion_insists(h.promotion_id), h.starts_at, h.promotion_id, h.price, v_insists, c.starts_at, c.promotion_id, c.price))))
          -- What is just being written over there is waited for; what goes back there goes back first.
          and not exists (select from promotion_cell h where h.held and h.connection_id = c.connection_id and h.item = c.item and (h.place = c.place or h.place = '' and promotion_meets(h.place, c.place)) and h.promotion_id <> c.promotion_id
            and (h.batch_key is not null or h.phase in ('reverting', 'returned')))
        order by c.id limit p_most);
    if v_ids = '{}' then
        return 0;
    end if;

    -- Cells of both sides in one order, whoever comes first.
    perform c.id from promotion_cell c
    where c.id in (select unnest(v_ids) union
        select h.id from promotion_cell m join promotion_cell h on h.held and h.connection_id = m.connection_id and h.item = m.item and promotion_meets(h.place, m.place) where m.id = any(v_ids))
    order by c.id for update;

    drop table if exists promo_duel;
    create temp table promo_duel on commit drop as
    select m.id, h.id as rival, h.promotion_id as rival_of, h.batch_key is not null as busy, h.former_price, h.former_compare, h.ours, h.touched, h.captured,
        h.promotion_id is null or promotion_beats(v_insists, m.starts_at, m.promotion_id, m.price, promotion_insists(h.promotion_id), h.starts_at, h.promotion_id, h.price) as wins
    from promotion_cell m
    left join promotion_cell h on h.held and h.connection_id = m.connection_id and h.item = m.item and h.place = m.place and h.promotion_id <> m.promotion_id
    where m.id = any(v_ids);
    delete from promo_duel d using promotion_cell h where h.id = d.rival and (d.busy or h.phase in ('reverting', 'returned'));
    -- What cannot be brought home there waits for a person, and so does this.
    update promotion_cell c set phase = 'failed', failure = 'blocked', failure_message = 'R-' || d.rival_of || ' holds this price and could not bring it home. Decide there first, then try again.', outdone_by = d.rival_of, changed_at = v_now
    from promo_duel d join promotion_cell h on h.id = d.rival and h.phase = 'stuck' where c.id = d.id;
    delete from promo_duel d using promotion_cell h where h.id = d.rival and h.phase = 'stuck';
    update promo_duel d set wins = false, rival_of = e.promotion_id
    from promotion_cell m join promotion_cell e on e.held and e.place = '' and e.connection_id = m.connection_id and e.item = m.item and e.promotion_id <> m.promotion_id
    where m.id = d.id and d.wins and m.place <> '' and promotion_meets(m.place, e.place) and not m.held
      and promotion_beats(promotion_insists(e.promotion_id), e.starts_at, e.promotion_id, e.price, v_insists, m.starts_at, m.promotion_id, m.price);

    update promotion_cell c set phase = 'outdone', held = false, outdone_by = p_promotion, due_at = null, fence = c.fence + 1, changed_at = v_now from promo_duel d where d.wins and c.id = d.rival;
    update promotion_cell c set phase = 'outdone', outdone_by = d.rival_of, due_at = null, fence = c.fence + 1, changed_at = v_now from promo_duel d where not d.wins and c.id = d.id;
    -- What was brought home for another's sake begins anew.
    update promotion_cell c set touched = false, captured = false, ours = '{}' from promo_duel d where d.wins and c.id = d.id and c.phase = 'reverted';
    update promotion_cell c set
        phase = 'applying', held = true, due_at = v_now, outdone_by = null, changed_at = v_now, fence = c.fence + 1,
        former_price = case when coalesce(d.captured, false) then d.former_price else c.former_price end, former_compare = case when coalesce(d.captured, false) then d.former_compare else c.former_compare end,
        ours = case when coalesce(d.touched, false) then d.ours else c.ours end,
        captured = coalesce(d.captured, false) or c.captured, touched = coalesce(d.touched, false) or c.touched
    from promo_duel d where d.wins and c.id = d.id;

    -- Stores whose own price does not stand over the new one everywhere go back to what they had, and follow when it is over.
    update promotion_cell c set phase = case when c.touched or c.batch_key is not null then 'reverting' else 'outdone' end, held = c.touched or c.batch_key is not null, outdone_by = p_promotion,
        due_at = case when c.touched and c.batch_key is null then v_now end, attempts = 0, failure = null, failure_message = null, wanted = false, fence = c.fence + 1, changed_at = v_now
    from promo_duel d join promotion_cell m on m.id = d.id and m.place = ''
    where d.wins and c.held and c.place <> '' and promotion_meets(c.place, m.place) and c.connection_id = m.connection_id and c.item = m.item and c.promotion_id <> p_promotion
      and c.phase not in ('reverting', 'returned', 'stuck', 'drifted', 'ignored')
      and promotion_beats(v_insists, m.starts_at, m.promotion_id, m.price, promotion_insists(c.promotion_id), c.starts_at, c.promotion_id, c.price);
    perform promotion_unpublish(v_ids);
    return (select count(*) from promo_duel);
end $$;

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

    drop table if exists promo_target, promo_item, promo_sku, promo_cell, promo_list, promo_listed;
    create temp table promo_target on commit drop as
    select n.id, n.role, n.posts_to, n.currency, n.time_zone, coalesce((a.v ->> 'price')::boolean, false) as can_price, coalesce((a.v ->> 'places')::boolean, false) as can_places,
        coalesce((a.v ->> 'compareAt')::boolean, false) as can_compare, coalesce((a.v ->> 'checkout')::boolean, false) as can_checkout, promotion_tax(n.id) as tax,
        (a.v ->> 'items')::integer as most_items, coalesce((a.v ->> 'lists')::boolean, false) as can_lists
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

    -- Price lists that the plan aims at, and what stands in them; what another release has put there is not the price that this one starts from.
    create temp table promo_list on commit drop as
    select g.connection_id, g.list, 'list:' || g.list as place, g.currency
    from (select distinct x ->> 'connection' as id, x ->> 'list' as list from jsonb_array_elements(case when jsonb_typeof(v_plan -> 'priceLists') = 'array' then v_plan -> 'priceLists' else '[]' end) x) w
    join promo_target t on t.id = w.id and t.can_lists join price_list g on g.connection_id = w.id and g.list = w.list;
    create temp table promo_listed on commit drop as
    select g.connection_id, g.place, v.item, g.currency, case when h.captured then coalesce(h.former_price, h.base_price) else v.price end as price, case when h.captured then h.former_compare else v.compare_at end as compare_at
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
    -- What stands at each place. The cost is known in the currency of the item alone.
    listed as (
        select i.connection_id, s.place, i.sku, i.item, i.currency, i.price, i.compare_at, i.cost, i.active, i.tax_included from promo_item i join staged s on s.id = i.connection_id and not promotion_is_list(s.place)
        union all
        select i.connection_id, g.place, i.sku, i.item, g.currency, g.price, g.compare_at, case when g.currency = i.currency then i.cost end, i.active, i.tax_included
        from promo_item i join promo_listed g on g.connection_id = i.connection_id and g.item = i.item),
    priced as (
        select t.id as connection_id, k.sku, coalesce(i.item, '') as item, s.place, s.stage, s.starts_at, s.ends_at, i.currency, i.price as base_price, i.compare_at as base_compare, i.cost, i.active,
            promotion_price(i.price, v_offer, i.currency, o.price) as price,
            case when v_offer ->> 'kind' = 'CompareAt' then (v_offer -> 'amounts' ->> i.currency)::numeric when coalesce((v_offer ->> 'showFormer')::boolean, true) then i.price end as compare,
            t.can_compare and (v_offer ->> 'kind' = 'CompareAt' or (coalesce((v_offer ->> 'showFormer')::boolean, true) and t.role = 'shop')) as with_compare,
            t.can_price, t.can_checkout, s.price_groups,
            case when i.tax_included and t.tax is not null then 1 + t.tax else 1 end as gross, i.tax_included and t.tax is null as tax_unknown
        from promo_target t cross join promo_sku k
        join staged s on s.id = t.id
        left join listed i on i.connection_id = t.id and i.sku = k.sku and i.place = s.place
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
