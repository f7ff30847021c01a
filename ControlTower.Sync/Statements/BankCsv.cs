using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Statements;

/// <summary>How a column of amounts writes its decimals.</summary>
public enum DecimalSign { None, Point, Comma }

/// <summary>
/// A bank's list of entries, by the names of its columns in English or German. Whether a comma parts decimals or thousands is seen from the whole column, and refused where no cell decides it. A bank's list
/// has no ids: an entry is known by its content, and by which of several equal ones it is.
/// </summary>
public sealed class BankCsv(StatementSettings settings, DecimalSign sign)
{
    public const string Format = "bank list";

    /// <summary>The kind of connection whose files are lists and statements of accounts.</summary>
    public const string Kind = "bank";

    private static readonly string[] Days = ["booking date", "buchungstag", "buchungsdatum", "date", "datum", "transaction date", "posting date", "value date", "valuta", "wertstellung", "valutadatum"];
    private static readonly string[] Sums = ["amount", "betrag", "umsatz", "betrag (eur)", "amount (eur)", "value"];
    private static readonly string[] Ins = ["credit", "haben", "money in", "paid in", "gutschrift"];
    private static readonly string[] Outs = ["debit", "soll", "money out", "paid out", "lastschrift"];
    private static readonly string[] Codes = ["currency", "währung", "waehrung"];
    private static readonly string[] Ids = ["reference", "referenz", "transaction id", "bank reference", "bankreferenz", "end-to-end-referenz", "kundenreferenz (end-to-end)", "kundenreferenz"];
    private static readonly string[] Purposes = ["description", "verwendungszweck", "details", "purpose", "buchungstext", "narrative", "text"];
    private static readonly string[] Parties = ["name", "counterparty", "payee", "beguenstigter/zahlungspflichtiger", "begünstigter/zahlungspflichtiger", "auftraggeber/empfänger", "auftraggeber / begünstigter", "partner name"];

    private readonly Dictionary<ulong, int> equal = [];

    public static bool Recognises(StatementHead head) => head.Any(Days) is not null && (head.Any(Sums) is not null || (head.Any(Ins) is not null && head.Any(Outs) is not null));

    /// <summary>The columns in which amounts stand.</summary>
    public static IReadOnlyList<string> AmountColumns(StatementHead head) => head.Any(Sums) is { } one ? [one] : [head.Any(Ins)!, head.Any(Outs)!];

    /// <summary>What a cell says about the decimals of its column; null if it says that both are used, or that it is no amount.</summary>
    public static DecimalSign? SignOf(string text)
    {
        var (comma, point) = (text.LastIndexOf(','), text.LastIndexOf('.'));
        if (comma < 0 && point < 0)
        {
            return DecimalSign.None;
        }

        if (comma >= 0 && point >= 0)
        {
            return comma > point ? DecimalSign.Comma : DecimalSign.Point;
        }

        var (at, mark) = comma >= 0 ? (comma, ',') : (point, '.');
        // Twice is thousands; three digits behind may be either.
        return text.Count(c => c == mark) > 1 ? (mark == ',' ? DecimalSign.Point : DecimalSign.Comma)
            : text.Length - at - 1 == 3 && text[(at + 1)..].All(char.IsAsciiDigit) ? null
            : mark == ',' ? DecimalSign.Comma : DecimalSign.Point;
    }

    public MoneyLine? Read(StatementRow row)
    {
        var currency = row.Head.Any(Codes) is { } code ? row.Currency(code) : settings.Currency ?? row.Say<string>(null, null, "The file names no currency. Enter the currency of the account at its connection.");
        if (currency is null || Day(row) is not { } day || Sum(row, currency) is not { } amount)
        {
            return null;
        }

        var (id, purpose, party) = (Word(row, Ids), Word(row, Purposes), Word(row, Parties));
        var content = Hash(string.Create(CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd}|{amount}|{currency}|{id}|{purpose}|{party}"));
        var nth = equal[content] = equal.GetValueOrDefault(content) + 1;
        return new MoneyLine(
            MoneyKind.BankEntry, string.Create(CultureInfo.InvariantCulture, $"{day:yyyyMMdd}-{content:x16}-{nth}"), 0, new Money(amount, currency), StatementRow.Zoned(day, settings.Zone), id,
            [.. new[] { id, purpose, party }.OfType<string>().Distinct(StringComparer.Ordinal)], Text: VendorText.Plain($"{party} {purpose}", 300), Account: settings.Iban);
    }

    private decimal? Sum(StatementRow row, string currency)
    {
        if (row.Head.Any(Sums) is { } one)
        {
            return row.Needed(one, 40) is { } text ? Value(row, one, text, currency) : null;
        }

        var (into, from) = (row.Head.Any(Ins)!, row.Head.Any(Outs)!);
        var (came, left) = (row.Text(into), row.Text(from));
        return (came is null) == (left is null) ? row.Say<decimal?>(into, came, $"A row has an amount either in {into} or in {from}.")
            : came is not null ? Value(row, into, came, currency)
            : Value(row, from, left!, currency) is { } gone ? -Math.Abs(gone) : null;
    }

    private decimal? Value(StatementRow row, string column, string text, string currency)
    {
        var plain = text.Replace(" ", "", StringComparison.Ordinal).Replace("\u00A0", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal);
        plain = sign == DecimalSign.Comma ? plain.Replace(".", "", StringComparison.Ordinal).Replace(',', '.') : plain.Replace(",", "", StringComparison.Ordinal);
        return VendorText.Amount(plain) is not { } value ? row.Say<decimal?>(column, text, "This is no amount.")
            : StatementRow.Fits(value, currency) is { } wrong ? row.Say<decimal?>(column, text, wrong)
            : value;
    }

    private DateTime? Day(StatementRow row)
    {
        var column = row.Head.Any(Days)!;
        if (row.Needed(column, 40) is not { } text)
        {
            return null;
        }

        string[] forms = text.Contains('/', StringComparison.Ordinal)
            ? settings.Dates switch { DateOrder.DayFirst => ["dd/MM/yyyy", "d/M/yyyy", "dd/MM/yy"], DateOrder.MonthFirst => ["MM/dd/yyyy", "M/d/yyyy", "MM/dd/yy"], _ => ["yyyy/MM/dd"] }
            : ["yyyy-MM-dd", "dd.MM.yyyy", "d.M.yyyy", "dd.MM.yy", "yyyyMMdd"];
        return row.AsSerial(text) is { } serial ? serial.Date
            : DateTime.TryParseExact(text, forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 1990 and < 2200 ? day
            : row.Say<DateTime?>(column, text, text.Contains('/', StringComparison.Ordinal) && settings.Dates == DateOrder.Unsaid
                ? "Day or month first? Choose at the connection how this bank writes dates."
                : "This is no day. Expected is a form such as 2026-01-09 or 09.01.2026.");
    }

    private static string? Word(StatementRow row, string[] names) => row.Head.Any(names) is { } column ? row.Text(column) : null;

    private static ulong Hash(string content) => BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
}
