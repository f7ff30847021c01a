-- Money as each system states it: one row per movement or document, replaced by what its source says later. What stands here is never computed from another side.
alter table connection drop constraint connection_role_check;
alter table connection add constraint connection_role_check check (role in ('shop', 'erp', 'processor', 'bank'));

create table ledger_line (
    id             bigint generated always as identity primary key,
    connection_id  text not null references connection (id),
    kind           text not null check (kind in ('Order', 'Refund', 'Tender', 'SalesOrder', 'Invoice', 'CreditMemo', 'Payment', 'Journal', 'Charge', 'ChargeRefund', 'Dispute', 'Fee', 'Adjustment', 'Reserve',
                       'Exchange', 'Carried', 'Payout', 'PayoutReturned', 'BankEntry', 'Unknown')),
    external_id    text not null check (length(external_id) between 1 and 120),
    version        bigint not null default 0,
    status         text not null default 'Final' check (status in ('Pending', 'Final', 'Failed', 'Cancelled', 'Gone')),
    amount         numeric(19, 4) not null,             -- before the fee; signed as the retailer sees it
    currency       char(3) not null check (currency ~ '^[A-Z]{3}$'),
    shown_amount   numeric(19, 4),                      -- in the buyer's currency
    shown_currency char(3) check (shown_currency ~ '^[A-Z]{3}$'),
    fee            numeric(19, 4) not null default 0,
    tax            numeric(19, 4),
    payout         text,
    method         text,
    document       text,
    refs           text[] not null default '{}',
    words          text,
    account        text,
    store          text,
    at             timestamptz not null,
    day            date not null,                       -- the business day of its source
    flow_id        bigint references flow (id),         -- the order that it belongs to, once that is known
    file_id        bigint,                              -- the statement file that told it
    stored_at      timestamptz not null default now(),
    unique (connection_id, kind, external_id),
    check ((shown_amount is null) = (shown_currency is null))
);
create index ledger_line_flow on ledger_line (flow_id) where flow_id is not null;
create index ledger_line_payout on ledger_line (connection_id, payout) where payout is not null;
create index ledger_line_day on ledger_line (connection_id, day);
create index ledger_line_bank on ledger_line (at) where kind in ('BankEntry', 'Journal');
create index ledger_line_homeless on ledger_line using gin (refs) where flow_id is null;

-- When the business day of a source ends, by its own clock: a payment after it belongs to the next day. Without a row: midnight.
create table ledger_cutoff (
    connection_id  text primary key references connection (id),
    ends_minute    integer not null default 0 check (ends_minute between 0 and 1439),    -- of the day
    changed_at     timestamptz not null default now(),
    changed_by     text not null check (changed_by <> '')
);

-- Who settles what is paid at a channel by a means of payment. A row without processor is seen and waits for a person, or is settled by nobody (cash).
create table ledger_route (
    channel        text not null references connection (id),
    method         text not null check (length(method) between 1 and 60),
    processor      text references connection (id),
    settled        boolean,                             -- null: nobody has said yet; false: nobody settles it
    changed_at     timestamptz not null default now(),
    changed_by     text,
    primary key (channel, method),
    check ((processor is not null) = coalesce(settled, false))
);
create index ledger_route_processor on ledger_route (processor) where processor is not null;

create function ledger_day(p_connection text, p_at timestamptz) returns date language sql stable as $$
    select case when coalesce(u.ends_minute, 0) = 0 then (p_at at time zone c.time_zone)::date
        else ((p_at at time zone c.time_zone) + (interval '24 hours' - u.ends_minute * interval '1 minute'))::date end
    from connection c left join ledger_cutoff u on u.connection_id = c.id where c.id = p_connection
$$;

-- The order that a line names: by the key under which the tower posted, by the channel's id or name of the order, by the number that the ERP gave. Only one answer is an answer.
create function ledger_order(p_connection text, p_refs text[]) returns bigint language sql stable as $$
    with role as (select c.role, c.id from connection c where c.id = p_connection),
    named as (
        select r.ref, r.n from unnest(p_refs) with ordinality r (ref, n) where r.ref <> ''),
    found as (
        -- Of an ERP: the key, whole or its last characters.
        select n.n, case f.kind when 'return-to-refund' then (f.state ->> 'OrderFlow')::bigint else f.id end as flow_id
        from named n join posting p on p.key = upper(n.ref) join flow f on f.id = p.flow_id
        union all
        -- Of a shop or of who takes its payments: the order's id there, or its name.
        select n.n, f.id from named n cross join role o join flow f on f.kind = 'order-to-cash' and f.source_id = n.ref
        where case when o.role = 'shop' then f.source = o.id when o.role = 'processor' then f.source in (select t.channel from ledger_route t where t.processor = o.id) else false end
        union all
        select n.n, x.flow_id from named n cross join role o join flow_reference x on lower(x.value) = lower(n.ref) join flow f on f.id = x.flow_id and f.kind = 'order-to-cash'
        where case when o.role = 'shop' then f.source = o.id when o.role = 'processor' then f.source in (select t.channel from ledger_route t where t.processor = o.id) when o.role = 'erp' then f.erp = o.id else false end)
    select min(flow_id) from found where n = (select min(n) from found where flow_id is not null) and flow_id is not null having count(distinct flow_id) = 1
$$;
