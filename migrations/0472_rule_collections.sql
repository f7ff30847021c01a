-- An attribute that a rule calls "collection" is the collection, however the plan was written; names are the same in upper and lower case.

create or replace function promotion_rule_finds(p_rule jsonb, p_sku text, p_title text, p_product_title text, p_price numeric, p_collections text[], p_facets jsonb) returns boolean language sql immutable parallel safe as $$
    select jsonb_typeof(p_rule) = 'object' and (p_rule - '{collections,inCollections,facets,skuBegins,titleHas,priceFrom,priceTo}'::text[]) <> p_rule
        and (coalesce(jsonb_array_length(p_rule -> 'collections'), 0) = 0 or lower(p_product_title) in (select lower(c) from jsonb_array_elements_text(p_rule -> 'collections') c))
        and not exists (
            select from (
                select 'collection' as name, lower(c) as value from jsonb_array_elements_text(coalesce(p_rule -> 'inCollections', '[]')) c
                union all
                select lower(btrim(f ->> 'name')), lower(f ->> 'value') from jsonb_array_elements(coalesce(p_rule -> 'facets', '[]')) f) w
            group by w.name
            having not bool_or(case when w.name = 'collection' then exists (select from unnest(p_collections) i where lower(i) = w.value)
                else exists (select from jsonb_array_elements_text(coalesce(p_facets -> w.name, '[]')) v where lower(v) = w.value) end))
        and (coalesce(p_rule ->> 'skuBegins', '') = '' or lower(p_sku) like promotion_like(p_rule ->> 'skuBegins') || '%')
        and (coalesce(p_rule ->> 'titleHas', '') = '' or lower(p_product_title || ' ' || p_title) like '%' || promotion_like(p_rule ->> 'titleHas') || '%')
        and (p_rule ->> 'priceFrom' is null or p_price >= (p_rule ->> 'priceFrom')::numeric) and (p_rule ->> 'priceTo' is null or p_price <= (p_rule ->> 'priceTo')::numeric)
$$;
