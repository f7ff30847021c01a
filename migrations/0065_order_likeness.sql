-- Orders that look alike share a row: whoever asks for twins writes it first, and so waits for everybody who asks for the same. The likeness is a hash
-- of buyer, goods, total and currency; nothing personal is kept. Orders stand in the order in which they were heard of.
create table order_likeness (
    source         text not null references connection (id),
    likeness       text not null check (length(likeness) between 16 and 64),
    flows          bigint[] not null,
    placed         timestamptz[] not null,
    primary key (source, likeness),
    check (cardinality(flows) = cardinality(placed) and cardinality(flows) > 0)
) with (fillfactor = 80);
