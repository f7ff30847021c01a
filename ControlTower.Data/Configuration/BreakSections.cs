namespace ControlTower.Data.Configuration;

/// <summary>Who gets which breaks of reconciliation, and how long they may stay open.</summary>
internal static class BreakSections
{
    public static ConfigurationSection Owners() => new(
        "breakOwners", "Who gets which breaks", "finance:rule:write", "recon-owner:",
        [
            new("position", FieldShape.Whole, Most: 100, IsKey: true), new("comparison", Most: 60, MayBeNull: true), new("kind", Most: 40, MayBeNull: true), new("source", Most: 63, MayBeNull: true), new("books", Most: 63, MayBeNull: true),
            new("owner", Most: 254, MayBeNull: true), new("team", Most: 40, MayBeNull: true),
        ],
        """
        select jsonb_build_object('position', r.position, 'comparison', r.comparison, 'kind', r.kind, 'source', r.source, 'books', r.books, 'owner', a.email, 'team', r.owner_role)
        from recon_owner_rule r left join account a on a.id = r.owner_id
        """,
        """
        insert into recon_owner_rule as r (position, comparison, kind, source, books, owner_id, owner_role)
        select ($1 ->> 'position')::integer, $1 ->> 'comparison', $1 ->> 'kind', $1 ->> 'source', $1 ->> 'books', a.id, $1 ->> 'team'
        from (select) one left join account a on a.email = lower($1 ->> 'owner') where a.id is not null or $1 ->> 'owner' is null
        on conflict (position) do update set comparison = excluded.comparison, kind = excluded.kind, source = excluded.source, books = excluded.books, owner_id = excluded.owner_id, owner_role = excluded.owner_role
        """)
    {
        Remove = "delete from recon_owner_rule where position = ($1 ->> 'position')::integer",
        Then = ["update recon_owner_rules set version = version + 1"],
        Untouched = "Nobody signs in here with this address. Invite the person under Admin, or name a team.",
    };

    public static ConfigurationSection Times() => new(
        "breakTimes", "How long breaks may stay open", "finance:rule:write", "recon-sla:",
        [new("kind", Most: 40, IsKey: true), new("days", FieldShape.Whole, Most: 366)],
        "select jsonb_build_object('kind', kind, 'days', (extract(epoch from within) / 86400)::integer) from recon_sla",
        "update recon_sla set within = make_interval(days => ($1 ->> 'days')::integer), changed_by = $2, changed_at = now() where kind = $1 ->> 'kind'")
    { Stays = "Kinds of break belong to the tower.", Untouched = "The tower knows no such kind of break." };
}
