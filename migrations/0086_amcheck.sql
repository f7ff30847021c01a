-- amcheck lets ./tower verify read indexes for damage. Where it is not installed, or may not be, the checker says so and the tower does without.
do $$
begin
    create extension if not exists amcheck;
exception when others then
    raise notice 'amcheck is not to be had here: %', sqlerrm;
end $$;
