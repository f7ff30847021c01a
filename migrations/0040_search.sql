-- A person who pastes a trace id finds the order: one narrow entry per message, not one per step.
create index inbox_message_trace on inbox_message (trace_id) where trace_id is not null;
