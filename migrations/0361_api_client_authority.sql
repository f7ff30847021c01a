-- What the authority calls a program that comes with a token of the authority's instead of a key. One name there is one client here.
alter table api_client
    add column authority_client_id text check (length(authority_client_id) between 1 and 200 and authority_client_id = btrim(authority_client_id)),
    add column authority_used_at   timestamptz;
create unique index api_client_authority on api_client (authority_client_id);
