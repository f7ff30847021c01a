namespace ControlTower.Verify;

/// <summary>What came of one invariant.</summary>
/// <param name="Sample">The first cell of at most five offenders: ids and keys, never anything personal.</param>
/// <param name="Unchecked">Why it was not looked at; null if it was.</param>
public sealed record Outcome(string Name, string Promise, long Count, string What, IReadOnlyList<string> Sample, string? Unchecked);

/// <summary>The checker for a program that runs it by the clock: over a connection of its own, in a read-only transaction, on what may have changed lately.</summary>
public static class Look
{
    private const int MostSamples = 5;

    /// <summary>Looks once. Reading only, it may be repeated after any error.</summary>
    /// <param name="within">How far back that is read again which never changes once it is written.</param>
    /// <exception cref="Npgsql.NpgsqlException">The database could not be reached.</exception>
    public static async Task<IReadOnlyList<Outcome>> RunAsync(string connectionString, string? anchors, TimeSpan grace, TimeSpan within, CancellationToken cancel)
    {
        var options = new VerifyOptions(connectionString, null, anchors, grace, Json: false) { Within = within, Indexes = false, Patience = TimeSpan.FromMinutes(2) };
        return [.. (await new Checker(options).RunAsync(cancel)).Select(Of)];
    }

    private static Outcome Of(Finding finding)
    {
        // Orders are what people can open: where offenders name one, it is told rather than the row.
        var order = finding.Columns.ToList().IndexOf("flow_id") is var at && at < 0 && finding.Name.StartsWith("flow-", StringComparison.Ordinal) ? finding.Columns.ToList().IndexOf("id") : at;
        var cell = Math.Max(order, 0);
        return new Outcome(
            finding.Name, finding.Promise, finding.Count, order >= 0 ? "order" : finding.Columns.Count > 0 ? finding.Columns[0] : "",
            [.. finding.Rows.Select(row => row[cell]).OfType<string>().Distinct(StringComparer.Ordinal).Take(MostSamples)], finding.Error ?? finding.Skipped);
    }
}
