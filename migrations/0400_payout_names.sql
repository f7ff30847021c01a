-- Payouts by every name that their processor gives them, and money that came back.

-- A name without what banks put in between and leave out: capitals and digits. Names without a digit are nobody's own.
create function recon_names(p_document text, p_refs text[]) returns text[] language sql immutable parallel safe cost 500 as $$
    select coalesce(array_agg(distinct n.name), '{}') from unnest(array_append(p_refs, p_document)) r (ref) cross join lateral (select regexp_replace(upper(r.ref), '[^A-Z0-9]+', '', 'g')) n (name)
    where length(n.name) between 6 and 60 and n.name ~ '[0-9]'
$$;

-- Everything that words may name: up to six of them in a row, written as names are.
create function recon_grams(p_refs text[], p_words text) returns text[] language plpgsql immutable parallel safe cost 5000 as $$
declare
    v_names text[] := '{}';
    v_text text;
    v_words text[];
    v_name text;
begin
    foreach v_text in array array_append(p_refs, p_words) loop
        v_words := array_remove(regexp_split_to_array(upper(v_text), '[^A-Z0-9]+'), '');
        for a in 1 .. coalesce(cardinality(v_words), 0) loop
            v_name := '';
            for z in a .. least(a + 5, cardinality(v_words)) loop
                v_name := v_name || v_words[z];
                if length(v_name) between 6 and 60 and v_name ~ '[0-9]' and v_name <> all (v_names) then
                    v_names := v_names || v_name;
                end if;
            end loop;
        end loop;
    end loop;
    return v_names;
end $$;
-- Looked at for each line that comes: what is told is put in its place at once, or every look would read through all that still lies before the index.
create index ledger_line_payout_names on ledger_line using gin (recon_names(document, refs)) with (fastupdate = off) where kind = 'Payout';
create index ledger_line_words on ledger_line using gin (recon_grams(refs, words)) with (fastupdate = off) where kind in ('BankEntry', 'Journal');
drop index ledger_line_payout_named;

-- The payout that words name: by a name that is only its own, among those of the currency if there are any.
drop function recon_payout(text[], text);
create function recon_payout(p_refs text[], p_words text, p_currency char(3)) returns text language sql stable set jit = off as $$
    with gram as materialized (select recon_grams(p_refs, p_words) as names),
    hit as (
        select 'p' || l.connection_id || '/' || l.external_id as key, recon_names(l.document, l.refs) as names, l.currency = p_currency or l.shown_currency is not distinct from p_currency as alike
        from ledger_line l where l.kind = 'Payout' and l.status <> 'Gone' and recon_names(l.document, l.refs) && (select names from gram)),
    fit as (select * from hit where alike or not exists (select from hit where alike)),
    own as (select min(f.key) as key from fit f cross join lateral unnest(f.names) n (name) where n.name = any ((select names from gram)::text[]) group by n.name having count(*) = 1)
    select min(key) from own having count(distinct key) = 1
$$;

-- A payout whose money came back whole has failed, whatever its processor calls it.
create function recon_payout_status(p ledger_line) returns text language sql stable as $$
    select case when p.status = 'Final' and (select sum(r.amount) from ledger_line r where r.connection_id = p.connection_id and r.payout = p.external_id and r.kind = 'PayoutReturned' and r.status <> 'Gone') >= p.amount and p.amount > 0 then 'Failed' else p.status end
$$;

drop function recon_booked(text, text, text[]);
create function recon_booked(p_connection text, p_account text, p_refs text[], p_currency char(3)) returns text language sql stable as $$
    select case when p_account is not distinct from (select c.settings ->> 'account:bank' from connection c where c.id = p_connection) then coalesce(
        (select min('p' || f.source || '/' || f.source_id) from posting p join flow f on f.id = p.flow_id and f.kind = 'journal' and f.source_id not like 'adjustment-%' where p.connection_id = p_connection and right(p.key, 16) in (select right(upper(r), 16) from unnest(p_refs) r)),
        recon_payout(p_refs, null, p_currency)) end
$$;

create or replace function recon_enter(p_lines bigint[]) returns void language plpgsql as $$
begin
    with line as (
        select l.*, c.role, c.posts_to, c.kind as vendor, case when l.kind = 'Payout' then recon_payout_status(l) else l.status end as stands, coalesce('f' || l.flow_id, 'l' || l.id) as key
        from ledger_line l join connection c on c.id = l.connection_id where l.id = any (p_lines)),
    said as (
        select 'order' as comparison, l.id, false as other, l.key, false as whole, l.amount, l.shown_amount, l.tax, 0::numeric as cost,
            -- Cancelled after it was invoiced, and credited: it was sold, and came back.
            case when l.status = 'Cancelled' and exists (select from ledger_line m where m.flow_id = l.flow_id and m.kind = 'CreditMemo' and m.status in ('Pending', 'Final')) then 'Final' else l.status end as status from line l where l.kind = 'Order'
        union all select 'order', l.id, true, l.key, l.kind = 'SalesOrder', l.amount, l.shown_amount, l.tax, 0, l.status from line l where (l.kind = 'Invoice' or l.kind = 'SalesOrder' and not recon_is_over(l.flow_id)) and (l.flow_id is not null or recon_is_ours(l.refs))
        -- Money that goes back for goods that were taken off before they were sold is in the order already, and credits nothing.
        union all select 'refund', l.id, false, l.key, false, least(l.amount + greatest(f.free - f.before, 0), 0), case when f.free <= f.before then l.shown_amount end, null, 0, l.status
            from line l cross join lateral recon_freed(l.flow_id, l.id) f where l.kind = 'Refund' and l.flow_id is not null
        union all select 'refund', l.id, true, l.key, false, l.amount, l.shown_amount, l.tax, 0, l.status from line l where l.kind = 'CreditMemo' and (l.flow_id is not null or recon_is_ours(l.refs))
        union all select 'settlement', l.id, false, l.key, false, l.amount, l.shown_amount, null, 0, l.status from line l where l.kind = 'Tender' and exists (
            select from ledger_route r where r.channel = l.connection_id and r.method = l.method and r.settled)
        -- Which of several means of payment a refund goes back to is not said: to the one that is settled, as far as it was paid by that.
        union all select 'settlement', l.id, false, l.key, false, -least(-l.amount, greatest(s.paid - f.before, 0)), null, null, 0, l.status from line l cross join lateral recon_freed(l.flow_id, l.id) f
            cross join lateral (select sum(t.amount) as paid from ledger_line t join ledger_route r on r.channel = t.connection_id and r.method = t.method and r.settled where t.flow_id = l.flow_id and t.kind = 'Tender' and t.status <> 'Gone') s
            where l.kind = 'Refund' and l.flow_id is not null and s.paid > 0
        union all select 'settlement', l.id, true, l.key, false, l.amount, l.shown_amount, null, l.fee, l.status from line l where l.kind in ('Charge', 'ChargeRefund', 'Dispute')
        union all select 'contents', l.id, true, 'p' || l.connection_id || '/' || l.payout, false, l.amount - l.fee, null, null, l.fee, l.status from line l where l.payout is not null and l.kind not in ('Payout', 'PayoutReturned')
        -- What was sent and failed was paid by those lines all the same; the balance got it back by a line of its own.
        union all select 'contents', l.id, false, 'p' || l.connection_id || '/' || l.external_id, false, l.amount, null, null, 0, case when l.status in ('Failed', 'Cancelled') then 'Final' else l.status end from line l
            where l.kind = 'Payout' and l.method is distinct from 'manual'
        union all select x.comparison, l.id, false, 'p' || l.connection_id || '/' || l.external_id, false, l.amount, l.shown_amount, null, 0, l.stands from line l, (values ('deposit'), ('books')) x (comparison)
            where l.kind = 'Payout'
        union all select x.comparison, l.id, false, 'p' || l.connection_id || '/' || l.payout, false, 0, null, null, 0, l.status from line l, (values ('deposit'), ('books')) x (comparison)
            where l.kind = 'PayoutReturned' and l.payout is not null
        union all select 'deposit', l.id, true, coalesce(n.key, 'l' || l.id), false, l.amount, l.shown_amount, null, 0, l.status from line l cross join lateral (select recon_payout(l.refs, l.words, l.currency)) n (key)
            where l.kind = 'BankEntry' and (n.key is not null or recon_is_settled(l.refs, l.words))
        union all select 'books', l.id, true, k.key, false, l.amount, l.shown_amount, null, 0, l.status from line l cross join lateral recon_booked(l.connection_id, l.account, l.refs, l.currency) k (key) where l.kind = 'Journal' and k.key is not null),
    now_said as (
        select s.comparison, s.id, s.other, s.key, s.whole, s.amount, l.currency, s.shown_amount, case when s.shown_amount is not null then l.shown_currency end as shown_currency, s.tax, s.cost, s.status, l.at
        from said s join line l on l.id = s.id where s.status <> 'Gone'),
    gone as (
        delete from recon_entry e where e.line_id = any (p_lines) and not exists (select from now_said s where s.comparison = e.comparison and s.id = e.line_id and s.other = e.other) returning e.comparison, e.group_key),
    put as (
        insert into recon_entry as t (comparison, line_id, other, own_key, group_key, whole, amount, currency, shown_amount, shown_currency, tax, cost, status, at)
        select s.comparison, s.id, s.other, s.key, recon_led(s.comparison, s.key), s.whole, s.amount, s.currency, s.shown_amount, s.shown_currency, s.tax, s.cost, s.status, s.at from now_said s order by s.comparison, s.id, s.other
        on conflict (comparison, line_id, other) do update set own_key = excluded.own_key, group_key = case when t.own_key = excluded.own_key then t.group_key else excluded.group_key end, whole = excluded.whole,
            amount = excluded.amount, currency = excluded.currency, shown_amount = excluded.shown_amount, shown_currency = excluded.shown_currency, tax = excluded.tax, cost = excluded.cost, status = excluded.status, at = excluded.at
        where (t.own_key, t.whole, t.amount, t.currency, t.shown_amount, t.shown_currency, t.tax, t.cost, t.status, t.at)
            is distinct from (excluded.own_key, excluded.whole, excluded.amount, excluded.currency, excluded.shown_amount, excluded.shown_currency, excluded.tax, excluded.cost, excluded.status, excluded.at)
        returning t.comparison, t.group_key, t.line_id, t.other),
    was as (select e.comparison, e.group_key from recon_entry e join put p on p.comparison = e.comparison and p.line_id = e.line_id and p.other = e.other)
    insert into recon_dirty (comparison, group_key)
    select comparison, group_key from gone union select comparison, group_key from put union select comparison, group_key from was;
end $$;


-- These lines, and those for which it matters what these say.
create function recon_touched(p_lines bigint[]) returns bigint[] language plpgsql stable set jit = off as $$
declare
    v_names text[] := array(select n from ledger_line y cross join lateral unnest(recon_names(y.document, y.refs)) n where y.id = any (p_lines) and y.kind = 'Payout');
begin
    return p_lines
        -- A payout that is known now may have been named by a bank, or by the books, before; and so may another of the same name.
        || case when v_names = '{}' then '{}' else array(select l.id from ledger_line l where l.kind in ('BankEntry', 'Journal') and recon_grams(l.refs, l.words) && v_names) end
        || array(
            -- What came back says how its payout stands.
            select p.id from ledger_line y join ledger_line p on p.connection_id = y.connection_id and p.kind = 'Payout' and p.external_id = y.payout where y.id = any (p_lines) and y.kind = 'PayoutReturned'
            -- What the books say of an order decides how its cancellation and its refunds count.
            union select o.id from ledger_line y join ledger_line o on o.flow_id = y.flow_id and o.kind in ('Order', 'Refund') where y.id = any (p_lines) and y.kind in ('Invoice', 'CreditMemo'));
end $$;

create or replace function ledger_put(p_connection text, p_file bigint, p_kind text[], p_id text[], p_version bigint[], p_status text[], p_amount numeric[], p_currency text[], p_shown numeric[], p_shown_currency text[], p_fee numeric[], p_tax numeric[],
    p_payout text[], p_method text[], p_document text[], p_refs text[], p_words text[], p_account text[], p_store text[], p_at timestamptz[]) returns integer language plpgsql set jit = off as $$
#variable_conflict use_column
declare
    v_lines bigint[];
begin
    with told as (
        select t.*, array_remove(string_to_array(t.refs, chr(31)), '') as names
        from unnest(p_kind, p_id, p_version, p_status, p_amount, p_currency, p_shown, p_shown_currency, p_fee, p_tax, p_payout, p_method, p_document, p_refs, p_words, p_account, p_store, p_at)
            t (kind, external_id, version, status, amount, currency, shown_amount, shown_currency, fee, tax, payout, method, document, refs, words, account, store, at)),
    put as (
        insert into ledger_line as l (connection_id, kind, external_id, version, status, amount, currency, shown_amount, shown_currency, fee, tax, payout, method, document, refs, words, account, store, at, day, flow_id, file_id)
        select p_connection, t.kind, t.external_id, t.version, t.status, t.amount, t.currency, t.shown_amount, t.shown_currency, t.fee, t.tax, t.payout, t.method, t.document, t.names, t.words, t.account, t.store, t.at,
            ledger_day(p_connection, t.at), case when t.kind in ('SalesOrder', 'Invoice', 'CreditMemo', 'Charge', 'ChargeRefund', 'Dispute') then ledger_order(p_connection, t.names) end, p_file
        from told t order by t.kind, t.external_id
        on conflict (connection_id, kind, external_id) do update set version = excluded.version, status = excluded.status, amount = excluded.amount, currency = excluded.currency, shown_amount = excluded.shown_amount,
            shown_currency = excluded.shown_currency, fee = excluded.fee, tax = excluded.tax, payout = coalesce(excluded.payout, l.payout), method = coalesce(excluded.method, l.method), document = coalesce(excluded.document, l.document),
            refs = excluded.refs, words = coalesce(excluded.words, l.words), account = excluded.account, store = excluded.store, at = excluded.at, day = excluded.day, flow_id = coalesce(excluded.flow_id, l.flow_id),
            file_id = coalesce(excluded.file_id, l.file_id), stored_at = now()
        where excluded.version >= l.version and (l.status, l.amount, l.currency, l.shown_amount, l.shown_currency, l.fee, l.tax, l.payout, l.document, l.refs, l.account, l.at, l.flow_id)
            is distinct from (excluded.status, excluded.amount, excluded.currency, excluded.shown_amount, excluded.shown_currency, excluded.fee, excluded.tax, coalesce(excluded.payout, l.payout), coalesce(excluded.document, l.document),
                excluded.refs, excluded.account, excluded.at, coalesce(excluded.flow_id, l.flow_id))
        returning l.id)
    select array_agg(id) into v_lines from put;
    if v_lines is null then
        return 0;
    end if;

    perform recon_enter(recon_touched(v_lines));
    return cardinality(v_lines);
end $$;

-- What is kept already is looked at by what is true now.
do $$
begin
    -- Sent for settlement and settled are one movement.
    update ledger_line l set status = 'Gone' from connection c where c.id = l.connection_id and c.kind = 'adyen' and l.external_id ~ '^SentFor(Settle|Refund)/' and l.status <> 'Gone'
        and exists (select from ledger_line t where t.connection_id = l.connection_id and t.kind = l.kind and t.external_id = replace(replace(l.external_id, 'SentForSettle/', 'Settled/'), 'SentForRefund/', 'Refunded/'));
    update ledger_line l set external_id = replace(replace(l.external_id, 'SentForSettle/', 'Settled/'), 'SentForRefund/', 'Refunded/') from connection c
    where c.id = l.connection_id and c.kind = 'adyen' and l.external_id ~ '^SentFor(Settle|Refund)/' and l.status <> 'Gone';
    perform recon_enter(array(select l.id from ledger_line l join connection c on c.id = l.connection_id where l.kind in ('BankEntry', 'Journal') or l.kind = 'Payout' and exists (select from ledger_line r where r.connection_id = l.connection_id and r.payout = l.external_id and r.kind = 'PayoutReturned')
        or c.kind = 'adyen' and l.external_id ~ '^SentFor(Settle|Refund)/'));
end $$;
