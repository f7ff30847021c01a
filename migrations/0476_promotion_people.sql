-- A stage that waits for a person tells them, once what comes before it is proven; and whoever looks after a release says so.

alter table promotion_stage add column asked_at timestamptz;    -- when people were told that it waits for them; null: not yet, or it has begun
alter table promotion add column taken_by text, add column taken_at timestamptz, add check ((taken_by is null) = (taken_at is null));
