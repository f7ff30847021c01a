-- Two customers that may be one person. Each key says 1 where both have it and it is the same, -1 where both have it and it differs, 0 where one of them does not say.
create table customer_pair (
    id             bigint generated always as identity primary key,
    a_connection   text not null,
    a_customer     text not null,
    b_connection   text not null,
    b_customer     text not null,
    email          smallint not null check (email between -1 and 1),
    phone          smallint not null check (phone between -1 and 1),
    loyalty        smallint not null check (loyalty between -1 and 1),
    name           smallint not null check (name between -1 and 1),
    -- The one place of the rule: one number of the loyalty programme, or two keys that agree and none of the programme against it; never two names. All else is a person's to say.
    certain        boolean not null generated always as (name > -1 and (loyalty = 1 or (email = 1 and phone = 1 and loyalty = 0))) stored,
    found_at       timestamptz not null default now(),
    verdict        text check (verdict in ('same', 'different')),
    verdict_by     text,
    verdict_why    text,
    verdict_at     timestamptz,
    unique (a_connection, a_customer, b_connection, b_customer),
    foreign key (a_connection, a_customer) references catalog_customer (connection_id, customer) on delete cascade,
    foreign key (b_connection, b_customer) references catalog_customer (connection_id, customer) on delete cascade,
    check ((a_connection, a_customer) < (b_connection, b_customer)),
    check ((verdict is null) = (verdict_by is null) and (verdict is null) = (verdict_at is null) and (verdict is null) = (verdict_why is null))
);
create index customer_pair_b on customer_pair (b_connection, b_customer);
create index customer_pair_open on customer_pair (found_at, id) where verdict is null and not certain;

create function key_says(a text, b text) returns smallint language sql immutable parallel safe as $$
    select case when a is null or b is null or a = '' or b = '' then 0 when a = b then 1 else -1 end::smallint
$$;

-- Pairs of these customers anew. What a person said stays said. A key that many share is nobody's own: a shop's till number, a family's mail.
create function customer_pairs(p_connection text, p_customers text[]) returns void language plpgsql as $$
begin
    -- Two that are stored at once do not see each other: whoever comes second looks after the first has committed.
    perform pg_advisory_xact_lock(hashtext('customer-pairs'));
    delete from customer_pair p where p.verdict is null
        and ((p.a_connection = p_connection and p.a_customer = any (p_customers)) or (p.b_connection = p_connection and p.b_customer = any (p_customers)));
    insert into customer_pair as p (a_connection, a_customer, b_connection, b_customer, email, phone, loyalty, name)
    select distinct on (a.connection_id, a.customer, b.connection_id, b.customer) a.connection_id, a.customer, b.connection_id, b.customer,
        key_says(a.email, b.email), key_says(a.phone_e164, b.phone_e164), key_says(a.loyalty, b.loyalty),
        key_says(nullif(lower(btrim(concat_ws(' ', a.first_name, a.last_name))), ''), nullif(lower(btrim(concat_ws(' ', b.first_name, b.last_name))), ''))
    from catalog_customer x
    cross join lateral (
        (select y.connection_id, y.customer from catalog_customer y where y.email = x.email and y.gone_at is null and (select count(*) from (select from catalog_customer n where n.email = x.email limit 11) n) <= 10)
        union
        (select y.connection_id, y.customer from catalog_customer y where y.phone_e164 = x.phone_e164 and y.gone_at is null and (select count(*) from (select from catalog_customer n where n.phone_e164 = x.phone_e164 limit 11) n) <= 10)
        union
        (select y.connection_id, y.customer from catalog_customer y where y.loyalty = x.loyalty and y.gone_at is null and (select count(*) from (select from catalog_customer n where n.loyalty = x.loyalty limit 11) n) <= 10)) o
    join catalog_customer y on y.connection_id = o.connection_id and y.customer = o.customer
    cross join lateral (select (x.connection_id, x.customer) < (y.connection_id, y.customer) as before) f
    join catalog_customer a on a.connection_id = case when f.before then x.connection_id else y.connection_id end and a.customer = case when f.before then x.customer else y.customer end
    join catalog_customer b on b.connection_id = case when f.before then y.connection_id else x.connection_id end and b.customer = case when f.before then y.customer else x.customer end
    where x.connection_id = p_connection and x.customer = any (p_customers) and x.gone_at is null
      and (x.connection_id, x.customer) <> (y.connection_id, y.customer)
    order by a.connection_id, a.customer, b.connection_id, b.customer
    on conflict (a_connection, a_customer, b_connection, b_customer) do update set email = excluded.email, phone = excluded.phone, loyalty = excluded.loyalty, name = excluded.name
    where (p.email, p.phone, p.loyalty, p.name) is distinct from (excluded.email, excluded.phone, excluded.loyalty, excluded.name);
end $$;

-- Somebody asked to be forgotten, or is long gone at their system: what is known of them goes, that they were there stays, so that they are not stored again.
create function customer_erase(p_connection text, p_customer text) returns void language sql as $$
    delete from customer_pair where (a_connection = p_connection and a_customer = p_customer) or (b_connection = p_connection and b_customer = p_customer);
    update catalog_customer set email = null, phone = null, phone_e164 = null, loyalty = null, first_name = null, last_name = null, erased_at = now()
    where connection_id = p_connection and customer = p_customer and erased_at is null
$$;
