-- A promotion that has come to a price of a plan since the plan was checked: sent or agreed to since, at a price that the check found free. Null: none.
create function promotion_contested(p_promotion bigint, p_revision integer) returns bigint language sql stable as $$
    select min(v.promotion_id)
    from promotion_revision own join promotion_revision v on v.promotion_id <> own.promotion_id join promotion m on m.id = v.promotion_id
    where own.promotion_id = p_promotion and own.revision = p_revision
      and (v.state = 'review' and v.sent_at > own.checked_at or v.state = 'approved' and v.decided_at > own.checked_at and m.state in ('scheduled', 'releasing', 'live'))
      and exists (
        select from promotion_plan_cell p join promotion_plan_cell c on c.connection_id = p.connection_id and c.item = p.item and (c.place = p.place or c.place = '' or p.place = '') and c.starts_at < p.ends_at and p.starts_at < c.ends_at
        where p.promotion_id = p_promotion and p.revision = p_revision and p.kind = 'price' and p.item <> '' and p.rival_id is null and c.promotion_id = v.promotion_id and c.revision = v.revision and c.kind = 'price')
$$;
