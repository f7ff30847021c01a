-- From where half a sign-in was made, so that the audit tells it once for each person and address in a while.
alter table sign_in_step add column address text not null default '';
