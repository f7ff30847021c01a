using System.IO.Compression;
using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Statements;
using ControlTower.Sync.Tables;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Statements;

/// <summary>Files of processors and banks: what they say as lines of money, and what a finance person is told where they say nothing.</summary>
public sealed class StatementFileTests
{
    private const string Payouts = "payout_id,effective_at_utc,currency,gross,fee,net,reporting_category,balance_transaction_id,payout_status\n";

    private static readonly StatementSettings Plain = new("EUR", TimeZoneInfo.Utc);

    private static byte[] Itemized => GoldenFiles.Bytes("Vendor", "stripe", "sample.payout_reconciliation.itemized.5.csv");

    private static byte[] Adyen => GoldenFiles.Bytes("Vendor", "adyen", "sample.settlement_detail_report_batch_118.csv");

    [Fact]
    public void Stripes_sample_is_worth_what_its_payouts_are_to_the_cent()
    {
        var (lines, _) = Sound(Itemized);
        var (payouts, _) = Sound(GoldenFiles.Bytes("Vendor", "stripe", "sample.payouts.itemized.3.csv"));
        Assert.Equal([("po_sample0001", 78.34m), ("po_sample0002", 75.16m)], payouts.Select(p => (p.Id, p.Amount.Amount)));
        Assert.All(payouts, p => Assert.Equal(p.Amount.Amount, lines.Where(l => l.Payout == p.Id).Sum(l => l.Net)));
        Assert.Equal(["1001", "pi_sample0001", "ch_sample0001", "order 1001"], lines[0].References);
        Assert.Equal([15m, -15m], lines.Where(l => l.Kind == MoneyKind.Dispute).Select(l => l.Fee!.Value));
        Assert.All(payouts, p => Assert.Equal((MoneyStatus.Final, new DateTimeOffset(2026, 1, 9, 0, 0, 0, TimeSpan.Zero)), (p.Status, payouts[0].At)));
    }

    [Fact]
    public void Adyens_sample_is_worth_what_its_payout_is_to_the_cent()
    {
        var (lines, _) = Sound(Adyen);
        var payout = Assert.Single(lines, l => l.Kind == MoneyKind.Payout);
        Assert.Equal(("SampleShop/118/EUR", 139.41m), (payout.Id, payout.Amount.Amount));
        Assert.Equal(139.41m, lines.Where(l => l.Payout == payout.Id).Sum(l => l.Net));
        var sold = lines[0];
        Assert.Equal((MoneyKind.Charge, 45.99m, 0.59m, "visastandarddebit"), (sold.Kind, sold.Amount.Amount, sold.Fee!.Value, sold.Method));
        Assert.Equal(["ORDER-1001", "PSP0000000000001", "MOD0000000000001"], sold.References);
        Assert.Equal(new DateTimeOffset(2026, 1, 5, 9, 22, 31, TimeSpan.Zero), sold.At);
        Assert.Equal([-20m, -25m, -4.5m, 10m], new[] { MoneyKind.ChargeRefund, MoneyKind.Dispute, MoneyKind.Fee, MoneyKind.Carried }.Select(k => lines.Single(l => l.Kind == k).Amount.Amount));
    }

    [Fact]
    public void Every_type_of_adyens_is_known_and_another_one_is_shown_and_never_dropped()
    {
        var types = System.Text.Json.JsonDocument.Parse(GoldenFiles.Bytes("Vendor", "adyen", "settlement-detail-report.json")).RootElement.GetProperty("types");
        Assert.Equal([], types.EnumerateObject().SelectMany(g => g.Value.EnumerateArray()).Select(t => t.GetString()!).Where(t => AdyenSettlementReport.KindOf(t) == MoneyKind.Unknown));
        var (lines, _) = Sound(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Adyen).Replace(",Fee,", ",OfNextYear,", StringComparison.Ordinal)));
        Assert.Contains("OfNextYear", Assert.Single(lines, l => l.Kind == MoneyKind.Unknown).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_adyen_sent_for_settlement_and_settled_is_one_line_and_money_that_came_back_names_its_batch_and_is_carried()
    {
        var text = Encoding.UTF8.GetString(Adyen).TrimEnd('\n').Split('\n').ToList();
        text.Insert(1, text[1].Replace(",Settled,", ",SentForSettle,", StringComparison.Ordinal));
        text.Insert(2, text[4].Replace(",Refunded,", ",SentForRefund,", StringComparison.Ordinal));
        text.Insert(3, "SampleCo,SampleShop,,,,2026-01-07 00:00:00,CET,BankInstructionReturned,,EUR,,,,EUR,,10.00,,,,,,TX0000000XT batch 117,118,,,,,,,");
        var (lines, _) = Sound(Encoding.UTF8.GetBytes(string.Join('\n', text.Select(t => t.Replace(",139.41,", ",149.41,", StringComparison.Ordinal)))));
        foreach (var kind in new[] { MoneyKind.Charge, MoneyKind.ChargeRefund })
        {
            var told = lines.Where(l => l.Kind == kind).GroupBy(l => l.Id).Single(g => g.Count() == 2).ToList();
            Assert.Equal([(0, MoneyStatus.Pending), (1, MoneyStatus.Final)], told.Select(l => (l.Version, l.Status)).Order());
        }

        Assert.Equal(("SampleShop/117/EUR", 10m), lines.Where(l => l.Kind == MoneyKind.PayoutReturned).Select(l => (l.Payout, l.Net)).Single());
        var payout = lines.Single(l => l.Kind == MoneyKind.Payout);
        Assert.Equal(payout.Amount.Amount, lines.Where(l => l.Payout == payout.Id && l.Kind != MoneyKind.PayoutReturned).Sum(l => l.Net));
    }

    [Fact]
    public void Columns_go_by_their_names_whatever_their_order_and_one_that_is_missing_is_named()
    {
        var turned = Encoding.UTF8.GetBytes(string.Join('\n', Encoding.UTF8.GetString(Itemized).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => $"new_column,{string.Join(',', l.Split(',').Reverse())}")));
        Assert.Equal(Sound(Itemized).Lines.Select(l => (l.Id, l.Net)), Sound(turned).Lines.Select(l => (l.Id, l.Net)));
        var problem = Assert.Single(Wrong(Encoding.UTF8.GetString(Itemized).Replace(",fee,net,", ",fee,nett,", StringComparison.Ordinal)));
        Assert.Equal((1, "net"), (problem.Row, problem.Column));
    }

    [Theory]
    [InlineData("po_1,2026-01-09 00:00:00,eur,-12.3x,0,0,payout,txn_1,paid", "gross", "no amount")]
    [InlineData("po_1,2026-01-09 00:00:00,eur,\"-12,34\",0,0,payout,txn_1,paid", "gross", "decimal point")]
    [InlineData("po_1,2026-01-09 00:00:00,jpy,-12.34,0,0,payout,txn_1,paid", "gross", "JPY has 0 decimals")]
    [InlineData("po_1,2026-01-09 00:00:00,euro,-12.34,0,0,payout,txn_1,paid", "currency", "no currency code")]
    [InlineData("po_1,09/01/2026,eur,-12.34,0,0,payout,txn_1,paid", "effective_at_utc", "no time")]
    [InlineData("po_1,2026-01-09 00:00:00,eur,=SUM(A1),0,0,payout,txn_1,paid", "gross", "formula")]
    [InlineData(",2026-01-09 00:00:00,eur,-12.34,0,0,payout,txn_1,paid", "payout_id", "empty")]
    [InlineData("po_1,2026-01-09 00:00:00,eur,-12.34,0", null, "cut off")]
    [InlineData("po_1,2026-01-09 00:00:00,eur,-12345678901234567,0,0,payout,txn_1,paid", "gross", "smallest units")]
    public void What_is_wrong_is_told_by_row_and_column_in_words(string row, string? column, string words)
    {
        var problem = Assert.Single(Wrong($"{Payouts}po_0,2026-01-09 00:00:00,eur,-1.00,0,-1.00,payout,txn_0,paid\n{row}\n"));
        Assert.Equal((3, column), (problem.Row, problem.Column));
        Assert.Contains(words, problem.Wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_that_stands_there_twice_and_one_whose_sums_disagree_are_told_and_only_a_hundred_are_kept()
    {
        Assert.Contains("twice", Assert.Single(Wrong($"{Payouts}po_0,2026-01-09 00:00:00,eur,-1.00,0,-1.00,payout,txn_0,paid\npo_0,2026-01-09 00:00:00,eur,-1.00,0,-1.00,payout,txn_0,paid\n")).Wrong, StringComparison.Ordinal);
        Assert.Contains("Gross less fee is 44.27", Assert.Single(Wrong(Encoding.UTF8.GetString(Itemized).Replace("44.27", "44.72", StringComparison.Ordinal))).Wrong, StringComparison.Ordinal);
        var file = new StatementFile(new MemoryStream(Encoding.UTF8.GetBytes(Payouts + string.Concat(Enumerable.Repeat("po,never,eur,1,0,1,payout,t,paid\n", 250)))), Plain);
        Assert.Empty(file.Read());
        Assert.Equal((250, 100), (file.Report.Count, file.Report.Problems.Count));
    }

    [Fact]
    public void Encodings_are_told_apart_by_their_mark_and_anything_else_is_refused()
    {
        var text = Payouts + "po_ü,2026-01-09 00:00:00,eur,-1.00,0,-1.00,payout,txn_0,paid\n";
        foreach (var encoding in new Encoding[] { new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            Assert.Equal("po_ü", Assert.Single(Sound([.. encoding.GetPreamble(), .. encoding.GetBytes(text)]).Lines).Id);
        }

        Assert.Contains("UTF-8", Assert.Single(Problems(Encoding.Latin1.GetBytes(text), Plain)).Wrong, StringComparison.Ordinal);
        Assert.Equal("po_ü", Assert.Single(Sound(Encoding.Latin1.GetBytes(text), Plain with { Latin1 = true }).Lines).Id);
    }

    [Theory]
    [InlineData("Buchungstag;Verwendungszweck;Betrag;Währung\n09.01.2026;STRIPE PAYOUT po_1;1.234,56;EUR\n09.01.2026;Gebühr;-5,00;EUR\n")]
    [InlineData("Date\tDescription\tAmount\n2026-01-09\tSTRIPE PAYOUT po_1\t1,234.56\n2026-01-09\tGebühr\t-5.00\n")]
    [InlineData("Account,DE02\n\nDate,Description,Credit,Debit\n2026-01-09,STRIPE PAYOUT po_1,1234.56,\n2026-01-09,Gebühr,,5.00\n")]
    public void A_banks_list_is_read_by_the_names_of_its_columns_in_both_languages(string text)
    {
        var (lines, format) = Sound(Encoding.UTF8.GetBytes(text));
        Assert.Equal("bank list", format);
        Assert.Equal([1234.56m, -5m], lines.Select(l => l.Amount.Amount));
        Assert.Contains("STRIPE PAYOUT po_1", lines[0].References);
        Assert.Equal(new DateTimeOffset(2026, 1, 9, 0, 0, 0, TimeSpan.Zero), lines[0].At);
        Assert.Equal(lines.Select(l => l.Id), Sound(Encoding.UTF8.GetBytes(text)).Lines.Select(l => l.Id));
    }

    [Theory]
    [InlineData("Date,Amount\n2026-01-09,\"1,234\"\n", "Thousands or decimals")]
    [InlineData("Date;Amount\n2026-01-09;1,50\n2026-01-09;2.50\n", "another sign")]
    [InlineData("Date,Amount\n03/04/2026,1.50\n", "Day or month first")]
    public void What_may_mean_two_things_is_refused(string text, string words) => Assert.Contains(Problems(Encoding.UTF8.GetBytes(text), Plain), p => p.Wrong.Contains(words, StringComparison.Ordinal));

    [Fact]
    public void Days_with_slashes_are_as_the_connection_says_and_two_equal_entries_are_two()
    {
        var text = Encoding.UTF8.GetBytes("Date,Amount\n03/04/2026,1.50\n03/04/2026,1.50\n");
        Assert.Equal([4, 4], Sound(text, Plain with { Dates = DateOrder.DayFirst }).Lines.Select(l => l.At.Month));
        Assert.Equal([3, 3], Sound(text, Plain with { Dates = DateOrder.MonthFirst }).Lines.Select(l => l.At.Month));
    }

    [Fact]
    public void A_workbook_says_what_its_text_says_and_a_formula_in_it_is_told()
    {
        Assert.Equal(1.5m, Assert.Single(Sound(Workbook("<c r=\"A2\"><v>46031</v></c><c r=\"B2\"><v>1.5</v></c>")).Lines).Amount.Amount);
        Assert.Contains("formula", Assert.Single(Problems(Workbook("<c r=\"A2\"><v>46031</v></c><c r=\"B2\"><f>1+1</f><v>2</v></c>"), Plain)).Wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_bytes_and_random_cuts_are_problems_or_lines_and_never_exceptions()
    {
        var random = new Random(7);
        var camt = CamtStatementTests.Statement();
        foreach (var sample in new[] { Itemized, Adyen, camt, Workbook("<c r=\"A2\"><v>46031</v></c><c r=\"B2\"><v>1.5</v></c>") })
        {
            for (var i = 0; i < 300; i++)
            {
                var damaged = sample[..random.Next(1, sample.Length)].ToArray();
                for (var hits = random.Next(0, 6); hits > 0; hits--)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                _ = new StatementFile(new MemoryStream(damaged), Plain).Read().Count();
            }
        }

        for (var i = 0; i < 300; i++)
        {
            var noise = new byte[random.Next(1, 4000)];
            random.NextBytes(noise);
            Assert.NotEmpty(Problems(noise, Plain));
        }

        Assert.NotEmpty(Problems([], Plain));
    }

    [Fact]
    public void A_workbook_of_empty_cells_alone_is_refused_before_it_fills_the_memory()
    {
        var book = Workbook(string.Concat(Enumerable.Range(2, 20).Select(n => $"</row><row r=\"{n}\"><c r=\"CV{n}\"/>")));
        Assert.Contains("more cells", Assert.Throws<FormatException>(() => XlsxLines.Read(new MemoryStream(book), 100, mostCells: 1_000)).Message, StringComparison.Ordinal);
        Assert.Equal(22, XlsxLines.Read(new MemoryStream(book), 100).Count);
    }

    private static byte[] Workbook(string row)
    {
        var bytes = new MemoryStream();
        using (var book = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        using (var sheet = new StreamWriter(book.CreateEntry("xl/worksheets/sheet1.xml").Open()))
        {
            sheet.Write($"<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Date</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>Amount</t></is></c></row><row r=\"2\">{row}</row></sheetData></worksheet>");
        }

        return bytes.ToArray();
    }

    private static (List<MoneyLine> Lines, string? Format) Sound(byte[] bytes, StatementSettings? settings = null)
    {
        var file = new StatementFile(new MemoryStream(bytes), settings ?? Plain);
        var lines = file.Read().ToList();
        Assert.Equal([], file.Report.Problems);
        Assert.NotEmpty(lines);
        return (lines, file.Format);
    }

    private static IReadOnlyList<StatementProblem> Wrong(string text) => Problems(Encoding.UTF8.GetBytes(text), Plain);

    private static IReadOnlyList<StatementProblem> Problems(byte[] bytes, StatementSettings settings)
    {
        var file = new StatementFile(new MemoryStream(bytes), settings);
        _ = file.Read().Count();
        return file.Report.Problems;
    }
}
