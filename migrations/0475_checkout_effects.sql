-- A reduction at the checkout is checked by what it makes of each price, for its own cell names no price.

alter table promotion_plan_cell drop constraint promotion_plan_cell_kind_check;
alter table promotion_plan_cell add constraint promotion_plan_cell_kind_check check (kind in ('price', 'checkout', 'effect'));     -- effect: of a checkout reduction on an item; checked, never written

-- Checkout reductions of other promotions that are agreed, under way or under review, with the items that they are for.
create function promotion_reductions(p_but bigint) returns table (promotion_id bigint, connection_id text, item text, starts_at timestamptz, ends_at timestamptz) language sql stable as $$
    select c.promotion_id, c.connection_id, i.item, c.starts_at, c.ends_at
    from promotion_cell c join promotion m on m.id = c.promotion_id and m.state in ('scheduled', 'releasing', 'live') cross join lateral jsonb_array_elements_text(c.terms -> 'items') i (item)
    where c.promotion_id <> p_but and c.kind = 'checkout' and c.phase not in ('ignored', 'reverted', 'left-alone', 'never')
    union all
    select c.promotion_id, c.connection_id, i.item, c.starts_at, c.ends_at
    from promotion_revision v join promotion_plan_cell c on c.promotion_id = v.promotion_id and c.revision = v.revision cross join lateral jsonb_array_elements_text(c.terms -> 'items') i (item)
    where v.state = 'review' and v.promotion_id <> p_but and c.kind = 'checkout'
$$;

-- Finishes what promotion_plan_cells has begun, in its transaction and from what it has looked up: what a checkout reduction leaves of each price, and where two offers come together at the checkout. An
-- amount may come off a single item, of buy x get y the price of a piece is the mean over all of them, and what another promotion has lowered is lowered further.
create function promotion_plan_effects(p_promotion bigint, p_revision integer) returns void language plpgsql as $$
declare
    v_plan jsonb;
    v_offer jsonb;
    v_floor numeric;
begin
    select plan, plan -> 'offer', (plan -> 'rules' ->> 'marginFloor')::numeric into v_plan, v_offer, v_floor from promotion_revision where promotion_id = p_promotion and revision = p_revision;
    drop table if exists promo_reduced;
    create temp table promo_reduced on commit drop as select * from promotion_reductions(p_promotion);
    analyze promo_reduced;

    if v_offer ->> 'kind' not in ('CheckoutPercent', 'CheckoutAmount', 'BuyXGetY') then
        update promotion_plan_cell p set flags = p.flags || 'stack'::text
        where p.promotion_id = p_promotion and p.revision = p_revision and p.kind = 'price' and p.item <> ''
          and exists (select from promo_reduced r where r.connection_id = p.connection_id and r.item = p.item and r.starts_at < p.ends_at and p.starts_at < r.ends_at);
        return;
    end if;

    insert into promotion_plan_cell (promotion_id, revision, connection_id, sku, item, place, kind, currency, starts_at, ends_at, base_price, price, cost, margin, lowest, rival_id, rival_price, flags)
    with item as (
        select c.connection_id, c.sku, c.item, c.currency, c.base_price, c.cost, c.active, c.gross, bool_or(c.tax_unknown) as tax_unknown, min(c.starts_at) as starts_at, max(c.ends_at) as ends_at, min(c.lowest) as lowest
        from promo_cell c where c.item <> '' group by c.connection_id, c.sku, c.item, c.currency, c.base_price, c.cost, c.active, c.gross),
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
            round(greatest(case v_offer ->> 'kind'
                when 'CheckoutPercent' then x.paid * (100 - (v_offer ->> 'percent')::numeric) / 100
                when 'CheckoutAmount' then x.paid - (v_offer -> 'amounts' ->> i.currency)::numeric
                else x.paid * (1 - (v_offer ->> 'get')::numeric * coalesce((v_offer ->> 'percent')::numeric, 100) / 100 / ((v_offer ->> 'buy')::numeric + (v_offer ->> 'get')::numeric)) end, 0), currency_decimals(i.currency)) as price
        from item i left join rival r on r.connection_id = i.connection_id and r.item = i.item cross join lateral (select coalesce(r.price, i.base_price) as paid) x),
    judged as (select l.*, case when l.cost is null then null when l.price > 0 then round(100 * (l.price / l.gross - l.cost) / (l.price / l.gross), 2) when l.price = 0 and l.cost > 0 then -100 end as margin from left_over l)
    select p_promotion, p_revision, j.connection_id, j.sku, '', '', 'effect', j.currency, j.starts_at, j.ends_at, j.base_price, j.price, j.cost, j.margin, j.lowest, j.rival_id, j.rival_price,
        array_remove(array[
            case when not j.active then 'inactive' end,
            case when j.price = 0 and j.base_price > 0 then 'free' end,
            case when v_floor is not null and j.margin < v_floor then 'margin' end,
            case when v_floor is not null and j.cost is null then 'no-cost' end,
            case when v_floor is not null and j.tax_unknown then 'no-tax' end,
            case when j.rival_id is not null then 'overlap' end,
            case when exists (select from promo_reduced r where r.connection_id = j.connection_id and r.item = j.item and r.starts_at < j.ends_at and j.starts_at < r.ends_at) then 'stack' end,
            case when exists (select from stock s where s.sku = j.sku) and not exists (select from stock s where s.sku = j.sku and s.on_hand - s.safety - s.reserved > 0) then 'no-stock' end], null)
    from judged j;
end $$;
alter function promotion_plan_effects(bigint, integer) set enable_nestloop = off;
alter function promotion_plan_effects(bigint, integer) set jit = off;
