using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Reconciliation;

/// <summary>The matcher at work. It is a set of statements in the database, because it is about sets; each may be repeated, and a repeat changes nothing.</summary>
public static class ReconWork
{
    /// <summary>Keeps what these flows' channels say, in the caller's transaction.</summary>
    public static Task FollowAsync(NpgsqlConnection connection, IReadOnlyCollection<long> flows, CancellationToken cancel) =>
        connection.Command("select recon_flows($1)", Sql.Of(flows.ToArray())).ExecuteAsync(cancel);

    /// <summary>Settles groups that are marked, and offers or makes what rules find among what is open then.</summary>
    /// <returns>How many marks were taken; 0: there were none.</returns>
    public static async Task<int> SettleAsync(NpgsqlDataSource data, int most, CancellationToken cancel)
    {
        var marks = await data.Command("select recon_work($1)", Sql.Of(most)).ScalarAsync<int>(cancel);
        if (marks == 0)
        {
            return 0;
        }

        // What one comparison cannot do must not keep the others from theirs.
        var failures = new List<Exception>();
        foreach (var comparison in Comparisons.All)
        {
            try
            {
                await data.Command("select recon_offer($1)", Sql.Of(comparison)).ExecuteAsync(cancel);
                // While an import is settled page by page the sets are not looked for behind each of them.
                if (marks < most && await data.Command("select recon_subset_turn($1)", Sql.Of(comparison)).ScalarAsync<long[]>(cancel) is { Length: > 0 } turn)
                {
                    await data.Command("select recon_offer_subsets($1, $2)", Sql.Of(comparison), Sql.Of(turn)).ExecuteAsync(cancel);
                }
            }
            catch (NpgsqlException wrong)
            {
                failures.Add(wrong);
            }
        }

        return failures.Count == 0 ? marks : throw new AggregateException("Rules could not be tried on some comparisons.", failures);
    }

    /// <summary>Tells a backlog beyond its limits, and channels that fell silent, where people want to hear of it: each once a day.</summary>
    public static Task<int> TellAsync(NpgsqlDataSource data, CancellationToken cancel) => data.Command("select recon_tell()").ScalarAsync<int>(cancel);

    /// <summary>Settles every group anew and reckons the days: proves what was kept as it came, and must find nothing new.</summary>
    /// <returns>How many items were not as they should have been.</returns>
    public static async Task<int> ProveAsync(NpgsqlDataSource data, DateOnly from, DateOnly to, CancellationToken cancel)
    {
        var wrong = await RunAsync(data, "select recon_rehome()", [], cancel);
        foreach (var comparison in Comparisons.All)
        {
            wrong += await RunAsync(data, "select recon_settle($1, null)", [Sql.Of(comparison)], cancel);
        }

        foreach (var comparison in Comparisons.All)
        {
            await RunAsync(data, "select recon_reckon($1, $2, $3)", [Sql.Of(comparison), Sql.Of(from), Sql.Of(to)], cancel);
        }

        return wrong;
    }

    // Each in a transaction of its own, so that nobody waits for all of them.
    private static async Task<int> RunAsync(NpgsqlDataSource data, string sql, NpgsqlParameter[] parameters, CancellationToken cancel)
    {
        await using var connection = await data.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.Command("set local statement_timeout = '10min'").ExecuteAsync(cancel);
        await using var command = connection.Command(sql, parameters);
        command.CommandTimeout = 600;
        var count = (int)(await command.ExecuteScalarAsync(cancel) ?? 0);
        await transaction.CommitAsync(cancel);
        return count;
    }
}
