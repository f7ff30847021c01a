using System.Data;
using System.Globalization;
using ControlTower.Verify.Invariants;
using Npgsql;

namespace ControlTower.Verify;

/// <summary>Runs every check in one read-only snapshot, so that all of them judge the same moment.</summary>
internal sealed class Checker(VerifyOptions options)
{
    public const int MostRows = 10;

    public static IReadOnlyList<Invariant> All { get; } =
    [
        .. InboxInvariants.All, .. FlowInvariants.All, .. PostingInvariants.All, .. StockInvariants.All, .. ReturnInvariants.All, .. PromotionInvariants.All, .. ReconciliationInvariants.All, .. KpiInvariants.All, .. IncidentInvariants.All, .. OwnershipInvariants.All, .. CaseInvariants.All, .. RecordInvariants.All, .. PeopleInvariants.All, .. ServerInvariants.All,
    ];

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancel)
    {
        var ledger = options.Ledger is null ? null : await ErpLedger.ReadAsync(options, cancel);
        var anchors = await AuditChain.AnchorsAsync(options.Anchors, cancel);
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            ApplicationName = "controltower verify", Pooling = false, Timeout = 10, CommandTimeout = (int)options.Patience.TotalSeconds + 10,
        };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);
        await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"""
            set transaction read only;
            set local statement_timeout = '{(int)options.Patience.TotalSeconds}s';
            set local timezone = 'UTC';
            select set_config('verify.grace', '{(int)options.Grace.TotalSeconds} seconds', true), set_config('verify.linger', '10 seconds', true),
                set_config('verify.since', {(options.Within is { } within ? $"(now() - interval '{(long)within.TotalSeconds} seconds')::text" : "'-infinity'")}, true);
            """), cancel);
        List<Finding> findings = [];
        foreach (var invariant in All)
        {
            findings.Add(await CheckAsync(connection, invariant, cancel));
        }

        findings.Add(await IndexCheck.RunAsync(settings.ConnectionString, options.Indexes, cancel));
        findings.Add(await AuditChain.CheckAsync(connection, anchors, cancel));
        if (ledger is not null)
        {
            findings.AddRange(await ledger.CompareAsync(connection, cancel));
        }

        return findings;
    }

    public static async Task<Finding> CheckAsync(NpgsqlConnection connection, Invariant invariant, CancellationToken cancel)
    {
        if (invariant.Needs is { } table && !await ExistsAsync(connection, table, cancel))
        {
            return new Finding(invariant.Name, invariant.Promise, 0, [], [], Skipped: $"there is no table {table}");
        }

        // A savepoint: one query that fails must not take the others with it.
        await ExecuteAsync(connection, "savepoint look", cancel);
        try
        {
            await using var command = new NpgsqlCommand($"select count(*) over () as offenders_in_all, q.* from ({invariant.Offenders}) q limit {MostRows}", connection);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var columns = Enumerable.Range(1, reader.FieldCount - 1).Select(reader.GetName).ToList();
            List<IReadOnlyList<string?>> rows = [];
            var count = 0L;
            while (await reader.ReadAsync(cancel))
            {
                count = reader.GetInt64(0);
                rows.Add([.. Enumerable.Range(1, columns.Count).Select(i => reader.IsDBNull(i) ? null : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))]);
            }

            return new Finding(invariant.Name, invariant.Promise, count, columns, rows);
        }
        catch (PostgresException e) when (connection.State == ConnectionState.Open)
        {
            await ExecuteAsync(connection, "rollback to savepoint look", cancel);
            return new Finding(invariant.Name, invariant.Promise, 0, [], [], Error: e.MessageText);
        }
    }

    public static async Task<bool> ExistsAsync(NpgsqlConnection connection, string table, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select to_regclass($1) is not null", connection) { Parameters = { new() { Value = table } } };
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    internal static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
