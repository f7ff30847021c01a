-- A dry run also looks up reductions at the checkout: whether the channel has one under the promotion's mark, and whether it is as it is meant.

alter table promotion_plan_cell add column dry_found text check (dry_found in ('none', 'other', 'meant')),    -- of a reduction: what the dry run found under its mark
    add column dry_differs text;                                                                              -- what of it is another

-- Whether a dry run looks a row of a plan up: what its channel lists and can show, and whose amount is known.
create function promotion_tried(p_kind text, p_item text, p_flags text[]) returns boolean language sql immutable parallel safe as $$
    select p_kind in ('price', 'checkout') and p_item <> '' and not p_flags @> array['capability'] and not (p_kind = 'checkout' and p_flags @> array['currency'])
$$;
