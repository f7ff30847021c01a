-- Where a trace goes on from: the span and flags of what wrote the row ('00f067aa0ba902b7-01'). With trace_id, which people read and paste, it is the whole W3C traceparent.
alter table inbox_message add column trace_span text;
alter table delivery add column trace_span text;
