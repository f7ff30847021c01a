-- A release goes by its stages at every hour and with every revision, and of two promotions of a price the same rule decides whenever it is asked.

alter table promotion add column told_trouble bigint not null default 0,    -- prices in trouble when people were last told
    add column counted_at timestamptz;                                      -- its prices were last counted for the figures
create index promotion_cell_outdone on promotion_cell (connection_id, item, place) where phase = 'outdone';

-- Whether a promotion says that its price stands over others.
create function promotion_insists(p_promotion bigint) returns boolean language sql stable as $$
    select coalesce(r.plan -> 'rules' ->> 'overlap', '') = 'ThisOne' from promotion p join promotion_revision r on r.promotion_id = p.id and r.revision = p.released where p.id = p_promotion
$$;

-- Whether the first of two prices of a spot stands over the second: one that insists before one that does not, of two that insist the one that starts later, else the lower.
create function promotion_beats(p_insists boolean, p_starts timestamptz, p_promotion bigint, p_price numeric, r_insists boolean, r_starts timestamptz, r_promotion bigint, r_price numeric)
returns boolean language sql immutable parallel safe as $$
    select case when p_insists and r_insists then (p_starts, p_promotion) > (r_starts, r_promotion) when p_insists or r_insists then p_insists else p_price < r_price end
$$;

-- Puts an approved revision in force: new prices are added, changed ones wait for their stage anew while the old price stands, those that are no longer meant go back.
create or replace function promotion_adopt(p_promotion bigint, p_revision integer, p_now timestamptz) returns bigint language plpgsql as $$
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

    -- Cells of both sides in one order, whoever comes first.
    perform c.id from promotion_cell c
    where c.id in (select id from promotion_cell where promotion_id = p_promotion union
        select r.id from promotion_cell m join promotion_cell r on r.phase = 'outdone' and r.connection_id = m.connection_id and r.item = m.item and r.place = m.place where m.promotion_id = p_promotion and m.held)
    order by c.id for update;

    drop table if exists promo_wish;
    create temp table promo_wish on commit drop as
    select p.connection_id, p.item, p.place, p.kind, p.sku, p.currency, p.stage, p.starts_at, p.ends_at, p.base_price, p.price, p.compare, p.with_compare,
        case when p.kind = 'checkout' then p.terms || jsonb_build_object('offer', v_plan -> 'offer', 'name', v_plan ->> 'name') end as terms
    from promotion_plan_cell p
    where p.promotion_id = p_promotion and p.revision = p_revision and p.stage is not null and not p.flags && array['missing', 'capability', 'no-price', 'currency', 'zero', 'passed', 'no-compare', 'not-lower'];

    -- A stage with something new to show is gone through again, its hold and its share of read-backs with it.
    update promotion_stage s set started_at = null, started_by = null, advanced_by = null, proven_at = null, accepted = false
    where s.promotion_id = p_promotion and s.started_at is not null and s.stage in (
        select w.stage from promo_wish w
        left join promotion_cell c on c.promotion_id = p_promotion and c.connection_id = w.connection_id and c.item = w.item and c.place = w.place and c.currency = w.currency
        where c.id is null or c.phase in ('reverting', 'returned', 'stuck', 'reverted', 'left-alone', 'never')
           or c.phase <> 'ignored' and (c.price, c.compare, c.terms) is distinct from (w.price, w.compare, w.terms));

    insert into promotion_cell as c (promotion_id, connection_id, item, place, kind, sku, currency, stage, starts_at, ends_at, revision, base_price, price, compare, with_compare, terms)
    select p_promotion, w.connection_id, w.item, w.place, w.kind, w.sku, w.currency, w.stage, w.starts_at, w.ends_at, p_revision, w.base_price, w.price, w.compare, w.with_compare, w.terms
    from promo_wish w order by w.connection_id, w.item, w.place
    on conflict (promotion_id, connection_id, item, place, currency) do update set
        sku = excluded.sku, stage = excluded.stage, starts_at = excluded.starts_at, ends_at = excluded.ends_at, revision = excluded.revision, base_price = coalesce(c.base_price, excluded.base_price),
        price = excluded.price, compare = excluded.compare, with_compare = excluded.with_compare, terms = excluded.terms, changed_at = v_now, fence = c.fence + 1,
        phase = case
            when c.phase in ('written', 'offline', 'proven', 'drifted', 'failed') and (c.price, c.compare, c.terms) is distinct from (excluded.price, excluded.compare, excluded.terms) then 'waiting'
            -- What is on its way out or back waits for its stage; what is back, left to somebody else or outdone begins anew, and who wins is decided anew.
            when c.phase in ('applying', 'reverting', 'returned', 'stuck', 'never', 'reverted', 'left-alone', 'outdone') then 'waiting' else c.phase end,
        touched = c.touched and c.phase not in ('reverted', 'left-alone', 'outdone'), captured = c.captured and c.phase not in ('reverted', 'left-alone', 'outdone'),
        ours = case when c.phase in ('reverted', 'left-alone', 'outdone') then '{}' else c.ours end,
        outdone_by = null,
        due_at = case when c.phase in ('written', 'offline', 'proven', 'drifted', 'failed') and (c.price, c.compare, c.terms) is not distinct from (excluded.price, excluded.compare, excluded.terms) then c.due_at end,
        attempts = case when c.phase = 'failed' and (c.price, c.compare, c.terms) is not distinct from (excluded.price, excluded.compare, excluded.terms) then c.attempts else 0 end,
        failure = case when c.phase in ('offline', 'drifted', 'failed') and (c.price, c.compare, c.terms) is not distinct from (excluded.price, excluded.compare, excluded.terms) then c.failure end,
        failure_message = case when c.phase in ('offline', 'drifted', 'failed') and (c.price, c.compare, c.terms) is not distinct from (excluded.price, excluded.compare, excluded.terms) then c.failure_message end;

    -- What this one outdid is asked again: its price or its rule may be another now.
    update promotion_cell r set phase = 'waiting', outdone_by = null, touched = false, captured = false, ours = '{}', fence = r.fence + 1, changed_at = v_now
    from promotion_cell c
    where c.promotion_id = p_promotion and c.held and r.phase = 'outdone' and r.ignored_by is null and r.promotion_id <> p_promotion and r.connection_id = c.connection_id and r.item = c.item and r.place = c.place;

    update promotion set state = 'releasing', state_at = v_now
    where id = p_promotion and state = 'live' and exists (select from promotion_stage s where s.promotion_id = p_promotion and s.proven_at is null);
    update promotion set question = null where id = p_promotion;
    perform promotion_back(p_promotion, array(select c.id from promotion_cell c where c.promotion_id = p_promotion and c.revision < p_revision
        and c.phase not in ('reverting', 'returned', 'stuck', 'reverted', 'left-alone', 'never') order by c.id), v_now);
    update promotion p set starts_at = x.starts_at, ends_at = x.ends_at
    from (select min(starts_at) as starts_at, max(ends_at) as ends_at from promotion_cell where promotion_id = p_promotion and revision = p_revision) x where p.id = p_promotion;
    select count(*) into v_count from promotion_cell where promotion_id = p_promotion and revision = p_revision;
    return v_count;
end $$;

-- Lets prices of stages that have begun take effect where their hour has come, up to the given stage: a later one waits until what is due of the earlier ones is read back. Of two promotions of one
-- price the winner has it; what stands there passes over with it. A store's own price yields to a price everywhere that stands over it.
create function promotion_begin(p_promotion bigint, p_most integer, p_now timestamptz, p_stage integer) returns integer language plpgsql as $$
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
                or h.place = '' and h.promotion_id <> c.promotion_id and promotion_beats(promotion_insists(h.promotion_id), h.starts_at, h.promotion_id, h.price, v_insists, c.starts_at, c.promotion_id, c.price))))
          -- What is just being written over there is waited for; what goes back there goes back first.
          and not exists (select from promotion_cell h where h.held and h.connection_id = c.connection_id and h.item = c.item and (h.place = c.place or h.place = '') and h.promotion_id <> c.promotion_id
            and (h.batch_key is not null or h.phase in ('reverting', 'returned')))
        order by c.id limit p_most);
    if v_ids = '{}' then
        return 0;
    end if;

    -- Cells of both sides in one order, whoever comes first.
    perform c.id from promotion_cell c
    where c.id in (select unnest(v_ids) union
        select h.id from promotion_cell m join promotion_cell h on h.held and h.connection_id = m.connection_id and h.item = m.item and (h.place = m.place or h.place = '' or m.place = '') where m.id = any(v_ids))
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
    where m.id = d.id and d.wins and m.place <> '' and not m.held
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
    where d.wins and c.held and c.place <> '' and c.connection_id = m.connection_id and c.item = m.item and c.promotion_id <> p_promotion
      and c.phase not in ('reverting', 'returned', 'stuck', 'drifted', 'ignored')
      and promotion_beats(v_insists, m.starts_at, m.promotion_id, m.price, promotion_insists(c.promotion_id), c.starts_at, c.promotion_id, c.price);
    perform promotion_unpublish(v_ids);
    return (select count(*) from promo_duel);
end $$;

-- As nodes of an earlier version ask.
create or replace function promotion_begin(p_promotion bigint, p_most integer, p_now timestamptz) returns integer language sql as $$ select promotion_begin(p_promotion, p_most, p_now, null) $$;

-- Sends these prices back to what stood there before: to a promotion that waited for the place if there is one, else to the former price.
create or replace function promotion_back(p_promotion bigint, p_ids bigint[], p_now timestamptz) returns integer language plpgsql as $$
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
    order by m.id, promotion_insists(h.promotion_id) desc, case when promotion_insists(h.promotion_id) then h.starts_at end desc, h.price, h.id;

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
