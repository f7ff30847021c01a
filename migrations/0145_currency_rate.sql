-- What one unit of a currency is worth in the currency of the books, as somebody of the retailer wrote it down: for totals and the order of the desk. Nothing is ever booked with it.
create table currency_rate (
    currency    text primary key check (currency ~ '^[A-Z]{3}$'),
    rate        numeric(20, 10) not null check (rate > 0),
    as_of       date not null,
    version     integer not null default 1,
    changed_at  timestamptz not null default now(),
    changed_by  text not null check (changed_by <> '')
);

-- How a person wants to read: totals in one currency, times as ages or as clocks.
create table viewer_choice (
    account_id  uuid primary key references account (id) on delete cascade,
    totals_in   text check (totals_in ~ '^[A-Z]{3}$'),
    clocks      boolean not null default false
);
