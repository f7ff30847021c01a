using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Triage;

/// <summary>
/// Rules by which cases find somebody. Whoever changes them locks the list first, inside the caller's transaction, so that changes come one after the other and a stale one is seen. New cases
/// get theirs from the database itself (<c>case_follow</c>), by the same function as here.
/// </summary>
public static class AssignmentStore
{
    public const int Most = 200;

    private const string Open =
        """
        from exception_case c left join lateral assignment_rule_of(c.failure, c.brand, c.connection_id, c.flow_id) r on true
        where c.state in ('open', 'retrying') and (c.assignee is null or ($1 and c.assigned_rule is not null))
        """;

    private const string Moves = "r.id is not null and c.assignee is distinct from r.assignee";

    public static async Task<AssignmentRules> ListAsync(NpgsqlDataSource data, CancellationToken cancel)
    {
        // One statement, so that version and rules are of the same moment.
        var rows = await data.Command(
                """
                select v.version, r.id, r.failure, r.brand, r.shop, r.location, r.target, r.assignee, a.name, a.disabled_at is not null
                from assignment_rules v left join (assignment_rule r join account a on a.id = r.assignee) on true order by r.position
                """)
            .ListAsync(r => (Version: r.GetInt32(0), Rule: r.IsDBNull(1) ? null : Read(r)), cancel);
        return new AssignmentRules(rows[0].Version, [.. rows.Select(row => row.Rule).OfType<AssignmentRule>()]);
    }

    /// <summary>Locks the list until the end of the transaction and returns its version.</summary>
    public static async Task<int> LockAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        await connection.Command("select version from assignment_rules for update").ScalarAsync<int>(cancel);

    public static Task ChangedAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        connection.Command("update assignment_rules set version = version + 1").ExecuteAsync(cancel);

    /// <summary>Behind the others. Zero rows if there are as many as there may be.</summary>
    public static Task<int> AddAsync(NpgsqlConnection connection, RuleScope scope, Guid assignee, CancellationToken cancel) =>
        connection.Command(
                """
                insert into assignment_rule (position, failure, brand, shop, location, target, assignee)
                select coalesce(max(position), 0) + 1, $1, $2, $3, $4, $5, $6 from assignment_rule having count(*) < $7
                """,
                [.. Values(scope, assignee), Sql.Of(Most)])
            .ExecuteAsync(cancel);

    public static Task<int> ChangeAsync(NpgsqlConnection connection, long id, RuleScope scope, Guid assignee, CancellationToken cancel) =>
        connection.Command(
                "update assignment_rule set failure = $1, brand = $2, shop = $3, location = $4, target = $5, assignee = $6 where id = $7", [.. Values(scope, assignee), Sql.Of(id)])
            .ExecuteAsync(cancel);

    public static Task<int> DeleteAsync(NpgsqlConnection connection, long id, CancellationToken cancel) =>
        connection.Command("delete from assignment_rule where id = $1", Sql.Of(id)).ExecuteAsync(cancel);

    /// <summary>Changes places with the one before, or behind. Zero rows at the end of the list.</summary>
    public static Task<int> MoveAsync(NpgsqlConnection connection, long id, bool up, CancellationToken cancel) =>
        connection.Command(
                """
                with one as (select id, position from assignment_rule where id = $1),
                other as (
                    select r.id, r.position from assignment_rule r, one where case when $2 then r.position < one.position else r.position > one.position end
                    order by case when $2 then -r.position else r.position end limit 1)
                update assignment_rule r set position = case r.id when one.id then other.position else one.position end from one, other where r.id in (one.id, other.id)
                """,
                Sql.Of(id), Sql.Of(up))
            .ExecuteAsync(cancel);

    /// <summary>What the rules would do to the cases that are open: those that nobody has, and with <paramref name="byRule"/> those that a rule gave. What a hand gave is never counted.</summary>
    public static Task<List<RuleShare>> ShareAsync(NpgsqlDataSource data, bool byRule, CancellationToken cancel) =>
        data.Command($"select r.id, count(*)::int, count(*) filter (where {Moves})::int {Open} group by r.id", Sql.Of(byRule))
            .ListAsync(r => new RuleShare(r.IsDBNull(0) ? null : r.GetInt64(0), r.GetInt32(1), r.GetInt32(2)), cancel);

    /// <summary>Does it for the next open cases behind <paramref name="after"/>: those already in the right hands are not touched, so a second time changes nothing. Nothing is taken away where no
    /// rule fits.</summary>
    /// <returns>The last case looked at, null if there was none; and what changed hands, by rule.</returns>
    public static async Task<(long? Last, IReadOnlyList<RuleShare> Moved)> RunAsync(NpgsqlConnection connection, bool byRule, long after, int most, CancellationToken cancel)
    {
        var rows = await connection.Command(
                $"""
                with slice as materialized (select id from exception_case where state in ('open', 'retrying') and id > $2 order by id limit $3),
                picked as (select c.id, r.id as rule, r.assignee {Open} and {Moves} and c.id in (select id from slice) order by c.id for update of c),
                moved as (
                    update exception_case c set assignee = p.assignee, assigned_rule = p.rule, assigned_at = now(), version = c.version + 1 from picked p where c.id = p.id returning c.assigned_rule)
                select l.id, m.assigned_rule, m.cases from (select max(id) as id from slice) l left join (select assigned_rule, count(*)::int as cases from moved group by 1) m on true order by 2
                """,
                Sql.Of(byRule), Sql.Of(after), Sql.Of(most))
            .ListAsync(r => (Last: r.Maybe<long?>(0), Share: r.IsDBNull(1) ? null : new RuleShare(r.GetInt64(1), r.GetInt32(2), r.GetInt32(2))), cancel);
        return (rows[0].Last, [.. rows.Select(row => row.Share).OfType<RuleShare>()]);
    }

    public static async Task<RuleChoices> ChoicesAsync(NpgsqlDataSource data, CancellationToken cancel)
    {
        var connections = await data.Command("select id, name, role, brand from connection order by name, id").ListAsync(
            r => (Choice: new RuleChoice(r.GetString(0), r.GetString(1)), Role: r.GetString(2), Brand: r.GetString(3)), cancel);
        var locations = await data.Command("select id, name, coalesce(brand, '') from location order by name, id").ListAsync(
            r => (Choice: new RuleChoice(r.GetString(0), r.GetString(1)), Brand: r.GetString(2)), cancel);
        var brands = connections.Select(c => c.Brand).Concat(locations.Select(l => l.Brand)).Where(brand => brand.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.OrdinalIgnoreCase);
        return new RuleChoices([.. connections.Where(c => c.Role == "shop").Select(c => c.Choice)], [.. connections.Select(c => c.Choice)], [.. locations.Select(l => l.Choice)], [.. brands]);
    }

    private static NpgsqlParameter[] Values(RuleScope scope, Guid assignee) =>
        [Text(scope.Failure), Text(scope.Brand), Text(scope.Shop), Text(scope.Location), Text(scope.Target), Sql.Of(assignee)];

    private static NpgsqlParameter Text(string? value) => Sql.Of(value, NpgsqlDbType.Text);

    private static AssignmentRule Read(NpgsqlDataReader r) => new(
        r.GetInt64(1), new RuleScope(r.Maybe<string>(2), r.Maybe<string>(3), r.Maybe<string>(4), r.Maybe<string>(5), r.Maybe<string>(6)), r.GetGuid(7), r.GetString(8), r.GetBoolean(9));
}
