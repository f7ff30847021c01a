-- A connection is never deleted, because orders and calls point at it; it is taken out of use by a person, with a reason.
alter table connection
    add column disabled_at     timestamptz,
    add column disabled_by     text,
    add column disabled_reason text,
    add constraint connection_disabled_whole check ((disabled_at is null) = (disabled_by is null) and (disabled_at is null) = (disabled_reason is null));
