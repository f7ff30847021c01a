using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Reconciliation;

/// <summary>What became of a file of a processor or a bank.</summary>
/// <param name="Problems">JSON array of the problems that were kept.</param>
/// <param name="Wrong">How many problems there were.</param>
public sealed record StatementFileRow(
    long Id, string Connection, string Name, string? Format, long Bytes, bool Applied, int Rows, int Lines, string Problems, int Wrong, string By, DateTimeOffset At);

/// <summary>Files of processors and banks, as they were imported. Writes belong to the caller's transaction.</summary>
public static class StatementFileStore
{
    private const string Columns = "select id, connection_id, name, format, bytes, state = 'applied', rows, applied, problems::text, wrong, by, at from statement_file";

    /// <summary>From here to the end of the transaction nobody else imports for this connection.</summary>
    public static Task LockAsync(NpgsqlConnection connection, string connectionId, CancellationToken cancel)
        => connection.Command("select pg_advisory_xact_lock(hashtext('statement_file'), hashtext($1))", Sql.Of(connectionId)).ExecuteAsync(cancel);

    /// <summary>The import that applied these bytes; null if none did.</summary>
    public static async Task<StatementFileRow?> AppliedAsync(NpgsqlConnection connection, string connectionId, byte[] hash, CancellationToken cancel)
        => await connection.Command($"{Columns} where connection_id = $1 and sha256 = $2 and state = 'applied'", Sql.Of(connectionId), Sql.Of(hash)).ListAsync(Row, cancel) is [var known] ? known : null;

    /// <summary>A file that is about to be read: it counts as applied and empty until <see cref="EndAsync"/>, in the same transaction.</summary>
    public static Task<long> BeginAsync(NpgsqlConnection connection, string connectionId, byte[] hash, string name, long bytes, string by, CancellationToken cancel) => connection.Command(
            "insert into statement_file (connection_id, sha256, name, bytes, state, rows, applied, wrong, by) values ($1, $2, $3, $4, 'applied', 0, 0, 0, $5) returning id",
            Sql.Of(connectionId), Sql.Of(hash), Sql.Of(name), Sql.Of(bytes), Sql.Of(by))
        .ScalarAsync<long>(cancel);

    /// <summary>The file was read. With problems it is refused, and the caller has taken back its lines.</summary>
    public static async Task<StatementFileRow> EndAsync(NpgsqlConnection connection, long id, string? format, int rows, int lines, string problems, int wrong, CancellationToken cancel)
    {
        await connection.Command(
                "update statement_file set format = $2, rows = $3, applied = case when $6 > 0 then 0 else $4 end, problems = $5, wrong = $6, state = case when $6 > 0 then 'refused' else 'applied' end where id = $1",
                Sql.Of(id), Sql.Of(format), Sql.Of(rows), Sql.Of(lines), Sql.Json(problems), Sql.Of(wrong))
            .ExecuteAsync(cancel);
        return (await connection.Command($"{Columns} where id = $1", Sql.Of(id)).ListAsync(Row, cancel))[0];
    }

    /// <summary>The newest imports of a connection, newest first. Reading again is always safe.</summary>
    public static Task<List<StatementFileRow>> ListAsync(NpgsqlDataSource source, string connectionId, int most, CancellationToken cancel)
        => source.Command($"{Columns} where connection_id = $1 order by id desc limit $2", Sql.Of(connectionId), Sql.Of(most)).ListAsync(Row, cancel);

    private static StatementFileRow Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.Maybe<string>(3), r.GetInt64(4), r.GetBoolean(5), r.GetInt32(6), r.GetInt32(7), r.GetString(8), r.GetInt32(9), r.GetString(10), r.GetFieldValue<DateTimeOffset>(11));
}
