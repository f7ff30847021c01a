-- A node that has given no sign of life for ten seconds, twice the time between two of them: what it holds is free, for however long it was lent. Of a node that never gave one, the lease alone tells.
-- The fence tells apart whoever was only slow.
create function node_is_silent(id uuid) returns boolean language sql stable as $$
    select exists (select from node n where n.id = $1 and n.beat_at < now() - interval '10 seconds')
$$;
