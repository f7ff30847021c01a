using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Reconciliation;

/// <summary>Who can have a break without a person being named: everybody who works in finance, or every administrator.</summary>
public static class ReconTeams
{
    public const string Finance = "Finance";
    public const string Admin = "Admin";

    /// <summary>As an owner in a filter: breaks that nobody has.</summary>
    public const string Nobody = "nobody";

    public static IReadOnlyList<string> All { get; } = [Finance, Admin];
}

/// <summary>Who gets a break that nobody has, if no rule before this one fits it. What is null fits everything.</summary>
/// <param name="Source">The system of the break, or the channel of its order.</param>
/// <param name="OwnerId">A person; else <paramref name="Team"/>, one of <see cref="ReconTeams.All"/>.</param>
/// <param name="Away">The person may not sign in any more, or not work here: the rule is passed over.</param>
public sealed record ReconOwnerRule(string? Comparison, string? Kind, string? Source, string? Books, Guid? OwnerId, string? Team, string? OwnerName = null, bool Away = false)
{
    public string Owner => OwnerName ?? Team ?? "";
}

/// <summary>The rules in their order. The version rises with each change of any of them.</summary>
public sealed record ReconOwnerRules(int Version, IReadOnlyList<ReconOwnerRule> Rules);

/// <summary>How many open breaks nobody has or a rule gave, and how many of them would change hands.</summary>
public sealed record ReconOwnerMoves(long Breaks, long Moves);

/// <summary>How long a break of a kind may stay open once it is late.</summary>
public sealed record ReconSla(string Kind, TimeSpan Within);

/// <summary>An owner as a choice of the backlog.</summary>
/// <param name="Key">Of an account, of <see cref="ReconTeams"/>, or <see cref="ReconTeams.Nobody"/>.</param>
public sealed record ReconOwner(string Key, string Name, long Breaks);

/// <summary>Owners of breaks and their time. Breaks that open get theirs from the database itself (<c>recon_item_owned</c>), by the same function as here.</summary>
public sealed class ReconOwners(TowerDataSources sources)
{
    /// <summary>Rules that the list may have.</summary>
    public const int Most = 100;

    // A hand's gift stays: only what nobody has or a rule gave is a rule's to give.
    private const string Judged = """
        from recon_item o left join lateral recon_owner_of(o.comparison, o.kind, o.source, o.books, o.flow_id) r on true
        where o.state = 'open' and (o.owned_by_rule or o.owner_id is null and o.owner_role is null)
        """;

    private const string Moves = "(o.owner_id, o.owner_role) is distinct from (r.owner_id, r.owner_role)";

    public async Task<ReconOwnerRules> RulesAsync(CancellationToken cancel)
    {
        // One statement, so that version and rules are of the same moment.
        var rows = await sources.Read.Command(
                """
                select v.version, r.position is not null, r.comparison, r.kind, r.source, r.books, r.owner_id, r.owner_role, a.name, a.id is not null and (a.disabled_at is not null or not a.finance and a.role <> 'Admin')
                from recon_owner_rules v left join recon_owner_rule r on true left join account a on a.id = r.owner_id order by r.position
                """)
            .ListAsync(
                r => (Version: r.GetInt32(0), Rule: !r.GetBoolean(1) ? null : new ReconOwnerRule(
                    r.Maybe<string>(2), r.Maybe<string>(3), r.Maybe<string>(4), r.Maybe<string>(5), r.Maybe<Guid?>(6), r.Maybe<string>(7), r.Maybe<string>(8), r.GetBoolean(9))),
                cancel);
        return new ReconOwnerRules(rows[0].Version, [.. rows.Select(row => row.Rule).OfType<ReconOwnerRule>()]);
    }

    /// <summary>Who may have breaks: they work in finance, or are administrators, and may sign in.</summary>
    public Task<List<(Guid Id, string Name)>> PeopleAsync(CancellationToken cancel) =>
        sources.Read.Command("select id, name from account where disabled_at is null and (finance or role = 'Admin') order by name, id").ListAsync(r => (r.GetGuid(0), r.GetString(1)), cancel);

    /// <summary>What a rule can be about: systems whose breaks there are, or can be.</summary>
    public Task<List<(string Id, string Name)>> SystemsAsync(CancellationToken cancel) =>
        sources.Read.Command("select id, name from connection where role in ('shop', 'erp', 'processor', 'bank') and disabled_at is null order by name, id").ListAsync(r => (r.GetString(0), r.GetString(1)), cancel);

    /// <summary>By kind, in the order of <see cref="BreakKinds.All"/>.</summary>
    public async Task<List<ReconSla>> SlasAsync(CancellationToken cancel)
    {
        var all = await sources.Read.Command("select kind, within from recon_sla").ListAsync(r => new ReconSla(r.GetString(0), r.GetTimeSpan(1)), cancel);
        return [.. all.OrderBy(s => BreakKinds.All.ToList().IndexOf(s.Kind))];
    }

    /// <summary>What running the rules would do now.</summary>
    public async Task<ReconOwnerMoves> MovesAsync(CancellationToken cancel) =>
        (await sources.Read.Command($"select count(*), count(*) filter (where {Moves}) {Judged}").ListAsync(r => new ReconOwnerMoves(r.GetInt64(0), r.GetInt64(1)), cancel))[0];

    /// <summary>Who has open breaks, those with most first.</summary>
    public Task<List<ReconOwner>> HoldersAsync(CancellationToken cancel) =>
        sources.Read.Command(
                """
                select coalesce(i.owner_id::text, i.owner_role, 'nobody'), max(coalesce(i.owner, i.owner_role, 'Nobody')), count(*) from recon_item i where i.state = 'open' group by 1 order by 3 desc, 2 limit 100
                """)
            .ListAsync(r => new ReconOwner(r.GetString(0), r.GetString(1), r.GetInt64(2)), cancel);

    /// <summary>Locks the list until the end of the transaction and returns its version.</summary>
    public static Task<int> LockAsync(NpgsqlConnection connection, CancellationToken cancel) => connection.Command("select version from recon_owner_rules for update").ScalarAsync<int>(cancel);

    /// <summary>What of a rule is not there: <c>source</c>, <c>books</c>, <c>owner</c>; null if all is.</summary>
    public static Task<string?> MissingAsync(NpgsqlConnection connection, ReconOwnerRule rule, CancellationToken cancel) =>
        connection.Command(
                """
                select case when $1::text is not null and not exists (select from connection where id = $1) then 'source' when $2::text is not null and not exists (select from connection where id = $2 and role = 'erp') then 'books'
                    when $3::uuid is not null and not exists (select from account where id = $3) then 'owner' end
                """,
                Sql.Of(rule.Source, NpgsqlDbType.Text), Sql.Of(rule.Books, NpgsqlDbType.Text), Sql.Of(rule.OwnerId, NpgsqlDbType.Uuid)).ScalarAsync<string?>(cancel);

    /// <summary>Puts these rules in the place of all, in their order. Under the lock.</summary>
    public static async Task ReplaceAsync(NpgsqlConnection connection, IReadOnlyList<ReconOwnerRule> rules, CancellationToken cancel)
    {
        await connection.Command("delete from recon_owner_rule").ExecuteAsync(cancel);
        foreach (var (rule, place) in rules.Select((rule, at) => (rule, at + 1)))
        {
            await connection.Command(
                    "insert into recon_owner_rule (position, comparison, kind, source, books, owner_id, owner_role) values ($1, $2, $3, $4, $5, $6, $7)",
                    Sql.Of(place), Sql.Of(rule.Comparison, NpgsqlDbType.Text), Sql.Of(rule.Kind, NpgsqlDbType.Text), Sql.Of(rule.Source, NpgsqlDbType.Text), Sql.Of(rule.Books, NpgsqlDbType.Text),
                    Sql.Of(rule.OwnerId, NpgsqlDbType.Uuid), Sql.Of(rule.Team, NpgsqlDbType.Text)).ExecuteAsync(cancel);
        }

        await connection.Command("update recon_owner_rules set version = version + 1").ExecuteAsync(cancel);
    }

    /// <summary>Gives open breaks that nobody has or a rule gave to whom the rules say. Repeated it does nothing.</summary>
    /// <returns>How many changed hands.</returns>
    public static async Task<int> RunAsync(NpgsqlConnection connection, string by, CancellationToken cancel)
    {
        // In the order of the matcher, so that neither waits for the other for ever.
        await connection.Command("select pg_advisory_xact_lock(hashtextextended('recon/' || c.name, 0)) from (select name from recon_comparison order by position) c").ExecuteAsync(cancel);
        return await connection.Command(
                $"""
                with wanted as (select o.id, r.owner_id, r.owner, r.owner_role {Judged} and {Moves} order by o.id),
                given as (
                    update recon_item i set owner_id = w.owner_id, owner = w.owner, owner_role = w.owner_role, owned_by_rule = w.owner_id is not null or w.owner_role is not null, held_until = null, version = i.version + 1, changed_at = now()
                    from wanted w where i.id = w.id returning i.id, coalesce(i.owner, i.owner_role, 'nobody') as whose)
                insert into recon_comment (item_id, kind, words, by_name) select g.id, 'owner', g.whose, $1 from given g
                """,
                Sql.Of(by)).ExecuteAsync(cancel);
    }

    /// <returns>False if it is as it was.</returns>
    public static async Task<bool> WithinAsync(NpgsqlConnection connection, string kind, TimeSpan within, string by, CancellationToken cancel) =>
        await connection.Command("update recon_sla set within = $2, changed_by = $3, changed_at = now() where kind = $1 and within <> $2", Sql.Of(kind), Sql.Of(within), Sql.Of(by)).ExecuteAsync(cancel) == 1;
}
