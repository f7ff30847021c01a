-- A stage does not begin behind a guard that has too little to judge by: a person is asked, once for each stage. And a way back says when it was begun.

alter table promotion add column guards_asked integer,       -- the stage that waits because guards cannot be judged yet; null: the standing question is about something else
    add column back_at timestamptz;                          -- its way back was begun
alter table promotion_stage add column unjudged_let boolean not null default false;    -- a person let it begin though guards could not be judged
