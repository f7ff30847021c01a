-- An answer waives the share of the stage that it was about, and of no other.

alter table promotion add column stage_asked integer;   -- the stage whose share the standing question or hold is about; null: it is about something else
