-- A budget counts what was taken off in every currency, at the rates that are written down; the amounts stay as they were.

-- What one unit of a currency is worth in another; null: one of them has no rate.
create function currency_factor(p_from text, p_to text) returns numeric language sql stable as $$
    select case when p_from = p_to then 1 else (select f.rate / t.rate from currency_rate f, currency_rate t where f.currency = p_from and t.currency = p_to) end
$$;

-- What was taken off what was sold of a promotion, by currency, as it was paid and in the currency of its budget; of it, what was sold before a person last let it go on. In the budget's currency null: there is no rate.
create function promotion_spent(p_promotion bigint) returns table (currency text, amount numeric, in_budget numeric, before numeric) language sql stable as $$
    select s.currency, s.amount, s.amount * x.factor, s.before * x.factor
    from (
        select s.currency, sum((s.former - s.paid) * s.quantity) as amount, coalesce(sum((s.former - s.paid) * s.quantity) filter (where s.at <= p.judged_from), 0) as before
        from promotion_sale s join promotion p on p.id = s.promotion_id where s.promotion_id = p_promotion and s.former > s.paid group by s.currency) s
    cross join lateral (
        select currency_factor(s.currency, r.plan -> 'rules' ->> 'budgetCurrency') as factor
        from promotion p join promotion_revision r on r.promotion_id = p.id and r.revision = p.released where p.id = p_promotion) x
$$;
