using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Statements;

/// <summary>The names of a file's columns. Capitals and outer spaces do not count.</summary>
public sealed class StatementHead
{
    private readonly Dictionary<string, int> columns = new(StringComparer.OrdinalIgnoreCase);

    public StatementHead(IReadOnlyList<string?> cells)
    {
        Count = cells.Count;
        foreach (var (at, cell) in cells.Index())
        {
            if (cell?.Trim() is { Length: > 0 } name && !columns.TryAdd(name, at))
            {
                Twice ??= name;
            }
        }
    }

    public int Count { get; }

    /// <summary>A name that two columns have; null if there is none.</summary>
    public string? Twice { get; }

    public bool Has(string name) => columns.ContainsKey(name);

    public int Of(string name) => columns.GetValueOrDefault(name, -1);

    /// <summary>The first of several names under which something may stand.</summary>
    public string? Any(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Has(name))
            {
                return name;
            }
        }

        return null;
    }
}

/// <summary>One row, read by the names of its columns. What cannot be read is told to the report and null.</summary>
/// <param name="number">As a spreadsheet counts.</param>
/// <param name="cells">Null: the cell holds a formula.</param>
/// <param name="isWorkbook">Days stand as numbers there.</param>
public sealed class StatementRow(int number, IReadOnlyList<string?> cells, StatementHead head, StatementReport report, bool isWorkbook = false)
{
    // Far above any payout, far below where sums of decimals overflow.
    private const decimal Largest = 10_000_000_000_000m;

    private static readonly string[] Times = ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssK"];

    public int Number => number;

    public StatementHead Head => head;

    public bool IsEmpty => cells.All(c => c is { Length: 0 });

    public bool IsCut => cells.Count < head.Count;

    public bool IsWorkbook => isWorkbook;

    public T? Say<T>(string? column, string? found, string wrong)
    {
        report.Add(number, column, found, wrong);
        return default;
    }

    /// <summary>A text that may be missing; a formula counts as none.</summary>
    public string? Text(string column, int longest = 200) => head.Of(column) is >= 0 and var at && at < cells.Count ? VendorText.Plain(cells[at], longest) : null;

    /// <summary>A text that must be there.</summary>
    public string? Needed(string column, int longest = 120)
    {
        var at = head.Of(column);
        return at < 0 || at >= cells.Count ? Say<string>(column, null, "The row has no such cell. Was the file cut off?")
            : cells[at] is null ? Formula(column)
            : VendorText.Plain(cells[at], longest + 1) is not { } text ? Say<string>(column, "", "The cell is empty, and nothing can be booked without it.")
            : text.Length > longest ? Say<string>(column, text, $"At most {longest} characters are expected here.")
            : text;
    }

    /// <summary>An ISO 4217 code of either case.</summary>
    public string? Currency(string column)
        => Needed(column, 10)?.ToUpperInvariant() is not { } code ? null
            : Currencies.IsCode(code) ? code : Say<string>(column, code, "This is no currency code, such as EUR.");

    /// <summary>An amount in major units with a decimal point, with no more decimals than its currency has. An empty cell is nought where <paramref name="orZero"/>.</summary>
    public decimal? Amount(string column, string currency, bool orZero = false)
    {
        var at = head.Of(column);
        if (at >= 0 && at < cells.Count && cells[at] is null)
        {
            Formula(column);
            return null;
        }

        var text = orZero ? Text(column) : Needed(column, 40);
        if (text is null)
        {
            return orZero ? 0m : null;
        }

        return VendorText.Amount(text) is not { } value ? Say<decimal?>(column, text, "This is no amount. Write it with a decimal point and without separators, such as 1234.56.")
            : Fits(value, currency) is { } wrong ? Say<decimal?>(column, text, wrong)
            : value;
    }

    /// <summary>What speaks against an amount of this currency; null if nothing does.</summary>
    public static string? Fits(decimal value, string currency)
        => Math.Abs(value) > Largest ? "The amount is larger than any that can be booked. Are these smallest units?"
            : value != decimal.Round(value, Currencies.Decimals(currency)) ? $"{currency} has {Currencies.Decimals(currency).ToString(CultureInfo.InvariantCulture)} decimals. Is the currency right?"
            : null;

    /// <summary>A time as <c>2026-01-09 00:00:00</c>, in the zone given where it names none.</summary>
    public DateTimeOffset? Time(string column, TimeZoneInfo zone)
    {
        if (Needed(column, 40) is not { } text)
        {
            return null;
        }

        return AsTime(text) is not { } time ? Say<DateTimeOffset?>(column, text, "This is no time. Expected is a form such as 2026-01-09 14:30:00.") : Zoned(time, zone);
    }

    /// <summary>Local time of a zone; an hour that the clock skipped counts as the hour after it.</summary>
    public static DateTimeOffset Zoned(DateTime local, TimeZoneInfo zone)
        => local.Kind == DateTimeKind.Utc ? new DateTimeOffset(local, TimeSpan.Zero) : new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();

    /// <summary>The day or time of a workbook's number; null if it is none.</summary>
    public DateTime? AsSerial(string text)
        => isWorkbook && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var days) && days is > 20_000 and < 80_000 ? DateTime.FromOADate(days) : null;

    private DateTime? AsTime(string text) => AsSerial(text)
        ?? (DateTime.TryParseExact(text, Times, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time) && time.Year is > 1990 and < 2200 ? time : null);

    private string? Formula(string column) => Say<string>(column, "a formula", "The cell holds a formula. Export the file anew, or paste the values.");
}
