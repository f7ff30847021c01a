using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Statements;

/// <summary>What a connection says about the files that it gets.</summary>
/// <param name="Currency">Of the account, where a file names none.</param>
/// <param name="Zone">Of times without a zone.</param>
/// <param name="OrderKey">Name of the metadata in which a shop notes its order.</param>
/// <param name="Iban">The account whose statements are taken; null takes any.</param>
/// <param name="Kind">Of the connection: only its own files are taken. Null takes any.</param>
public sealed record StatementSettings(string? Currency, TimeZoneInfo Zone, string OrderKey = "order_id", string? Iban = null, DateOrder Dates = DateOrder.Unsaid, bool Latin1 = false,
    string? Kind = null)
{
    /// <summary>As the connection is set up.</summary>
    public static StatementSettings Of(ConnectionProfile connection) => new(
        connection.Currency, TimeZoneInfo.TryFindSystemTimeZoneById(connection.TimeZone, out var zone) ? zone : TimeZoneInfo.Utc,
        connection.Settings.GetValueOrDefault("orderMetadata") is { Length: > 0 } key ? key : "order_id", connection.Settings.GetValueOrDefault("iban") is { Length: > 0 } iban ? iban.Replace(" ", "", StringComparison.Ordinal) : null,
        connection.Settings.GetValueOrDefault("dates") switch { "day-first" => DateOrder.DayFirst, "month-first" => DateOrder.MonthFirst, _ => DateOrder.Unsaid }, connection.Settings.GetValueOrDefault("encoding") == "latin1",
        connection.Kind);
}

/// <summary>How a bank writes days with slashes. Days with dots begin with the day, those with hyphens with the year, whatever is said here.</summary>
public enum DateOrder { Unsaid, DayFirst, MonthFirst }

/// <summary>Reads one format of CSV files by the names of its columns. Pure: rows in, lines or problems out; what is not understood is a problem, never an exception and never left out.</summary>
public interface IStatementReader
{
    /// <summary>As people call it.</summary>
    string Format { get; }

    /// <summary>The kind of connection whose files these are.</summary>
    string Kind { get; }

    bool Recognises(StatementHead head);

    /// <summary>The columns without which nothing can be read.</summary>
    IReadOnlyList<string> Required { get; }

    /// <summary>What one row says; none where it has a problem.</summary>
    IEnumerable<MoneyLine> Read(StatementRow row, StatementSettings settings);
}
