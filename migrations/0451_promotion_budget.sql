-- A budget counts what was taken off in every currency, at the rates that are written down; the amounts stay as they were.

alter table promotion add column budget_asked numeric,   -- the budget that the standing question or hold is about; null: it is about something else
    add column budget_let numeric,                        -- the budget beyond which a person let it go on
    add column budget_currency text,                      -- of both
    add constraint promotion_budget_currency check (coalesce(budget_asked, budget_let) is null or budget_currency is not null);

-- What one unit of a currency is worth in another; null: one of them has no rate.
create function currency_factor(p_from text, p_to text) returns numeric language sql stable as $$
    select case when p_from = p_to then 1 else (select f.rate / t.rate from currency_rate f, currency_rate t where f.currency = p_from and t.currency = p_to) end
$$;

-- What was taken off what was sold of a promotion, by currency, as it was paid and in the currency of its budget. In the budget's currency null: there is no rate.
create function promotion_spent(p_promotion bigint) returns table (currency text, amount numeric, in_budget numeric) language sql stable as $$
    select s.currency, s.amount, s.amount * x.factor
    from (
        select s.currency, sum((s.former - s.paid) * s.quantity) as amount from promotion_sale s where s.promotion_id = p_promotion and s.former > s.paid group by s.currency) s
    cross join lateral (
        select currency_factor(s.currency, r.plan -> 'rules' ->> 'budgetCurrency') as factor
        from promotion p join promotion_revision r on r.promotion_id = p.id and r.revision = p.released where p.id = p_promotion) x
$$;
