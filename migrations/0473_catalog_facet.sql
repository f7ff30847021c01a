-- Collections and attributes that channels list, kept beside the items, so that who looks for one does not go through the whole catalogue.

create table catalog_facet (
    connection_id  text not null references connection (id) on delete cascade,
    name           text not null,
    value          text not null,
    items          bigint not null check (items >= 0),   -- that have it; 0: none any more
    primary key (connection_id, name, value)
);

-- What an item is, one row for each collection and each value of an attribute.
create function catalog_facets(p_collections text[], p_facets jsonb) returns table (name text, value text) language sql immutable parallel safe as $$
    select 'collection', c from unnest(p_collections) c union select k.key, v from jsonb_each(p_facets) k cross join lateral jsonb_array_elements_text(case when jsonb_typeof(k.value) = 'array' then k.value else '[]' end) v
$$;

-- Rows are met in one order, whoever comes first. What goes is only ever taken off what is there: a connection that is deleted takes both away.
create function catalog_facet_come() returns trigger language plpgsql as $$
begin
    insert into catalog_facet as f (connection_id, name, value, items)
    select n.connection_id, x.name, x.value, count(*) from new_items n cross join lateral catalog_facets(n.collections, n.facets) x where n.gone_at is null group by 1, 2, 3 order by 1, 2, 3
    on conflict (connection_id, name, value) do update set items = f.items + excluded.items;
    return null;
end $$;
create function catalog_facet_go() returns trigger language plpgsql as $$
begin
    update catalog_facet f set items = f.items - g.items
    from (select f.connection_id, f.name, f.value, x.items from catalog_facet f join (
            select o.connection_id, x.name, x.value, count(*) as items from old_items o cross join lateral catalog_facets(o.collections, o.facets) x where o.gone_at is null group by 1, 2, 3) x
            on x.connection_id = f.connection_id and x.name = f.name and x.value = f.value order by 1, 2, 3 for update of f) g
    where f.connection_id = g.connection_id and f.name = g.name and f.value = g.value;
    return null;
end $$;
create function catalog_facet_change() returns trigger language plpgsql as $$
begin
    -- Prices change every minute, what an item is hardly ever.
    if not exists (select from old_items o join new_items n on n.connection_id = o.connection_id and n.item = o.item where (o.collections, o.facets, o.gone_at is null) is distinct from (n.collections, n.facets, n.gone_at is null)) then
        return null;
    end if;
    with change as (
        select c.connection_id, c.name, c.value, sum(c.by)::bigint as by
        from (
            select n.connection_id, x.name, x.value, 1 as by from new_items n cross join lateral catalog_facets(n.collections, n.facets) x where n.gone_at is null
            union all
            select o.connection_id, x.name, x.value, -1 from old_items o cross join lateral catalog_facets(o.collections, o.facets) x where o.gone_at is null) c
        group by 1, 2, 3 having sum(c.by) <> 0)
    insert into catalog_facet as f (connection_id, name, value, items) select connection_id, name, value, greatest(by, 0) from change order by 1, 2, 3
    on conflict (connection_id, name, value) do update set items = f.items + (select c.by from change c where c.connection_id = f.connection_id and c.name = f.name and c.value = f.value);
    return null;
end $$;
create trigger catalog_facet_come after insert on catalog_item referencing new table as new_items for each statement execute function catalog_facet_come();
create trigger catalog_facet_go after delete on catalog_item referencing old table as old_items for each statement execute function catalog_facet_go();
create trigger catalog_facet_change after update on catalog_item referencing old table as old_items new table as new_items for each statement execute function catalog_facet_change();

insert into catalog_facet (connection_id, name, value, items)
select i.connection_id, x.name, x.value, count(*) from catalog_item i cross join lateral catalog_facets(i.collections, i.facets) x where i.gone_at is null group by 1, 2, 3;
