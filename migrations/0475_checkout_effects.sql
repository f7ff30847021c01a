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
    create index on promo_reduced (connection_id, item);
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
            -- Null stays null: without a price, or an amount in its currency, nothing is known of it.
            round(case when y.left_of < 0 then 0 else y.left_of end, currency_decimals(i.currency)) as price
        from item i left join rival r on r.connection_id = i.connection_id and r.item = i.item cross join lateral (select coalesce(r.price, i.base_price) as paid) x
        cross join lateral (select case v_offer ->> 'kind'
            when 'CheckoutPercent' then x.paid * (100 - (v_offer ->> 'percent')::numeric) / 100
            when 'CheckoutAmount' then x.paid - (v_offer -> 'amounts' ->> i.currency)::numeric
            else x.paid * (1 - (v_offer ->> 'get')::numeric * coalesce((v_offer ->> 'percent')::numeric, 100) / 100 / ((v_offer ->> 'buy')::numeric + (v_offer ->> 'get')::numeric)) end as left_of) y),
    judged as (select l.*, case when l.cost is null then null when l.price > 0 then round(100 * (l.price / l.gross - l.cost) / (l.price / l.gross), 2) when l.price = 0 and l.cost > 0 then -100 end as margin from left_over l)
    select p_promotion, p_revision, j.connection_id, j.sku, '', '', 'effect', j.currency, j.starts_at, j.ends_at, j.base_price, j.price, j.cost, j.margin, j.lowest, j.rival_id, j.rival_price,
        array_remove(array[
            case when not j.active then 'inactive' end,
            case when j.base_price is null then 'no-price' end,
            case when j.base_price is not null and j.price is null then 'currency' end,
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

-- As before; and a reduction at the checkout and a price, or two reductions, that meet at the same item. What was under review already the check has seen.
create or replace function promotion_contested(p_promotion bigint, p_revision integer) returns bigint language sql stable as $$
    select min(v.promotion_id)
    from promotion_revision own join promotion_revision v on v.promotion_id <> own.promotion_id join promotion m on m.id = v.promotion_id
    where own.promotion_id = p_promotion and own.revision = p_revision
      and (v.state = 'review' and v.sent_at > own.checked_at or v.state = 'approved' and v.decided_at > own.checked_at and m.state in ('scheduled', 'releasing', 'live'))
      and (exists (
          select from promotion_plan_cell p join promotion_plan_cell c on c.connection_id = p.connection_id and c.item = p.item and promotion_meets(c.place, p.place) and c.starts_at < p.ends_at and p.starts_at < c.ends_at
          where p.promotion_id = p_promotion and p.revision = p_revision and p.kind = 'price' and p.item <> '' and p.rival_id is null and c.promotion_id = v.promotion_id and c.revision = v.revision and c.kind = 'price')
        or v.sent_at > own.checked_at and exists (
          select from promotion_plan_cell p join promotion_plan_cell c on c.connection_id = p.connection_id and c.starts_at < p.ends_at and p.starts_at < c.ends_at
          where p.promotion_id = p_promotion and p.revision = p_revision and p.kind = 'checkout' and c.promotion_id = v.promotion_id and c.revision = v.revision and c.item <> ''
            and case c.kind when 'checkout' then exists (select from jsonb_array_elements_text(p.terms -> 'items') i (item) where c.terms -> 'items' ? i.item) else p.terms -> 'items' ? c.item and not promotion_is_list(c.place) end)
        or v.sent_at > own.checked_at and exists (
          select from promotion_plan_cell p join promotion_plan_cell c on c.connection_id = p.connection_id and c.starts_at < p.ends_at and p.starts_at < c.ends_at
          where p.promotion_id = p_promotion and p.revision = p_revision and p.kind = 'price' and p.item <> '' and not promotion_is_list(p.place) and c.promotion_id = v.promotion_id and c.revision = v.revision and c.kind = 'checkout' and c.terms -> 'items' ? p.item))
$$;
