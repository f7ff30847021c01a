-- Plans inside these functions are kept by the session. One that was made while the tables were empty, or not yet counted, would read whole tables for each order: they may use indexes only.
-- What has no index costs so much in the planner's eyes that it would compile it: not for this.
alter function stock_apply(bigint[], bigint[], jsonb) set enable_seqscan = off;
alter function stock_apply(bigint[], bigint[], jsonb) set jit = off;
