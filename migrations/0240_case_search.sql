-- Words of a text: whole ones, the last by its beginning, because it may still be typed. Every beginning asked for is read whole in the index, however few cases the other words leave.
create or replace function words_query(term text) returns tsquery stable language sql as $$
    select to_tsquery('simple', string_agg(quote_literal(word) || case when last then ':*' else '' end, ' & '))
    from (select word, n = max(n) over () as last from regexp_split_to_table(plain_words(term), ' ') with ordinality as w (word, n) where word <> '') w
$$;

-- Whoever counts the board takes off what is on the shelf: from here alone, without the cases themselves.
create index exception_case_shelved on exception_case (shelf_until)
    include (fingerprint, state, failure, connection_id, brand, currency, assignee, value, at_risk, rank, due_soon)
    where shelf_until is not null and state in ('open', 'retrying');
drop index exception_case_shelf;
