-- Who looks into a break: the first rule that fits, in order. What a rule leaves empty fits everything.
create table recon_owner_rule (
    position    integer primary key check (position > 0),
    comparison  text references recon_comparison (name),
    kind        text check (kind in ('missing-other', 'missing-first', 'duplicate', 'amount', 'tax', 'rounding', 'fee', 'timing', 'currency', 'status', 'chargeback', 'payout-failed', 'payout-cancelled')),
    source      text references connection (id),        -- of the item, or the channel of its order
    books       text references connection (id),
    owner_id    uuid references account (id),
    owner_role  text check (owner_role in ('Finance', 'Admin')),   -- whoever of them takes it
    check (num_nonnulls(owner_id, owner_role) = 1)
);

-- One version for the whole list: what a rule means depends on those before it.
create table recon_owner_rules (
    one      boolean primary key default true check (one),
    version  integer not null default 1
);
insert into recon_owner_rules default values;

-- How long a break of each kind may stay open once it is late.
create table recon_sla (
    kind        text primary key check (kind in ('missing-other', 'missing-first', 'duplicate', 'amount', 'tax', 'rounding', 'fee', 'timing', 'currency', 'status', 'chargeback', 'payout-failed', 'payout-cancelled')),
    within      interval not null check (within >= interval '0'),
    changed_at  timestamptz not null default now(),
    changed_by  text
);
insert into recon_sla (kind, within) values
    ('missing-other', '2 days'), ('missing-first', '3 days'), ('duplicate', '1 day'), ('amount', '7 days'), ('tax', '7 days'), ('rounding', '30 days'), ('fee', '14 days'), ('timing', '14 days'),
    ('currency', '7 days'), ('status', '2 days'), ('chargeback', '7 days'), ('payout-failed', '1 day'), ('payout-cancelled', '3 days');

alter table recon_item
    add column owner_role    text check (owner_role in ('Finance', 'Admin')),
    add column owned_by_rule boolean not null default false,   -- false: by hand, and no rule takes it away
    add check (num_nonnulls(owner_id, owner_role) <= 1),
    add check (not owned_by_rule or num_nonnulls(owner_id, owner_role) = 1);
create index recon_item_owner on recon_item (coalesce(owner_id::text, owner_role, 'nobody')) where state = 'open';

-- One meaning for breaks that open and for those that are open already. A rule whose person may not sign in any more, or not work here, is passed over.
create function recon_owner_of(p_comparison text, p_kind text, p_source text, p_books text, p_flow bigint) returns table (owner_id uuid, owner text, owner_role text) language sql stable as $$
    select r.owner_id, a.name, r.owner_role from recon_owner_rule r left join account a on a.id = r.owner_id
    where (r.owner_id is null or a.disabled_at is null and (a.finance or a.role = 'Admin'))
      and (r.comparison is null or r.comparison = p_comparison) and (r.kind is null or r.kind = p_kind) and (r.books is null or r.books = p_books)
      and (r.source is null or r.source = p_source or r.source = (select f.source from flow f where f.id = p_flow))
    order by r.position limit 1
$$;

-- A break that opens, opens again or becomes another has somebody from its first moment, whoever wrote it.
create function recon_item_owned() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.state = 'open' and (old.kind, old.source, old.books, old.flow_id) is not distinct from (new.kind, new.source, new.books, new.flow_id) then
        return new;
    end if;
    if new.owned_by_rule or new.owner_id is null and new.owner_role is null then
        select r.owner_id, r.owner, r.owner_role into new.owner_id, new.owner, new.owner_role from recon_owner_of(new.comparison, new.kind, new.source, new.books, new.flow_id) r;
        new.owned_by_rule := new.owner_id is not null or new.owner_role is not null;
    end if;
    return new;
end $$;
create trigger recon_item_owned before insert or update on recon_item for each row when (new.state = 'open') execute function recon_item_owned();
