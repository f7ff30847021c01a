using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Reconciliation;

/// <summary>What systems state about money, line by line. The newest statement of a line counts; told again it changes nothing.</summary>
public static class LedgerStore
{
    private const int Batch = 2_000;

    /// <summary>Stores lines of one system in the caller's transaction and marks what they touch; the matcher looks behind the commit. May be repeated.</summary>
    /// <param name="file">The statement file that told them; null for a feed.</param>
    /// <returns>How many were new or changed.</returns>
    public static async Task<int> StoreAsync(NpgsqlConnection connection, string connectionId, IReadOnlyList<MoneyLine> lines, long? file, CancellationToken cancel)
    {
        var changed = 0;
        foreach (var some in lines.Chunk(Batch))
        {
            // Of a line that is told twice at once the newer telling counts.
            changed += await StoreSomeAsync(connection, connectionId, [.. some.GroupBy(l => (l.Kind, l.Id)).Select(g => g.MaxBy(l => l.Version)!)], file, cancel);
        }

        return changed;
    }

    /// <summary>From when on this system tells its side; the earliest stays.</summary>
    /// <param name="kind"><c>books</c>, <c>journal</c>, <c>payouts</c> or <c>bank</c>.</param>
    /// <param name="told">Up to here it has told all; null: more is to come. The latest stays.</param>
    public static Task CoverAsync(NpgsqlConnection connection, string connectionId, string kind, DateTimeOffset since, DateTimeOffset? told, CancellationToken cancel) =>
        connection.Command(
                """
                insert into ledger_coverage as c (connection_id, kind, since, told_at) values ($1, $2, $3, case when $4::timestamptz is not null then least($4, now()) end)
                on conflict (connection_id, kind) do update set since = least(c.since, excluded.since), told_at = greatest(c.told_at, excluded.told_at)
                """,
                Sql.Of(connectionId), Sql.Of(kind), Sql.Of(since), Sql.Of(told?.ToUniversalTime(), NpgsqlDbType.TimestampTz)).ExecuteAsync(cancel);

    private static Task<int> StoreSomeAsync(NpgsqlConnection connection, string connectionId, MoneyLine[] lines, long? file, CancellationToken cancel) =>
        connection.Command(
                """
                select ledger_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
                """,
                Sql.Of(connectionId), Sql.Of(file, NpgsqlDbType.Bigint), Texts(lines, l => l.Kind.ToString()), Texts(lines, l => l.Id), Sql.Of(lines.Select(l => l.Version).ToArray()), Texts(lines, l => l.Status.ToString()),
                Sql.Of(lines.Select(l => l.Amount.Amount).ToArray()), Texts(lines, l => l.Amount.Currency), Amounts(lines, l => l.Presentment?.Amount), Texts(lines, l => l.Presentment?.Currency),
                Sql.Of(lines.Select(l => l.Fee ?? 0m).ToArray()), Amounts(lines, l => l.Tax), Texts(lines, l => l.Payout), Texts(lines, l => l.Method), Texts(lines, l => l.Document),
                // A list of lists needs one length for all: an own separator keeps each whole.
                Texts(lines, l => string.Join('\u001f', l.References)), Texts(lines, l => l.Text), Texts(lines, l => l.Account), Texts(lines, l => l.Store), Sql.Of(lines.Select(l => l.At.ToUniversalTime()).ToArray()))
            .ScalarAsync<int>(cancel);

    private static NpgsqlParameter Texts(MoneyLine[] lines, Func<MoneyLine, string?> of) => Sql.Of(lines.Select(of).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);

    private static NpgsqlParameter Amounts(MoneyLine[] lines, Func<MoneyLine, decimal?> of) => Sql.Of(lines.Select(of).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Numeric);
}
