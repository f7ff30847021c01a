-- Words of an error and of what was to be sent, to find a case by. Of the order only what it is about: goods, taxes, shipping. Names and addresses of buyers are in no index.
create table case_words (
    case_id  bigint primary key references exception_case (id) on delete cascade,
    words    tsvector not null
);
create index case_words_words on case_words using gin (words);

-- Signs part words: an article number is found by each of its parts, the way it is read.
create function plain_words(text) returns text immutable language sql as $$ select regexp_replace($1, '[^[:alnum:]]+', ' ', 'g') $$;

-- All words of a text, each as a beginning; null if there is none.
create function words_query(term text) returns tsquery stable language sql as $$
    select to_tsquery('simple', string_agg(quote_literal(word) || ':*', ' & ')) from regexp_split_to_table(plain_words(term), ' ') word where word <> ''
$$;

create function order_words(flow bigint) returns text stable language sql as $$
    select (select string_agg(word #>> '{}', ' ')
            from unnest('{$.lines[*].sku,$.lines[*].title,$.lines[*].taxes[*].title,$.lines[*].taxes[*].code,$.shipping[*].code,$.shipping[*].title}'::jsonpath[]) path,
                 jsonb_path_query(d.body, path) word)
    from order_document d where d.flow_id = flow order by d.version desc limit 1
$$;

create function case_words_of(c exception_case) returns tsvector stable language sql as $$
    select to_tsvector('simple', left(plain_words(concat_ws(' ', c.title, c.message, c.code, c.field, order_words(c.flow_id))), 20000))
$$;

create function case_words_follow() returns trigger language plpgsql as $$
begin
    insert into case_words values (new.id, case_words_of(new))
    on conflict (case_id) do update set words = excluded.words;
    return null;
end $$;
create trigger case_words_insert after insert on exception_case for each row execute function case_words_follow();
create trigger case_words_update after update on exception_case for each row
    when (old.occurrences <> new.occurrences and (old.title, old.message, old.code, old.field) is distinct from (new.title, new.message, new.code, new.field))
    execute function case_words_follow();

-- Cases from before get their words slice by slice, newest first: in one statement nobody could write a case for minutes.
insert into upkeep_mark select 'case-words', coalesce(max(id), 0) + 1 from exception_case;
