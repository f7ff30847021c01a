-- How a release moves. Every function takes the moment by which it judges; null means the database's.

-- Puts an approved revision in force: new prices are added, changed ones are due again, those that are no longer meant go back.
create function promotion_adopt(p_promotion bigint, p_revision integer, p_now timestamptz) returns bigint language plpgsql as $$
declare
    v_now timestamptz := coalesce(p_now, now());
    v_plan jsonb;
    v_count bigint;
begin
    select plan into v_plan from promotion_revision where promotion_id = p_promotion and revision = p_revision and state = 'approved';
    update promotion_revision set state = 'replaced' where promotion_id = p_promotion and revision < p_revision and state = 'approved';
    update promotion set released = p_revision, name = v_plan ->> 'name', state = case when state = 'planned' then 'scheduled' else state end, state_at = case when state = 'planned' then v_now else state_at end
    where id = p_promotion;
    delete from promotion_stage where promotion_id = p_promotion and stage > jsonb_array_length(v_plan -> 'stages');
    insert into promotion_stage as s (promotion_id, stage, name, hold, hold_minutes, team, instructions)
    select p_promotion, x.at, x.v ->> 'name', lower(coalesce(x.v ->> 'hold', 'None')), coalesce((x.v ->> 'minutes')::integer, 0), x.v ->> 'team', x.v ->> 'instructions'
    from jsonb_array_elements(v_plan -> 'stages') with ordinality x (v, at)
    on conflict (promotion_id, stage) do update set name = excluded.name, hold = excluded.hold, hold_minutes = excluded.hold_minutes, team = excluded.team, instructions = excluded.instructions;

    insert into promotion_cell as c (promotion_id, connection_id, item, place, kind, sku, currency, stage, starts_at, ends_at, revision, base_price, price, compare, with_compare, terms)
    select p_promotion, p.connection_id, p.item, p.place, p.kind, p.sku, p.currency, p.stage, p.starts_at, p.ends_at, p_revision, p.base_price, p.price, p.compare, p.with_compare,
        case when p.kind = 'checkout' then p.terms || jsonb_build_object('offer', v_plan -> 'offer', 'name', v_plan ->> 'name') end
    from promotion_plan_cell p
    where p.promotion_id = p_promotion and p.revision = p_revision and p.stage is not null and not p.flags && array['missing', 'capability', 'no-price', 'currency', 'zero', 'passed', 'no-compare', 'not-lower']
    order by p.connection_id, p.item, p.place
    on conflict (promotion_id, connection_id, item, place, currency) do update set
        sku = excluded.sku, stage = excluded.stage, starts_at = excluded.starts_at, ends_at = excluded.ends_at, revision = excluded.revision, base_price = coalesce(c.base_price, excluded.base_price),
        price = excluded.price, compare = excluded.compare, with_compare = excluded.with_compare, terms = excluded.terms, changed_at = v_now, fence = c.fence + 1,
        phase = case when c.phase in ('written', 'offline', 'proven', 'drifted', 'failed') and (c.price, c.compare, c.terms) is distinct from (excluded.price, excluded.compare, excluded.terms) then 'applying'
            -- What is on its way back turns round; what is back, or was left to somebody else, begins anew.
            when c.phase in ('reverting', 'returned', 'stuck') then 'applying'
            when c.phase in ('never', 'reverted', 'left-alone') then 'waiting' else c.phase end,
        touched = c.touched and c.phase not in ('reverted', 'left-alone'), captured = c.captured and c.phase not in ('reverted', 'left-alone'), ours = case when c.phase in ('reverted', 'left-alone') then '{}' else c.ours end,
        outdone_by = case when c.phase = 'outdone' then c.outdone_by end,
        due_at = case when c.phase in ('written', 'offline', 'proven', 'drifted', 'failed', 'applying', 'reverting', 'returned', 'stuck') and c.held and c.batch_key is null then v_now when c.phase in ('reverted', 'left-alone') then null else c.due_at end, attempts = 0, failure = null, failure_message = null;

    -- A promotion that is live beside its new revision has new stages to go through.
    update promotion_stage s set proven_at = null
    where s.promotion_id = p_promotion and s.started_at is not null and exists (select from promotion_cell c where c.promotion_id = p_promotion and c.stage = s.stage and c.phase in ('waiting', 'applying'));
    update promotion set state = 'releasing', state_at = v_now
    where id = p_promotion and state = 'live' and exists (select from promotion_stage s where s.promotion_id = p_promotion and s.proven_at is null);
    perform promotion_back(p_promotion, array(select c.id from promotion_cell c where c.promotion_id = p_promotion and c.revision < p_revision
        and c.phase not in ('reverting', 'returned', 'stuck', 'reverted', 'left-alone', 'never') order by c.id), v_now);
    update promotion p set starts_at = x.starts_at, ends_at = x.ends_at
    from (select min(starts_at) as starts_at, max(ends_at) as ends_at from promotion_cell where promotion_id = p_promotion and revision = p_revision) x where p.id = p_promotion;
    select count(*) into v_count from promotion_cell where promotion_id = p_promotion and revision = p_revision;
    return v_count;
end $$;

-- Lets prices of stages that have begun take effect where their hour has come. Of two promotions of one price the winner has it; what stands there passes over with it.
create function promotion_begin(p_promotion bigint, p_most integer, p_now timestamptz) returns integer language plpgsql as $$
declare
    v_now timestamptz := coalesce(p_now, now());
    v_ids bigint[];
    v_ours boolean;
begin
    select coalesce(plan -> 'rules' ->> 'overlap', '') = 'ThisOne' into v_ours from promotion p join promotion_revision r on r.promotion_id = p.id and r.revision = p.released where p.id = p_promotion;
    v_ids := array(
        select c.id from promotion_cell c join promotion_stage s on s.promotion_id = c.promotion_id and s.stage = c.stage
        where c.promotion_id = p_promotion and s.started_at is not null and c.starts_at <= v_now and c.ends_at > v_now
          and (c.phase = 'waiting' or c.phase = 'outdone' and c.ignored_by is null and not exists (select from promotion_cell h where h.held and h.connection_id = c.connection_id and h.item = c.item and h.place = c.place))
          -- What is just being written over there is waited for; what goes back there goes back first.
          and not exists (select from promotion_cell h where h.held and h.connection_id = c.connection_id and h.item = c.item and h.place = c.place and h.promotion_id <> c.promotion_id and (h.batch_key is not null or h.phase in ('reverting', 'returned')))
        order by c.id limit p_most);
    if v_ids = '{}' then
        return 0;
    end if;

    -- Cells of both sides in one order, whoever comes first.
    perform c.id from promotion_cell c
    where c.id = any(v_ids) or c.held and exists (select from promotion_cell m where m.id = any(v_ids) and m.connection_id = c.connection_id and m.item = c.item and m.place = c.place)
    order by c.id for update;

    drop table if exists promo_duel;
    create temp table promo_duel on commit drop as
    select m.id, h.id as rival, h.promotion_id as rival_of, h.batch_key is not null as busy, h.former_price, h.former_compare, h.ours, h.touched, h.captured,
        h.promotion_id is null or case when v_ours then true when coalesce(r.plan -> 'rules' ->> 'overlap', '') = 'ThisOne' then false else m.price < h.price end as wins
    from promotion_cell m
    left join promotion_cell h on h.held and h.connection_id = m.connection_id and h.item = m.item and h.place = m.place and h.promotion_id <> m.promotion_id
    left join promotion p on p.id = h.promotion_id left join promotion_revision r on r.promotion_id = p.id and r.revision = p.released
    where m.id = any(v_ids);
    delete from promo_duel d using promotion_cell h where h.id = d.rival and (d.busy or h.phase in ('reverting', 'returned'));
    -- What cannot be brought home there waits for a person, and so does this.
    update promotion_cell c set phase = 'failed', failure = 'blocked', failure_message = 'R-' || d.rival_of || ' holds this price and could not bring it home. Decide there first, then try again.', outdone_by = d.rival_of, changed_at = v_now
    from promo_duel d join promotion_cell h on h.id = d.rival and h.phase = 'stuck' where c.id = d.id;
    delete from promo_duel d using promotion_cell h where h.id = d.rival and h.phase = 'stuck';

    update promotion_cell c set phase = 'outdone', held = false, outdone_by = p_promotion, due_at = null, fence = c.fence + 1, changed_at = v_now from promo_duel d where d.wins and c.id = d.rival;
    update promotion_cell c set phase = 'outdone', outdone_by = d.rival_of, due_at = null, changed_at = v_now from promo_duel d where not d.wins and c.id = d.id;
    update promotion_cell c set
        phase = 'applying', held = true, due_at = v_now, outdone_by = null, changed_at = v_now, fence = c.fence + 1,
        former_price = case when coalesce(d.captured, false) then d.former_price else c.former_price end, former_compare = case when coalesce(d.captured, false) then d.former_compare else c.former_compare end,
        ours = case when coalesce(d.touched, false) then d.ours else c.ours end,
        captured = coalesce(d.captured, false) or c.captured, touched = coalesce(d.touched, false) or c.touched
    from promo_duel d where d.wins and c.id = d.id;
    perform promotion_unpublish(v_ids);
    return (select count(*) from promo_duel);
end $$;

-- The ERP's word is not told over a promotional price: what was to be told of these items is taken back. It is reckoned anew when the promotion is over.
create function promotion_unpublish(p_ids bigint[]) returns void language sql as $$
    update catalog_publication p set price = null, currency = null, fence = p.fence + 1, changed_at = now()
    from (select x.connection_id, x.item from catalog_publication x
        where (x.connection_id, x.item) in (select c.connection_id, c.item from promotion_cell c where c.id = any(p_ids) and c.held and c.place = '') order by x.connection_id, x.item for update) h
    where p.connection_id = h.connection_id and p.item = h.item and p.price is not null and p.batch_key is null
$$;

-- Sends these prices back to what stood there before: to a promotion that waited for the place if there is one, else to the former price.
create function promotion_back(p_promotion bigint, p_ids bigint[], p_now timestamptz) returns integer language plpgsql as $$
declare
    v_now timestamptz := coalesce(p_now, now());
begin
    if p_ids = '{}' then
        return 0;
    end if;
    perform c.id from promotion_cell c
    where c.id = any(p_ids) or c.phase = 'outdone' and exists (select from promotion_cell m where m.id = any(p_ids) and m.held and m.connection_id = c.connection_id and m.item = c.item and m.place = c.place)
    order by c.id for update;

    drop table if exists promo_heir;
    create temp table promo_heir on commit drop as
    select distinct on (m.id) m.id, h.id as heir, m.former_price, m.former_compare, m.ours, m.captured
    from promotion_cell m join promotion_cell h on h.phase = 'outdone' and h.connection_id = m.connection_id and h.item = m.item and h.place = m.place and h.promotion_id <> m.promotion_id
    join promotion p on p.id = h.promotion_id and p.state in ('releasing', 'live') and p.held_at is null
    join promotion_stage s on s.promotion_id = h.promotion_id and s.stage = h.stage and s.started_at is not null
    where m.id = any(p_ids) and h.ignored_by is null and m.held and m.touched and m.batch_key is null and m.phase not in ('drifted', 'ignored') and h.starts_at <= v_now and h.ends_at > v_now
    order by m.id, h.price, h.id;

    update promotion_cell c set
        phase = case when x.heir is not null then 'reverted' when c.touched or c.batch_key is not null then 'reverting' else 'never' end,
        held = x.heir is null and (c.touched or c.batch_key is not null) and c.held,
        outdone_by = x.promotion_id,
        due_at = case when x.heir is null and c.touched and c.held and c.batch_key is null then v_now end,
        attempts = 0, failure = null, failure_message = null, wanted = false, fence = c.fence + 1, changed_at = v_now
    from (select m.id, h.heir, o.promotion_id from promotion_cell m left join promo_heir h on h.id = m.id left join promotion_cell o on o.id = h.heir where m.id = any(p_ids)) x
    where c.id = x.id and c.phase not in ('reverting', 'returned', 'stuck', 'reverted', 'left-alone', 'never');
    -- Outdone for good: its place is in other hands already.
    update promotion_cell c set phase = 'reverted', due_at = null where c.id = any(p_ids) and c.phase = 'reverting' and not c.held and c.batch_key is null;
    update promotion_cell c set
        phase = 'applying', held = true, due_at = v_now, outdone_by = null, former_price = h.former_price, former_compare = h.former_compare, ours = h.ours,
        captured = h.captured, touched = true, attempts = 0, fence = c.fence + 1, changed_at = v_now
    from (select heir, former_price, former_compare, ours, captured from promo_heir) h where c.id = h.heir;
    return array_length(p_ids, 1);
end $$;

-- When a store was last heard by anybody who tells of it; null: nobody does.
create function promotion_heard(p_place text) returns timestamptz language sql stable as $$
    select max(s.heard_at) from pos_store s join connection n on n.id = s.connection_id
    where s.store = p_place or n.settings ->> ('location:' || s.store) = p_place or n.settings ->> ('store:' || s.store) = p_place
$$;

-- Promotional prices are not differences, and nothing is told over them.
create or replace function catalog_price(p_erp catalog_item, p_channel catalog_item) returns numeric language sql stable as $$
    select t.price
    from (select case
        when (p_erp).tax_included <> (p_channel).tax_included then null
        when (p_erp).currency = (p_channel).currency then (p_erp).price
        else ((p_erp).prices ->> (p_channel).currency)::numeric
    end as price) t
    where t.price > 0 and t.price = round(t.price, currency_decimals((p_channel).currency))
      and (select h.id from promotion_cell h where h.held and h.connection_id = (p_channel).connection_id and h.item = (p_channel).item and h.place = '') is null
      and (select h.id from promotion_cell h where h.held and h.connection_id = (p_erp).connection_id and h.item = (p_erp).item and h.place = '') is null
$$;
