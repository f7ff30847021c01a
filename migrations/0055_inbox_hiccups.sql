-- How often a claim was given back because the database failed, not the message. Such a try is no attempt, but a message that meets it again and again is tried alone, and not for ever.
alter table inbox_work add column hiccups integer not null default 0;
