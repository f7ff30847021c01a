-- Finding in the trail: by act, by words of the reason, and among acts on many cases, whose detail names them. By person, subject and time there were indexes already.
create index audit_action on audit (action, seq desc);
create index audit_many on audit (seq desc) where subject like '% cases';
create index audit_reason on audit using gin (to_tsvector('simple', left(reason, 2000))) where reason is not null;
