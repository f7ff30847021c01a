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

-- Amounts of several currencies are ranked by their rates; one without a rate by its number, those without a minor unit as hundredths, to be of one size with the others.
create or replace function case_follow() returns trigger language plpgsql as $$
begin
    new.at_risk := new.value * coalesce((select loss from case_class where failure = new.failure), 1);
    new.rank := new.at_risk * coalesce((select rate from currency_rate where currency = new.currency), case when new.currency in ('JPY', 'KRW', 'CLP', 'VND', 'ISK', 'HUF') then 0.01 else 1 end);
    if new.state <> 'retrying' then
        new.accepted_at := null;
    end if;
    if tg_op = 'UPDATE' and old.shelf is not null and new.shelf is not null and (new.occurrences > old.occurrences or new.state <> old.state) then
        new.woke_at := case when new.occurrences > old.occurrences then now() else new.woke_at end;
        new.shelf := null;
        new.shelf_until := null;
        new.shelf_by := null;
        new.shelf_note := null;
    end if;
    return new;
end $$;
