using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Tables;

namespace ControlTower.Sync.Statements;

/// <summary>
/// A file of a processor or a bank, read as a stream of lines: what it is is seen from its content, never from its name. Lines come while the file is read; they count only if
/// <see cref="Report"/> is empty at the end, so whoever stores them does so in one transaction. Hostile bytes are problems, not exceptions.
/// </summary>
public sealed class StatementFile(Stream file, StatementSettings settings)
{
    public const long MostBytes = 200L * 1024 * 1024;
    public const int MostRows = 1_000_000;

    private const int LongestRow = 64 * 1024;

    /// <summary>How far down the header may stand: banks put a few lines about the account before it.</summary>
    private const int MostBefore = 20;

    private static readonly IReadOnlyList<IStatementReader> Readers = [new StripePayoutsReport(), new StripeItemizedReport(), new AdyenSettlementReport()];

    // Hashes, not ids: a million rows are to fit.
    private readonly HashSet<ulong> seen = [];

    /// <summary>What the file turned out to be; null before it is read, or where nobody knows it.</summary>
    public string? Format { get; private set; }

    public StatementReport Report { get; } = new();

    /// <summary>Reads the file once, from its beginning. The stream must be able to go back.</summary>
    public IEnumerable<MoneyLine> Read()
    {
        if (file.Length is 0 or > MostBytes)
        {
            Report.Add(0, null, null, file.Length == 0 ? "The file is empty." : "The file is larger than 200 MB. Export a shorter time.");
            yield break;
        }

        using var lines = All().GetEnumerator();
        while (Next(lines) is { } line)
        {
            yield return line;
        }

        if (Report is { Count: 0, Rows: 0 })
        {
            Report.Add(0, null, null, "The file has a header and no rows.");
        }
    }

    private MoneyLine? Next(IEnumerator<MoneyLine> lines)
    {
        try
        {
            return lines.MoveNext() ? lines.Current : null;
        }
        catch (XmlException broken)
        {
            Report.Add(Report.Rows, null, null, $"The XML breaks off or is not sound (line {broken.LineNumber}). Was the file cut off? Download it again.");
        }
        catch (FormatException broken)
        {
            Report.Add(Report.Rows + 1, null, null, broken.Message);
        }
        catch (DecoderFallbackException)
        {
            Report.Add(Report.Rows + 1, null, null, "The text is neither UTF-8 nor UTF-16. Save it as UTF-8, or choose Latin-1 at the bank's connection.");
        }

        return null;
    }

    private IEnumerable<MoneyLine> All()
    {
        var start = new byte[4];
        file.Position = 0;
        var length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var isWorkbook = length == start.Length && start is [(byte)'P', (byte)'K', 3, 4];
        foreach (var line in isWorkbook ? Rows(Workbook, isWorkbook: true) : IsMarkup() ? Camt() : Rows(Lines, isWorkbook: false))
        {
            yield return line;
        }
    }

    private bool IsMarkup()
    {
        using var text = Text();
        var first = text.Read();
        while (first is ' ' or '\r' or '\n' or '\t')
        {
            first = text.Read();
        }

        return first == '<';
    }

    private IEnumerable<MoneyLine> Camt()
    {
        Format = CamtStatement.Format;
        if (IsOfAnother(BankCsv.Kind))
        {
            yield break;
        }

        using var text = Text();
        foreach (var line in new CamtStatement(settings, Report).Read(text))
        {
            yield return line;
        }
    }

    /// <param name="rows">Reads the rows from the beginning. One pass at a time: all share the stream's place.</param>
    private IEnumerable<MoneyLine> Rows(Func<IEnumerable<TableLine>> rows, bool isWorkbook)
    {
        if (HeadOf(rows()) is not { } head)
        {
            Report.Add(1, null, null, "No row names columns that are known. Expected is a report of Stripe or Adyen, or a bank's list with a date and an amount.");
            yield break;
        }

        var reader = Readers.FirstOrDefault(r => r.Recognises(head));
        Format = reader?.Format ?? BankCsv.Format;
        if (IsOfAnother(reader?.Kind ?? BankCsv.Kind) || Lacks(head, reader))
        {
            yield break;
        }

        var bank = reader is null ? new BankCsv(settings, Sign(rows(), head)) : null;
        using var all = rows().GetEnumerator();
        Head(all);
        while (Report.Rows <= MostRows && all.MoveNext())
        {
            var row = new StatementRow(all.Current.Line, all.Current.Cells, head, Report, isWorkbook);
            if (row.IsEmpty)
            {
                continue;
            }

            if (++Report.Rows > MostRows)
            {
                Report.Add(row.Number, null, null, "The file has more than 1,000,000 rows. Export a shorter time.");
                yield break;
            }

            foreach (var line in Lines(row, reader, bank))
            {
                yield return line;
            }
        }
    }

    private IEnumerable<MoneyLine> Lines(StatementRow row, IStatementReader? reader, BankCsv? bank)
    {
        // Workbooks leave out empty cells at the end of a row.
        if (row.IsCut && reader is not null && !row.IsWorkbook)
        {
            Report.Add(row.Number, null, null, "The row has fewer cells than the header. Was the file cut off? Download it again.");
            return [];
        }

        var told = reader is not null ? [.. reader.Read(row, settings)] : bank!.Read(row) is { } entry ? new List<MoneyLine> { entry } : [];
        return told.Where(line =>
        {
            if (seen.Add(BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{line.Kind}/{line.Id}/{line.Version}"))))))
            {
                return true;
            }

            Report.Add(row.Number, null, line.Id, "This row stands in the file twice. Download it again, and do not paste files together.");
            return false;
        });
    }

    private bool IsOfAnother(string kind)
    {
        if (settings.Kind is null || settings.Kind == kind)
        {
            return false;
        }

        Report.Add(0, null, null, $"This is a file of {Owner(kind)} ({Format}), and the connection is of {Owner(settings.Kind)}. Hand it in at the connection that it is of.");
        return true;
    }

    private static string Owner(string kind) => kind switch { "stripe" => "Stripe", "adyen" => "Adyen", BankCsv.Kind => "a bank", _ => kind };

    private bool Lacks(StatementHead head, IStatementReader? reader)
    {
        if (head.Twice is { } twice && reader is not null)
        {
            Report.Add(1, twice, null, "Two columns have this name.");
            return true;
        }

        var missing = reader?.Required.Where(r => !head.Has(r)).ToList() ?? [];
        if (missing.Count > 0)
        {
            Report.Add(1, missing[0], null, $"The file lacks {(missing.Count == 1 ? "a column" : "columns")} of {reader!.Format}: {string.Join(", ", missing)}. Add {(missing.Count == 1 ? "it" : "them")} to the report and export again.");
        }

        return missing.Count > 0;
    }

    private static StatementHead? HeadOf(IEnumerable<TableLine> rows)
    {
        using var all = rows.GetEnumerator();
        return Head(all);
    }

    private static StatementHead? Head(IEnumerator<TableLine> rows)
    {
        for (var line = 0; line <= MostBefore && rows.MoveNext(); line++)
        {
            var head = new StatementHead(rows.Current.Cells);
            if (Readers.Any(r => r.Recognises(head)) || BankCsv.Recognises(head))
            {
                return head;
            }
        }

        return null;
    }

    /// <summary>How the amounts of a bank's list write decimals, from all of its rows.</summary>
    private DecimalSign Sign(IEnumerable<TableLine> rows, StatementHead head)
    {
        using var all = rows.GetEnumerator();
        Head(all);
        var columns = BankCsv.AmountColumns(head).Select(head.Of).ToList();
        var (found, open) = (DecimalSign.None, default((int Line, string Text)?));
        while (all.MoveNext())
        {
            foreach (var text in columns.Where(c => c < all.Current.Cells.Count).Select(c => all.Current.Cells[c]).Where(t => t is { Length: > 0 }))
            {
                var sign = BankCsv.SignOf(text!);
                if (sign is null && open is null)
                {
                    open = (all.Current.Line, text!);
                }

                if (sign is not null and not DecimalSign.None && found != DecimalSign.None && sign != found)
                {
                    Report.Add(all.Current.Line, null, text, "Here the decimals are parted by another sign than in the rows before. Export the file in one form.");
                    return found;
                }

                found = sign is null or DecimalSign.None ? found : sign.Value;
            }
        }

        if (found == DecimalSign.None && open is { } unclear)
        {
            Report.Add(unclear.Line, null, unclear.Text, "Thousands or decimals? No amount of the file decides it. Export it with two decimals.");
        }

        return found;
    }

    private IEnumerable<TableLine> Workbook()
    {
        file.Position = 0;
        return XlsxLines.Read(file, MostRows + MostBefore);
    }

    /// <summary>Rows of a text file; lines about the account before the header are passed over, so that the header decides what parts the columns.</summary>
    private IEnumerable<TableLine> Lines()
    {
        var before = Before();
        using var text = new ShortLines(Text(), LongestRow);
        for (var line = 0; line < before; line++)
        {
            text.ReadLine();
        }

        foreach (var line in CsvLines.Read(text))
        {
            yield return line with { Line = line.Line + before };
        }
    }

    private int Before()
    {
        using var text = new ShortLines(Text(), LongestRow);
        for (var line = 0; line <= MostBefore && text.ReadLine() is { } first; line++)
        {
            using var one = new StringReader(first.Count(c => c == '"') % 2 == 0 ? first : "");
            if (CsvLines.Read(one).FirstOrDefault() is { } cells && new StatementHead(cells.Cells) is var head && (Readers.Any(r => r.Recognises(head)) || BankCsv.Recognises(head)))
            {
                return line;
            }
        }

        return 0;
    }

    private StreamReader Text()
    {
        file.Position = 0;
        // A mark at the beginning decides; without one nothing but UTF-8, or what the connection says, is believed.
        Encoding plain = settings.Latin1 ? Encoding.Latin1 : new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        var mark = new byte[3];
        var read = file.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false);
        file.Position = 0;
        var encoding = read < 2 ? plain : mark switch
        {
            [0xFF, 0xFE, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
            [0xFE, 0xFF, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
            [0xEF, 0xBB, 0xBF] => new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true),
            _ => plain,
        };
        return new StreamReader(file, encoding, detectEncodingFromByteOrderMarks: false, bufferSize: 64 * 1024, leaveOpen: true);
    }
}
