using System.Data;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Feeds;

/// <summary>One look at a source: what it counts and what it hands out are of one moment. Rows are streamed; nothing is gathered. Reads only.</summary>
public sealed class FeedReading : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;
    private readonly FeedSource source;
    private readonly string brand;
    private readonly FeedRun run;
    private readonly (DateTimeOffset Begins, DateTimeOffset Ends) span;

    private FeedReading(NpgsqlConnection connection, NpgsqlTransaction transaction, FeedSource source, string brand, FeedRun run, (DateTimeOffset Begins, DateTimeOffset Ends) span) =>
        (this.connection, this.transaction, this.source, this.brand, this.run, this.span) = (connection, transaction, source, brand, run, span);

    public static async Task<FeedReading> BeginAsync(NpgsqlDataSource data, FeedSource source, string brand, FeedRun run, (DateTimeOffset Begins, DateTimeOffset Ends) span, CancellationToken cancel)
    {
        var connection = await data.OpenConnectionAsync(cancel);
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);
        // A long list is no screen.
        await connection.Command("set local statement_timeout = '30min'").ExecuteAsync(cancel);
        return new FeedReading(connection, transaction, source, brand, run, span);
    }

    /// <summary>As the source counts itself.</summary>
    public async Task<FeedCount> CountAsync(CancellationToken cancel)
    {
        var command = Command(source.CountSql);
        return (await command.ListAsync(r => new FeedCount(r.GetInt64(0), Totals(r.GetString(1))!), cancel))[0];
    }

    /// <summary>The rows, as cells of a file.</summary>
    public async IAsyncEnumerable<object?[]> RowsAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        await using var command = Command(source.RowsSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var row = new object?[source.Columns.Count];
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = Cell(reader.GetValue(i));
            }

            yield return row;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }

    internal static IReadOnlyDictionary<string, decimal>? Totals(string? json) => json is null ? null : JsonSerializer.Deserialize(json, FeedJson.Default.DictionaryStringDecimal);

    // Never by the culture of the thread: machines read it.
    internal static object? Cell(object value) => value switch
    {
        DBNull => null,
        DateTime { Kind: DateTimeKind.Utc } at => new DateTimeOffset(at),
        DateTime date => Cell(DateOnly.FromDateTime(date)),
        DateOnly day => day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
        short small => (long)small,
        _ => value,
    };

    private NpgsqlCommand Command(string text)
    {
        var command = connection.Command(text, Sql.Of(run.Day), Sql.Of(brand), Sql.Of(span.Begins), Sql.Of(span.Ends));
        command.CommandTimeout = 1_800;
        return command;
    }
}
