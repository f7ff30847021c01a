-- The address that the vendor was told to push to. Subscriptions follow it when the tower moves.
alter table connection add column subscribed_url text check (length(subscribed_url) <= 2000);
