using System.Text.Json;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Ownership;

/// <summary>Changes of the ownership rules. Writes are made inside the caller's transaction, which also writes the audit.</summary>
public static class OwnershipStore
{
    private const string Columns =
        """
        number, title, why, state, rules::text, from_at, until_at, author, author_name, created_at, asked_at, decided_by, decided_name, decided_why, decided_at, ended_at, ended_by, ended_why, tried::text, tried_at, version
        """;

    /// <summary>Rises with whatever changes which rules hold.</summary>
    public static Task<long> RevisionAsync(NpgsqlDataSource data, CancellationToken cancel) => data.Command("select revision from ownership_revision").ScalarAsync<long>(cancel);

    /// <summary>All that were approved and not ended, in the order of their approval.</summary>
    public static Task<List<OwnershipChange>> LayersAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command($"select {Columns} from ownership_change where state = 'approved' and ended_at is null order by decided_at, number").ListAsync(Read, cancel);

    /// <summary>The newest first.</summary>
    public static Task<List<OwnershipChange>> ListAsync(NpgsqlDataSource data, int before, int most, CancellationToken cancel) =>
        data.Command($"select {Columns} from ownership_change where number < $1 order by number desc limit $2", Sql.Of(before), Sql.Of(most)).ListAsync(Read, cancel);

    public static async Task<OwnershipChange?> FindAsync(NpgsqlDataSource data, int number, CancellationToken cancel) =>
        (await data.Command($"select {Columns} from ownership_change where number = $1", Sql.Of(number)).ListAsync(Read, cancel)).FirstOrDefault();

    /// <summary>The change under its lock; null if there is none.</summary>
    public static async Task<OwnershipChange?> LockAsync(NpgsqlConnection connection, int number, CancellationToken cancel) =>
        (await connection.Command($"select {Columns} from ownership_change where number = $1 for update", Sql.Of(number)).ListAsync(Read, cancel)).FirstOrDefault();

    /// <summary>The number that the act with this key made, if it was done.</summary>
    public static async Task<int?> MadeAsync(NpgsqlConnection connection, Guid key, CancellationToken cancel) =>
        await connection.Command("select number from ownership_change where act_key = $1", Sql.Of(key)).ScalarAsync<object>(cancel) as int?;

    /// <summary>A new draft; its number is the next one.</summary>
    public static async Task<int> AddAsync(
        NpgsqlConnection connection, string title, string why, IReadOnlyList<OwnershipRule> rules, DateTimeOffset? from, DateTimeOffset? until, Guid author, string name, Guid key, CancellationToken cancel)
    {
        // Numbers without a gap: whoever makes one waits for the other to be there.
        await connection.Command("select 1 from ownership_revision for update").ExecuteAsync(cancel);
        return await connection.Command(
                """
                insert into ownership_change (number, title, why, state, rules, from_at, until_at, author, author_name, act_key)
                select max(number) + 1, $1, $2, 'draft', $3, $4, $5, $6, $7, $8 from ownership_change returning number
                """,
                Sql.Of(title), Sql.Of(why), Sql.Json(Text(rules)), Sql.Of(from?.ToUniversalTime(), NpgsqlDbType.TimestampTz), Sql.Of(until?.ToUniversalTime(), NpgsqlDbType.TimestampTz), Sql.Of(author), Sql.Of(name), Sql.Of(key))
            .ScalarAsync<int>(cancel);
    }

    /// <summary>Says it anew; what was tried on the old words is void, and so is having asked for approval.</summary>
    public static Task EditAsync(
        NpgsqlConnection connection, int number, string title, string why, IReadOnlyList<OwnershipRule> rules, DateTimeOffset? from, DateTimeOffset? until, CancellationToken cancel) =>
        connection.Command(
                """
                update ownership_change set title = $2, why = $3, rules = $4, from_at = $5, until_at = $6, state = 'draft', asked_at = null, tried = null, tried_at = null, version = version + 1 where number = $1
                """,
                Sql.Of(number), Sql.Of(title), Sql.Of(why), Sql.Json(Text(rules)), Sql.Of(from?.ToUniversalTime(), NpgsqlDbType.TimestampTz), Sql.Of(until?.ToUniversalTime(), NpgsqlDbType.TimestampTz))
            .ExecuteAsync(cancel);

    /// <summary>What was said when it was sent back is answered by asking again.</summary>
    /// <param name="state">asked or withdrawn.</param>
    public static Task MoveAsync(NpgsqlConnection connection, int number, string state, CancellationToken cancel) =>
        connection.Command(
                """
                update ownership_change set state = $2, asked_at = case when $2 = 'asked' then now() else asked_at end,
                    decided_by = null, decided_name = null, decided_why = null, decided_at = null, version = version + 1
                where number = $1
                """,
                Sql.Of(number), Sql.Of(state))
            .ExecuteAsync(cancel);

    /// <param name="state">approved, rejected, or draft: sent back for changes.</param>
    public static async Task DecideAsync(NpgsqlConnection connection, int number, string state, Guid by, string name, string why, CancellationToken cancel)
    {
        // Approvals come one after the other, so that their order is the order of the layers.
        await connection.Command("select 1 from ownership_revision for update").ExecuteAsync(cancel);
        await connection.Command(
                """
                update ownership_change set state = $2, decided_by = $3, decided_name = $4, decided_why = $5, decided_at = clock_timestamp(), version = version + 1 where number = $1
                """,
                Sql.Of(number), Sql.Of(state), Sql.Of(by), Sql.Of(name), Sql.Of(why))
            .ExecuteAsync(cancel);
    }

    /// <summary>Ends every layer that was approved after this one, those that are still to come included.</summary>
    /// <returns>The numbers of what ended.</returns>
    public static async Task<List<int>> ReturnAsync(NpgsqlConnection connection, int number, string by, string why, CancellationToken cancel)
    {
        // An approval on its way is waited for, so that it is seen and ended as well.
        await connection.Command("select 1 from ownership_revision for update").ExecuteAsync(cancel);
        return await connection.Command(
                """
                update ownership_change c set ended_at = now(), ended_by = $2, ended_why = $3, version = c.version + 1
                from ownership_change kept
                where kept.number = $1 and c.state = 'approved' and c.ended_at is null and (c.until_at is null or c.until_at > now()) and (c.decided_at, c.number) > (kept.decided_at, kept.number)
                returning c.number
                """,
                Sql.Of(number), Sql.Of(by), Sql.Of(why))
            .ListAsync(r => r.GetInt32(0), cancel);
    }

    /// <returns>False if it was changed meanwhile.</returns>
    public static async Task<bool> TriedAsync(NpgsqlDataSource data, int number, int version, OwnershipTrial trial, CancellationToken cancel) =>
        await data.Command(
                "update ownership_change set tried = $3, tried_at = now() where number = $1 and version = $2",
                Sql.Of(number), Sql.Of(version), Sql.Json(JsonSerializer.Serialize(trial, OwnershipJson.Default.OwnershipTrial)))
            .ExecuteAsync(cancel) == 1;

    private static string Text(IReadOnlyList<OwnershipRule> rules) => JsonSerializer.Serialize([.. rules], OwnershipJson.Default.OwnershipRuleArray);

    private static OwnershipChange Read(NpgsqlDataReader r) => new(
        r.GetInt32(0), r.GetString(1), r.GetString(2), r.GetString(3), JsonSerializer.Deserialize(r.GetString(4), OwnershipJson.Default.OwnershipRuleArray)!, r.Maybe<DateTimeOffset?>(5),
        r.Maybe<DateTimeOffset?>(6), r.Maybe<Guid?>(7), r.GetString(8), r.GetFieldValue<DateTimeOffset>(9), r.Maybe<DateTimeOffset?>(10), r.Maybe<Guid?>(11), r.Maybe<string>(12), r.Maybe<string>(13),
        r.Maybe<DateTimeOffset?>(14), r.Maybe<DateTimeOffset?>(15), r.Maybe<string>(16), r.Maybe<string>(17),
        r.Maybe<string>(18) is { } tried ? JsonSerializer.Deserialize(tried, OwnershipJson.Default.OwnershipTrial) : null, r.Maybe<DateTimeOffset?>(19), r.GetInt32(20));
}
