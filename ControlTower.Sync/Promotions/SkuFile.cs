using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Tables;

namespace ControlTower.Sync.Promotions;

/// <summary>What is wrong with one cell of a file.</summary>
/// <param name="Column">The column's header, or its letter.</param>
public sealed record SkuFileProblem(int Line, string Column, string Wrong);

/// <summary>What a file of SKUs came to. With problems nothing of it is used.</summary>
/// <param name="Prices">Of those lines that give one.</param>
/// <param name="Problems">At most <see cref="SkuFile.MostProblems"/>.</param>
/// <param name="Wrong">How many problems there are.</param>
public sealed record SkuFileAnswer(IReadOnlyList<string> Skus, IReadOnlyList<SkuPrice> Prices, IReadOnlyList<SkuFileProblem> Problems, int Wrong)
{
    public bool IsSound => Wrong == 0;
}

/// <summary>Reads a list of SKUs, with prices where given, by the names of its columns: SKU, and currency with price. All of it or nothing; whatever is wrong is told by line and column. Pure.</summary>
public static class SkuFile
{
    public const int MostProblems = 200;
    public const int LongestSku = 100;

    /// <summary>Largest file, in bytes.</summary>
    public const long MostBytes = 20L * 1024 * 1024;

    /// <param name="known">Of the SKUs given, those that some channel or ERP lists.</param>
    public static async Task<SkuFileAnswer> ReadAsync(IEnumerable<TableLine> lines, Func<IReadOnlyCollection<string>, Task<IReadOnlySet<string>>> known)
    {
        var report = new Report();
        using var all = lines.GetEnumerator();
        var columns = all.MoveNext() ? Columns.Of(all.Current, report) : report.Say<Columns>(1, "SKU", "The file is empty. Its first line names the columns: SKU, currency, price.");
        if (columns is null)
        {
            return report.Answer([], []);
        }

        var rows = Rows(all, columns, report);
        var listed = await known([.. rows.Select(r => r.Sku)]);
        foreach (var row in rows.Where(r => !listed.Contains(r.Sku)))
        {
            report.Add(row.Line, columns.Name(columns.Sku), $"No channel and no ERP lists {row.Sku}.");
        }

        return report.Answer([.. rows.Select(r => r.Sku).Distinct(StringComparer.Ordinal)], [.. rows.Where(r => r.Price is not null).Select(r => new SkuPrice(r.Sku, r.Currency!, r.Price!.Value))]);
    }

    private static List<Row> Rows(IEnumerator<TableLine> lines, Columns columns, Report report)
    {
        var rows = new List<Row>();
        var seen = new Dictionary<(string, string?), int>();
        while (lines.MoveNext())
        {
            var line = lines.Current;
            if (line.Cells.All(c => c is { Length: 0 }))
            {
                continue;
            }

            if (rows.Count == PromotionCheck.MostSkus)
            {
                report.Add(line.Line, columns.Name(columns.Sku), $"More than {PromotionCheck.MostSkus.ToString("N0", CultureInfo.InvariantCulture)} lines. Split the file.");
                break;
            }

            if (Read(line, columns, report) is { } row)
            {
                if (!seen.TryAdd((row.Sku, row.Currency), row.Line))
                {
                    report.Add(row.Line, columns.Name(columns.Sku), $"{row.Sku} stands in line {seen[(row.Sku, row.Currency)].ToString(CultureInfo.InvariantCulture)} already{(row.Currency is null ? "" : $" in {row.Currency}")}.");
                    continue;
                }

                rows.Add(row);
            }
        }

        if (rows.Count == 0 && report.IsClean)
        {
            report.Add(2, columns.Name(columns.Sku), "No line gives a SKU.");
        }

        return rows;
    }

    private static Row? Read(TableLine line, Columns columns, Report report)
    {
        if (Text(line, columns.Sku, columns, report) is not { } sku)
        {
            return null;
        }

        if (sku.Length is 0 or > LongestSku || sku.Any(char.IsControl))
        {
            report.Add(line.Line, columns.Name(columns.Sku), sku.Length == 0 ? "There is no SKU." : $"A SKU has at most {LongestSku} characters and no control characters.");
            return null;
        }

        var (currency, price) = (columns.Currency < 0 ? "" : Text(line, columns.Currency, columns, report), columns.Price < 0 ? "" : Text(line, columns.Price, columns, report));
        if (currency is null || price is null)
        {
            return null;
        }

        if (price.Length == 0)
        {
            return new Row(line.Line, sku, null, null);
        }

        currency = currency.ToUpperInvariant();
        if (!Currencies.IsCode(currency))
        {
            report.Add(line.Line, columns.Name(columns.Currency), currency.Length == 0 ? "A price needs its currency, such as EUR." : $"\"{currency}\" is no currency code.");
            return null;
        }

        return Amount(line, price, currency, columns, report) is { } amount ? new Row(line.Line, sku, currency, amount) : null;
    }

    private static decimal? Amount(TableLine line, string price, string currency, Columns columns, Report report)
    {
        // A comma is a decimal comma to some and a grouping to others: nothing is guessed.
        if (!decimal.TryParse(price, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var amount))
        {
            report.Add(line.Line, columns.Name(columns.Price), $"\"{(price.Length > 40 ? price[..40] : price)}\" is no price. Write it with a point, such as 12.50.");
            return null;
        }

        if (amount <= 0 || amount != decimal.Round(amount, Currencies.Decimals(currency)))
        {
            report.Add(line.Line, columns.Name(columns.Price), amount <= 0 ? "A price is above zero." : $"{currency} has {Currencies.Decimals(currency).ToString(CultureInfo.InvariantCulture)} decimals.");
            return null;
        }

        return amount;
    }

    private static string? Text(TableLine line, int column, Columns columns, Report report)
    {
        var text = column < line.Cells.Count ? line.Cells[column]?.Trim() : "";
        if (text is null)
        {
            report.Add(line.Line, columns.Name(column), "This is a formula. Paste its value.");
        }

        return text;
    }

    private sealed record Row(int Line, string Sku, string? Currency, decimal? Price);

    private sealed record Columns(int Sku, int Currency, int Price, IReadOnlyList<string> Names)
    {
        public string Name(int column) => column >= 0 && column < Names.Count && Names[column].Length > 0 ? Names[column] : column < 0 ? "currency" : ((char)('A' + Math.Min(column, 25))).ToString();

        public static Columns? Of(TableLine head, Report report)
        {
            var names = head.Cells.Select(c => (c ?? "").Trim()).ToList();
            int Find(string name) => names.FindIndex(n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
            return Find("SKU") is >= 0 and var sku ? new Columns(sku, Find("currency"), Find("price"), names)
                : report.Say<Columns>(head.Line, "SKU", "No column is called SKU. The first line names the columns: SKU, currency, price.");
        }
    }

    private sealed class Report
    {
        private readonly List<SkuFileProblem> problems = [];
        private int wrong;

        public bool IsClean => wrong == 0;

        public void Add(int line, string column, string what)
        {
            wrong++;
            if (problems.Count < MostProblems)
            {
                problems.Add(new SkuFileProblem(line, column, what));
            }
        }

        public T? Say<T>(int line, string column, string what)
            where T : class
        {
            Add(line, column, what);
            return null;
        }

        public SkuFileAnswer Answer(IReadOnlyList<string> skus, IReadOnlyList<SkuPrice> prices) => IsClean ? new(skus, prices, [], 0) : new([], [], [.. problems.OrderBy(p => p.Line)], wrong);
    }
}
