-- Reads every row, and stops nobody.
alter table reservation validate constraint reservation_of_one;
