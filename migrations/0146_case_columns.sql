-- Columns of the desk's list as a person put them: keys, left to right; null for the usual ones.
alter table viewer_choice add column case_columns text check (length(case_columns) <= 200);
