-- Who owns which data. A change is a layer of rules with a time in which it holds; what holds at a moment are the layers of that moment, the one that was approved later before the one approved
-- earlier, rule by rule. A layer that ends, by its time or by a person, leaves what was below it.
create table ownership_change (
    number         integer primary key check (number > 0),
    title          text not null check (btrim(title) <> '' and length(title) <= 120),
    why            text not null check (length(why) <= 1000),
    state          text not null check (state in ('draft', 'asked', 'approved', 'rejected', 'withdrawn')),
    rules          jsonb not null check (jsonb_typeof(rules) = 'array'),   -- each whole, or a key that is taken away
    from_at        timestamptz,                       -- null: from its approval on
    until_at       timestamptz,
    author         uuid references account (id),      -- null: what every tower begins with
    author_name    text not null,
    created_at     timestamptz not null default now(),
    asked_at       timestamptz,
    decided_by     uuid references account (id),
    decided_name   text,
    decided_why    text,
    decided_at     timestamptz,
    ended_at       timestamptz,
    ended_by       text,
    ended_why      text,
    tried          jsonb,                             -- what it would have done to the writes of the last days
    tried_at       timestamptz,
    version        integer not null default 1,
    act_key        uuid unique,
    check (until_at > from_at),
    check (state not in ('approved', 'rejected') or decided_at is not null),
    -- Two people: nobody approves their own.
    check (state <> 'approved' or author is null or (decided_by is not null and decided_by <> author)),
    check (ended_at is null or state = 'approved'),
    check ((ended_at is null) = (ended_by is null))
);
create index ownership_change_in_force on ownership_change (decided_at) where state = 'approved' and ended_at is null;

-- Rises with whatever changes which rules hold; readers keep their picture while it stands.
create table ownership_revision (single boolean primary key default true check (single), revision bigint not null);
insert into ownership_revision values (true, 1);

create function ownership_moved() returns trigger language plpgsql as $$
begin
    update ownership_revision set revision = revision + 1;
    return null;
end $$;
create trigger ownership_moved after insert or update of state, rules, from_at, until_at, ended_at on ownership_change
    for each row when (new.state = 'approved') execute function ownership_moved();

-- Writes as they came: those by the owner, to try a change on, and those by others, with what was done. Those of the owner stand in no index: their cost is their bytes.
create table ownership_write (
    id             bigint generated always as identity,
    at             timestamptz not null default now(),
    source         text not null,                     -- a connection, or client:<id>
    domain         text not null,
    field          text not null,
    subject        text not null,                     -- the SKU, the customer, the order
    brand          text not null default '',
    region         text not null default '',
    channel        text not null default '',          -- the connection whose data it is
    store          text not null default '',
    old            text,
    new            text,
    owner_value    text,
    verdict        text not null check (verdict in ('owned', 'filled', 'let-through', 'quarantined', 'blocked')),
    set_number     integer not null,                  -- the change whose rule decided
    message_id     bigint,
    settled_at     timestamptz,                       -- of a quarantined one: when a person decided
    settled_by     text,
    settled_as     text check (settled_as in ('accepted', 'refused')),
    settled_why    text,
    check ((settled_at is null) = (settled_by is null) and (settled_at is null) = (settled_as is null)),
    check (settled_at is null or verdict = 'quarantined')
);
create index ownership_write_at on ownership_write using brin (at);
create unique index ownership_write_other on ownership_write (id) where verdict <> 'owned';
create index ownership_write_waits on ownership_write (at) where verdict = 'quarantined' and settled_at is null;
create index ownership_write_subject on ownership_write (subject, domain, field, id) where verdict <> 'owned';
create index ownership_write_blocked on ownership_write (at) where verdict = 'blocked';
create index ownership_write_message on ownership_write (message_id) where message_id is not null and verdict = 'quarantined';

-- However the case of a message that waits ends, its writes wait no longer: applied, by whatever rules, or given up.
create function ownership_case_ends() returns trigger language plpgsql as $$
begin
    update ownership_write w set settled_at = now(), settled_by = coalesce(new.closed_by, 'tower'), settled_as = case when new.proven then 'accepted' else 'refused' end, settled_why = coalesce(new.resolution, '')
    where w.message_id = new.message_id and w.verdict = 'quarantined' and w.settled_at is null;
    return null;
end $$;
create trigger ownership_case_ends after update of state on exception_case
    for each row when (new.failure = 'ownership' and new.message_id is not null and new.state not in ('open', 'retrying')) execute function ownership_case_ends();

-- What every tower begins with: the ERP's word holds for what is sold and for money, the shop's for what was bought and by whom; nobody is refused, what others write is seen.
insert into ownership_change (number, title, why, state, rules, from_at, author_name, decided_at, decided_name) values (1, 'As every tower begins', '', 'approved', '[
    {"domain": "product",   "owners": ["@erp"],  "mode": "allow"},
    {"domain": "product",   "field": "title", "owners": ["@shop"], "mode": "allow"},
    {"domain": "price",     "owners": ["@erp"],  "mode": "allow"},
    {"domain": "inventory", "owners": ["@erp"],  "adds": ["@shop", "@api"], "mode": "allow"},
    {"domain": "customer",  "owners": ["@shop"], "adds": ["@erp"], "kind": "last", "mode": "allow"},
    {"domain": "order",     "owners": ["@shop"], "adds": ["@erp"], "mode": "allow"},
    {"domain": "return",    "owners": ["@shop"], "adds": ["@erp"], "mode": "allow"},
    {"domain": "financial", "owners": ["@erp"],  "adds": ["@processor", "@bank", "@shop"], "mode": "allow"}
]', '2020-01-01T00:00:00Z', 'the tower', '2020-01-01T00:00:00Z', 'the tower');

-- Which parts a channel takes from its ERP, as the rules have it at the moment; reckoned by who compares.
drop function erp_owns(text) cascade;
drop table catalog_ownership;
create table catalog_ownership (
    connection_id  text not null references connection (id) on delete cascade,
    part           text not null check (part in ('price', 'barcode', 'active', 'title')),
    erp            boolean not null,
    mode           text not null check (mode in ('allow', 'quarantine', 'enforce')),  -- what is done with what the channel changes by itself
    primary key (connection_id, part)
);
create function erp_owns(p_channel text, p_part text) returns boolean language sql stable as $$
    select coalesce((select erp from catalog_ownership where connection_id = p_channel and part = p_part), p_part <> 'title')
$$;

create or replace function catalog_differences_of(p_channel text, p_erp text) returns table (kind text, item text, erp_item text, sku text, mark text, value numeric) language sql stable as $$
    with c as materialized (select i as r, i.item, i.sku, i.sku_fold, i.barcode, i.active, i.price, i.currency from catalog_item i where i.connection_id = p_channel and i.gone_at is null),
    e as materialized (select i as r, i.item, i.sku, i.sku_fold, i.barcode, i.active, i.price, i.currency from catalog_item i where i.connection_id = p_erp and i.gone_at is null),
    m as materialized (select x.item, x.erp_item from catalog_match x where x.connection_id = p_channel),
    c_free as materialized (select c.* from c where not exists (select from m where m.item = c.item)),
    e_free as materialized (select e.* from e where not exists (select from m where m.erp_item = e.item)),
    twice as materialized (select c.sku from c where c.sku is not null group by c.sku having count(*) > 1),
    e_twice as materialized (select e.sku from e where e.sku is not null group by e.sku having count(*) > 1),
    near as materialized (
        select c.item, e.item as erp_item, c.sku, e.sku as erp_sku from c_free c join e_free e on e.sku_fold = c.sku_fold where e.sku <> c.sku),
    barred as materialized (
        select c.item, e.item as erp_item, c.sku, e.sku as erp_sku, c.barcode from c join e on e.barcode = c.barcode
        where e.sku <> c.sku and not exists (select from m where m.item = c.item and m.erp_item = e.item)
          and not exists (select from near n where n.item = c.item and n.erp_item = e.item)),
    pair as materialized (
        select c.item, e.item as erp_item, c.sku, c.barcode, e.barcode as erp_barcode, c.active, e.active as erp_active, c.price, c.currency, e.price as erp_price, e.currency as erp_currency,
            catalog_price(e.r, c.r) as target
        from m join c on c.item = m.item join e on e.item = m.erp_item),
    found (kind, item, erp_item, sku, mark) as (
        select 'missing-in-channel', '', e.item, coalesce(e.sku, ''), 'missing' from e_free e
        where e.active and not exists (select from near n where n.erp_item = e.item) and not exists (select from barred b where b.erp_item = e.item)
          and not exists (select from twice t where t.sku = e.sku) and not exists (select from e_twice t where t.sku = e.sku)
        union all
        select 'missing-in-erp', c.item, '', coalesce(c.sku, ''), 'missing' from c_free c
        where c.active and not exists (select from near n where n.item = c.item) and not exists (select from barred b where b.item = c.item)
          and not exists (select from twice t where t.sku = c.sku) and not exists (select from e_twice t where t.sku = c.sku)
        union all
        select 'same-sku', c.item, '', c.sku, c.sku from c join twice t on t.sku = c.sku
        union all
        select 'same-sku', '', e.item, e.sku, e.sku from e join e_twice t on t.sku = e.sku
        union all
        select 'same-barcode', b.item, b.erp_item, b.sku, b.barcode || ' ' || b.erp_sku from barred b
        union all
        select 'same-barcode', c.item, '', coalesce(c.sku, ''), c.barcode
        from c where c.barcode in (select x.barcode from c x where x.barcode is not null group by x.barcode having count(distinct coalesce(x.sku, x.item)) > 1)
        union all
        select 'nearly-same', n.item, n.erp_item, n.sku, n.sku || ' ' || n.erp_sku from near n
        union all
        select 'price', p.item, p.erp_item, coalesce(p.sku, ''), concat_ws(' ', p.price, p.currency, p.target) from pair p where p.price is distinct from p.target and p.target is not null and erp_owns(p_channel, 'price')
        union all
        select 'currency', p.item, p.erp_item, coalesce(p.sku, ''), concat_ws(' ', p.currency, p.erp_currency) from pair p where p.target is null and p.price is not null and erp_owns(p_channel, 'price')
        union all
        select 'barcode', p.item, p.erp_item, coalesce(p.sku, ''), concat_ws(' ', p.barcode, p.erp_barcode) from pair p where p.barcode <> p.erp_barcode and erp_owns(p_channel, 'barcode')
        union all
        select 'inactive', p.item, p.erp_item, coalesce(p.sku, ''), 'inactive' from pair p where p.active and not p.erp_active and erp_owns(p_channel, 'active')
        union all
        select 'no-barcode', c.item, coalesce(m.erp_item, ''), coalesce(c.sku, ''), coalesce(e.barcode, '') from c left join m on m.item = c.item left join e on e.item = m.erp_item
        where c.active and c.barcode is null and exists (select from c x where x.barcode is not null)),  -- a system that knows no barcodes lacks none
    there as materialized (select s.sku, sum(s.on_hand)::numeric as pieces from stock s where s.sku in (select f.sku from found f) group by s.sku)
    select f.kind, f.item, f.erp_item, f.sku, f.mark, round(t.pieces * coalesce(c.price, e.price), 2)
    from found f left join c on c.item = f.item left join e on e.item = f.erp_item left join there t on t.sku = f.sku
$$;

create or replace function catalog_expect(p_channel text, p_erp text, p_mode text) returns void language plpgsql as $$
begin
    delete from catalog_publication p where p.connection_id = p_channel and p.batch_key is null and not p.wanted
        and (p_mode not in ('changes', 'all') or not exists (select from catalog_match m where m.connection_id = p_channel and m.item = p.item and m.erp_item = p.erp_item));
    insert into catalog_publication as p (connection_id, item, erp_item, price, currency, barcode, active, left_price, left_barcode, left_active, due_at)
    select p_channel, x.item, x.erp_item, x.price, x.currency, x.barcode, x.active, x.price, x.barcode, x.active, case when p_mode = 'all' and x.differs then now() end
    from (
        select m.item, m.erp_item, t.price, c.currency, case when erp_owns(p_channel, 'barcode') then e.barcode end as barcode, case when erp_owns(p_channel, 'active') then e.active end as active,
            t.price <> c.price or (erp_owns(p_channel, 'barcode') and e.barcode is distinct from c.barcode and e.barcode is not null) or (erp_owns(p_channel, 'active') and e.active <> c.active) as differs
        from catalog_match m join catalog_item c on c.connection_id = p_channel and c.item = m.item join catalog_item e on e.connection_id = p_erp and e.item = m.erp_item
        cross join lateral (select case when erp_owns(p_channel, 'price') then catalog_price(e, c) end as price) t
        where m.connection_id = p_channel) x
    where p_mode in ('changes', 'all') or exists (select from catalog_publication w where w.connection_id = p_channel and w.item = x.item)
    order by x.item
    on conflict (connection_id, item) do update set
        erp_item = excluded.erp_item, price = excluded.price, currency = excluded.currency, barcode = excluded.barcode, active = excluded.active, changed_at = now(), fence = p.fence + 1,
        -- The ERP's word that counts again after the rules gave it to the channel is no change by the ERP.
        left_price = coalesce(p.left_price, case when p.price is null then excluded.price end), left_barcode = coalesce(p.left_barcode, case when p.barcode is null then excluded.barcode end),
        left_active = coalesce(p.left_active, case when p.active is null then excluded.active end),
        due_at = case when p.batch_key is null then now() else p.due_at end, attempts = 0, failure = null, failure_message = null, failed_at = null
    where (p.erp_item, p.price, p.currency, p.barcode, p.active) is distinct from (excluded.erp_item, excluded.price, excluded.currency, excluded.barcode, excluded.active)
        or (excluded.due_at is not null and p.due_at is null and p.batch_key is null and p.failure is null);
end $$;

create or replace function catalog_compare(p_channel text) returns boolean language plpgsql as $$
declare
    v_erp text;
    v_mode text;
    v_seen timestamptz;
    v_whole boolean;
begin
    if not pg_try_advisory_xact_lock(hashtext('catalog/' || p_channel)) then
        return false;
    end if;
    select dirty_at into v_seen from catalog_state where connection_id = p_channel;
    if v_seen is null then
        return false;
    end if;
    select posts_to, coalesce(settings ->> 'publishPrices', 'no') into v_erp, v_mode from connection where id = p_channel;
    -- Where the rules refuse what the channel changes by itself it is set right; where a person decides, nothing is set right before.
    if v_mode <> 'no' then
        v_mode := case (select max(mode) filter (where mode <> 'allow') from catalog_ownership where connection_id = p_channel and part = 'price' and erp) when 'enforce' then 'all' when 'quarantine' then 'changes' else v_mode end;
    end if;
    v_whole := v_erp is not null and (select count(*) from feed_cursor where connection_id in (p_channel, v_erp) and feed = 'products-all' and heard_at is not null) = 2;
    if not v_whole then
        delete from catalog_difference where connection_id = p_channel;  -- what was read of one side in part says nothing of what is missing
        delete from catalog_publication where connection_id = p_channel;
        delete from catalog_match where connection_id = p_channel;
    else
        create temporary table catalog_matched on commit drop as select * from catalog_match_of(p_channel, v_erp);
        analyze catalog_matched;
        delete from catalog_match m where m.connection_id = p_channel
            and not exists (select from catalog_matched n where n.item = m.item and n.erp_item = m.erp_item and n.how = m.how);
        -- A statement of its own: an item that found another partner must be free of the old one first.
        insert into catalog_match (connection_id, item, erp_item, how) select p_channel, n.item, n.erp_item, n.how from catalog_matched n order by n.item on conflict do nothing;

        create temporary table catalog_found on commit drop as select * from catalog_differences_of(p_channel, v_erp);
        analyze catalog_found;
        delete from catalog_difference d where d.connection_id = p_channel
            and not exists (select from catalog_found n where n.kind = d.kind and n.item = d.item and n.erp_item = d.erp_item);
        insert into catalog_difference as d (connection_id, kind, item, erp_item, sku, mark, value)
        select p_channel, n.kind, n.item, n.erp_item, n.sku, n.mark, n.value from catalog_found n
        on conflict (connection_id, kind, item, erp_item) do update set
            sku = excluded.sku, mark = excluded.mark, value = excluded.value,
            ignored_mark = case when d.ignored_mark = excluded.mark then d.ignored_mark end, ignored_by = case when d.ignored_mark = excluded.mark then d.ignored_by end,
            ignored_why = case when d.ignored_mark = excluded.mark then d.ignored_why end, ignored_at = case when d.ignored_mark = excluded.mark then d.ignored_at end
        where (d.sku, d.mark, d.value) is distinct from (excluded.sku, excluded.mark, excluded.value);

        perform catalog_expect(p_channel, v_erp, v_mode);
        drop table catalog_matched, catalog_found;
    end if;
    update catalog_state set compared_at = now(), dirty_at = case when dirty_at = v_seen then null else dirty_at end where connection_id = p_channel;
    return v_whole;
end $$;

alter function catalog_compare(text) set enable_nestloop = off;
alter function catalog_differences_of(text, text) set enable_nestloop = off;
alter function catalog_expect(text, text, text) set enable_nestloop = off;
