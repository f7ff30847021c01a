-- Orders with promoted SKUs in an hour, beside what the same hour of the four weeks before brought. Reckoned once for each hour and as many stages as have begun.
create table promotion_hour (
    promotion_id   bigint not null references promotion (id) on delete cascade,
    hour           timestamptz not null,
    stages         integer not null,
    orders         bigint not null,
    usual          numeric,                             -- null: its channels sold nothing in any of these hours, so nothing is known
    primary key (promotion_id, hour, stages)
);

-- Of the last hour that is over for ten minutes, so that what is polled is there. Orders count by their SKUs, whatever they cost: both sides are the same question. A week in which none of the channels sold
-- anything was before they were connected, and does not count.
create function promotion_hour_orders(p_promotion bigint, p_now timestamptz) returns table (hour timestamptz, orders bigint, usual numeric) language plpgsql as $$
declare
    v_hour timestamptz := date_trunc('hour', p_now - interval '10 minutes') - interval '1 hour';
    v_stages integer := (select count(*) from promotion_stage s where s.promotion_id = p_promotion and s.started_at is not null);
begin
    if not exists (select from promotion_hour h where h.promotion_id = p_promotion and h.hour = v_hour and h.stages = v_stages) then
        insert into promotion_hour (promotion_id, hour, stages, orders, usual)
        with begun as (
            select distinct c.connection_id, c.kind, c.sku from promotion_cell c join promotion_stage s on s.promotion_id = c.promotion_id and s.stage = c.stage and s.started_at is not null
            where c.promotion_id = p_promotion and c.phase not in ('never', 'ignored', 'outdone')),
        wanted as (
            select connection_id, sku from begun where kind = 'price'
            union
            select e.connection_id, e.sku from promotion p join promotion_plan_cell e on e.promotion_id = p.id and e.revision = p.released and e.kind = 'effect'
            where p.id = p_promotion and e.connection_id in (select connection_id from begun where kind = 'checkout')),
        came as (
            select w.n, exists (select from jsonb_array_elements(case jsonb_typeof(d.body -> 'lines') when 'array' then d.body -> 'lines' else '[]' end) l join wanted on wanted.connection_id = f.source and wanted.sku = l ->> 'sku') as of_it
            from generate_series(0, 4) w (n)
            join flow f on f.kind = 'order-to-cash' and f.placed_at >= v_hour - w.n * interval '7 days' and f.placed_at < v_hour - w.n * interval '7 days' + interval '1 hour' and f.source in (select connection_id from wanted)
            cross join lateral (select body from order_document where flow_id = f.id order by version desc limit 1) d)
        select p_promotion, v_hour, v_stages, count(*) filter (where n = 0 and of_it), round(count(*) filter (where n > 0 and of_it)::numeric / nullif(count(distinct n) filter (where n > 0), 0), 2) from came
        on conflict do nothing;
    end if;
    return query select h.hour, h.orders, h.usual from promotion_hour h where h.promotion_id = p_promotion and h.hour = v_hour and h.stages = v_stages;
end $$;
