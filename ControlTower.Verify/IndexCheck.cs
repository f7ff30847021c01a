using System.Data;
using Npgsql;

namespace ControlTower.Verify;

/// <summary>
/// Has amcheck read every index of the tower from end to end: a broken one gives wrong answers without a word. On a connection of its own, which the driver gives up at
/// each damage found, and which holds no snapshot over all that reading.
/// </summary>
internal static class IndexCheck
{
    public const string Name = "indexes-are-whole";
    public const string Promise = "Every index is in order, as amcheck sees it.";

    // Data of a table or index that is damaged, as PostgreSQL itself judges it.
    private const string Damaged = "XX00";

    public static async Task<Finding> RunAsync(string connectionString, bool asked, CancellationToken cancel)
    {
        if (!asked)
        {
            return new Finding(Name, Promise, 0, [], [], Skipped: "it reads every index; ./tower verify does, the schedule does not");
        }

        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await OpenAsync(connection, cancel);
        await using var known = new NpgsqlCommand("select coalesce((select quote_ident(nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace where extname = 'amcheck'), '')", connection);
        var schema = (string)(await known.ExecuteScalarAsync(cancel))!;
        if (schema.Length == 0)
        {
            return new Finding(Name, Promise, 0, [], [], Skipped: "the extension amcheck is not in this database: create extension amcheck");
        }

        List<IReadOnlyList<string?>> broken = [];
        foreach (var (id, name) in await IndexesAsync(connection, cancel))
        {
            try
            {
                if (connection.State != ConnectionState.Open)
                {
                    await OpenAsync(connection, cancel);
                }

                await using var look = new NpgsqlCommand($"select {schema}.bt_index_check($1::oid::regclass)", connection) { Parameters = { new() { Value = (long)id } } };
                await look.ExecuteNonQueryAsync(cancel);
            }
            catch (PostgresException e)
            {
                if (!e.SqlState.StartsWith(Damaged, StringComparison.Ordinal))
                {
                    return new Finding(Name, Promise, 0, [], [], Error: e.MessageText);
                }

                broken.Add([name, e.MessageText]);
            }
        }

        return new Finding(Name, Promise, broken.Count, ["index", "what"], [.. broken.Take(Checker.MostRows)]);
    }

    private static async Task OpenAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await connection.CloseAsync();
        await connection.OpenAsync(cancel);
        await Checker.ExecuteAsync(connection, "set default_transaction_read_only = on", cancel);
    }

    private static async Task<List<(uint Id, string Name)>> IndexesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("""
            select c.oid, c.relname from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
            where a.amname = 'btree' and c.relkind = 'i' and i.indisvalid and i.indisready and c.relpersistence = 'p' and c.relnamespace = current_schema()::regnamespace order by c.relname
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<(uint, string)> list = [];
        while (await reader.ReadAsync(cancel))
        {
            list.Add((reader.GetFieldValue<uint>(0), reader.GetString(1)));
        }

        return list;
    }
}
