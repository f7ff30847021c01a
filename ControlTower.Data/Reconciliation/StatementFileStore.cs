using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Reconciliation;

/// <summary>What became of a file of a processor or a bank.</summary>
/// <param name="Problems">JSON array of the problems that were kept.</param>
/// <param name="Wrong">How many problems there were.</param>
/// <param name="Applied">It counts: it was taken, and not taken back.</param>
/// <param name="TakenBackWhy">Null where nobody took it back.</param>
public sealed record StatementFileRow(
    long Id, string Connection, string Name, string? Format, long Bytes, bool Applied, int Rows, int Lines, string Problems, int Wrong, string By, DateTimeOffset At, string? TakenBackBy = null,
    DateTimeOffset? TakenBackAt = null, string? TakenBackWhy = null);

/// <summary>Files of processors and banks, as they were imported. Writes belong to the caller's transaction.</summary>
public static class StatementFileStore
{
    private const string Columns = "select id, connection_id, name, format, bytes, state = 'applied', rows, applied, problems::text, wrong, by, at, taken_back_by, taken_back_at, taken_back_why from statement_file";

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

    /// <returns>Null if there is no such file.</returns>
    public static async Task<StatementFileRow?> LockAsync(NpgsqlConnection connection, long id, CancellationToken cancel)
        => await connection.Command($"{Columns} where id = $1 for update", Sql.Of(id)).ListAsync(Row, cancel) is [var known] ? known : null;

    /// <summary>Whether lines of the file stand in a month that is signed, of the books to which its connection belongs; a bank's belong to all.</summary>
    public static Task<bool> IsSignedAsync(NpgsqlConnection connection, long id, CancellationToken cancel) => connection.Command(
            """
            select exists (
                select from (select distinct l.connection_id, date_trunc('month', l.day)::date as month from ledger_line l where l.file_id = $1 and l.status <> 'Gone') d join connection c on c.id = d.connection_id
                join recon_period p on p.month = d.month and p.state = 'closed' and p.books = coalesce(c.posts_to, p.books))
            """,
            Sql.Of(id))
        .ScalarAsync<bool>(cancel);

    /// <summary>Takes an applied file back, with all lines that it told. Repeated it does nothing.</summary>
    public static async Task TakeBackAsync(NpgsqlConnection connection, StatementFileRow file, string by, string why, CancellationToken cancel)
    {
        await connection.Command("update statement_file set state = 'taken-back', taken_back_by = $2, taken_back_at = now(), taken_back_why = $3 where id = $1 and state = 'applied'", Sql.Of(file.Id), Sql.Of(by), Sql.Of(why)).ExecuteAsync(cancel);
        while (await connection.Command("select ledger_withdraw($1, 1000)", Sql.Of(file.Id)).ScalarAsync<int>(cancel) > 0)
        {
        }

        await connection.Command("select ledger_covered($1)", Sql.Of(file.Connection)).ExecuteAsync(cancel);
    }

    private static StatementFileRow Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.Maybe<string>(3), r.GetInt64(4), r.GetBoolean(5), r.GetInt32(6), r.GetInt32(7), r.GetString(8), r.GetInt32(9), r.GetString(10), r.GetFieldValue<DateTimeOffset>(11), r.Maybe<string>(12),
        r.Maybe<DateTimeOffset?>(13), r.Maybe<string>(14));
}
