using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Promotions;

/// <summary>In which order two systems get what a promotion changes.</summary>
/// <param name="Domain"><see cref="Price"/> or <see cref="Checkout"/>.</param>
/// <param name="First">A connection's id, or <c>@</c> and a role: it has it before <paramref name="Later"/> shows it.</param>
/// <param name="Version">Rises with each change; 0 for one that is not stored yet.</param>
public sealed record SequenceRule(long Id, string Domain, string First, string Later, bool Enabled, int Version, DateTimeOffset ChangedAt, string ChangedBy)
{
    /// <summary>Prices of items; reductions at the checkout.</summary>
    public const string Price = "price", Checkout = "checkout";

    public static IReadOnlyList<string> Domains { get; } = [Price, Checkout];
}

/// <summary>A stage that would begin against a rule.</summary>
public sealed record OutOfOrder(long Rule, string First, string Later);

/// <summary>A connection as a rule may name it.</summary>
public sealed record SequencePart(string Id, string Name, string Role, string Kind);

/// <summary>Sequencing rules. A write names the version that was seen; null or false means that somebody was faster, and nothing was changed.</summary>
public static class SequenceStore
{
    private const string Columns = "id, domain, first, later, enabled, version, changed_at, changed_by";

    public static Task<List<SequenceRule>> ListAsync(NpgsqlDataSource data, CancellationToken cancel) => data.Command($"select {Columns} from sequence_rule order by domain desc, id").ListAsync(Read, cancel);

    /// <summary>Under a lock, so that two rules that contradict each other are not written at once.</summary>
    public static async Task<List<SequenceRule>> LockAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await connection.Command("lock table sequence_rule in share row exclusive mode").ExecuteAsync(cancel);
        return await ListAsync(connection, cancel);
    }

    public static Task<List<SequenceRule>> ListAsync(NpgsqlConnection connection, CancellationToken cancel) => connection.Command($"select {Columns} from sequence_rule order by id").ListAsync(Read, cancel);

    /// <summary>Every connection, in use or not.</summary>
    public static Task<List<SequencePart>> PartsAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        connection.Command("select id, name, role, kind from connection order by id").ListAsync(r => new SequencePart(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3)), cancel);

    /// <returns>Its id; null if the version is another by now, or there is such a rule already.</returns>
    public static async Task<long?> PutAsync(NpgsqlConnection connection, SequenceRule rule, string who, CancellationToken cancel) =>
        rule.Version == 0
            ? await connection.Command(
                    "insert into sequence_rule (domain, first, later, enabled, changed_by) values ($1, $2, $3, $4, $5) on conflict (domain, first, later) do nothing returning id",
                    Sql.Of(rule.Domain), Sql.Of(rule.First), Sql.Of(rule.Later), Sql.Of(rule.Enabled), Sql.Of(who))
                .ScalarAsync<long?>(cancel)
            : await connection.Command(
                    """
                    update sequence_rule set domain = $3, first = $4, later = $5, enabled = $6, changed_by = $7, changed_at = now(), version = version + 1
                    where id = $1 and version = $2 and not exists (select from sequence_rule o where o.id <> $1 and (o.domain, o.first, o.later) = ($3, $4, $5)) returning id
                    """,
                    Sql.Of(rule.Id), Sql.Of(rule.Version), Sql.Of(rule.Domain), Sql.Of(rule.First), Sql.Of(rule.Later), Sql.Of(rule.Enabled), Sql.Of(who))
                .ScalarAsync<long?>(cancel);

    public static async Task<bool> RemoveAsync(NpgsqlConnection connection, long id, int seen, CancellationToken cancel) =>
        await connection.Command("delete from sequence_rule where id = $1 and version = $2", Sql.Of(id), Sql.Of(seen)).ExecuteAsync(cancel) == 1;

    /// <summary>The rule that a stage would break if it began now; null: none.</summary>
    public static async Task<OutOfOrder?> BrokenAsync(NpgsqlConnection connection, long promotion, int stage, CancellationToken cancel) =>
        (await connection.Command("select rule, first_name, later_name from promotion_out_of_order($1, $2)", Sql.Of(promotion), Sql.Of(stage))
            .ListAsync(r => new OutOfOrder(r.GetInt64(0), r.GetString(1), r.GetString(2)), cancel)).FirstOrDefault();

    private static SequenceRule Read(NpgsqlDataReader r) => new(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetBoolean(4), r.GetInt32(5), r.GetFieldValue<DateTimeOffset>(6), r.GetString(7));
}
