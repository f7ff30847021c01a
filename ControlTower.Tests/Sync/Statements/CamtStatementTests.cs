using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Statements;
using Xunit;

namespace ControlTower.Tests.Sync.Statements;

/// <summary>A bank's statement of the day.</summary>
public sealed class CamtStatementTests
{
    private const string Entries =
        """
        <Ntry><Amt Ccy="EUR">78.34</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-01-09</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>TRACE1</EndToEndId></Refs><RmtInf><Ustrd>STRIPE PAYOUT po_1</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
        <Ntry><Amt Ccy="EUR">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-01-09</Dt></BookgDt><AcctSvcrRef>B2</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy="EUR">10.00</Amt></TxDtls><TxDtls><Refs><EndToEndId>E2</EndToEndId></Refs><Amt Ccy="EUR">20.00</Amt></TxDtls></NtryDtls></Ntry>
        <Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-01-09</Dt></BookgDt><AddtlNtryInf>Bank charge</AddtlNtryInf></Ntry>
        """;

    private static readonly StatementSettings Plain = new("EUR", TimeZoneInfo.Utc);

    public static byte[] Statement(string version = "001.08", string closing = "203.34", string entries = Entries, string prolog = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>") => Encoding.UTF8.GetBytes(
        $$"""
        {{prolog}}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.{{version}}"><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>
        <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{{closing}}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
        {{entries}}</Stmt></BkToCstmrStmt></Document>
        """);

    [Theory]
    [InlineData("001.02")]
    [InlineData("001.08")]
    [InlineData("001.13")]
    public void An_entry_is_one_line_and_a_batch_is_told_by_its_transactions_in_any_version(string version)
    {
        var (lines, problems) = Read(Statement(version));
        Assert.Empty(problems);
        Assert.Equal([78.34m, 10m, 20m, -5m], lines.Select(l => l.Amount.Amount));
        Assert.All(lines, l => Assert.Equal((MoneyKind.BankEntry, "DE02120300000000202051", MoneyStatus.Final), (l.Kind, l.Account, l.Status)));
        Assert.Equal(["TRACE1", "STRIPE PAYOUT po_1", "B1"], lines[0].References);
        Assert.DoesNotContain("NOTPROVIDED", lines[1].References);
        Assert.StartsWith("Reversal.", lines[3].Text, StringComparison.Ordinal);
        Assert.Equal(lines.Select(l => l.Id), Read(Statement(version)).Lines.Select(l => l.Id));
        Assert.Equal(4, lines.Select(l => l.Id).Distinct().Count());
    }

    [Fact]
    public void Balances_that_do_not_agree_with_the_entries_are_told_with_both_figures()
    {
        var problem = Assert.Single(Read(Statement(closing: "204.34")).Problems);
        Assert.Equal(("Bal", "204.34"), (problem.Column, problem.Found));
        Assert.Contains("203.34", problem.Wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PDNG")]
    [InlineData("INFO")]
    [InlineData("FUTR")]
    public void What_is_not_booked_is_no_money_yet(string status)
    {
        var (lines, problems) = Read(Statement(closing: "125.00", entries: Entries.Replace("<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-01-09</Dt></BookgDt><AcctSvcrRef>B1", $"<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>2026-01-09</Dt></BookgDt><AcctSvcrRef>B1", StringComparison.Ordinal)));
        Assert.Empty(problems);
        Assert.Equal([10m, 20m, -5m], lines.Select(l => l.Amount.Amount));
    }

    [Fact]
    public void The_statement_of_another_account_and_another_message_are_refused()
    {
        Assert.Contains("another account", Assert.Single(Read(Statement(), Plain with { Iban = "DE99" }).Problems).Wrong, StringComparison.Ordinal);
        Assert.Empty(Read(Statement(), Plain with { Iban = "DE02 1203 0000 0000 2020 51" }).Problems);
        Assert.Contains("no account statement", Assert.Single(Read(Encoding.UTF8.GetBytes("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><a/></Document>")).Problems).Wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("78,34", "no amount")]
    [InlineData("78.345", "EUR has 2 decimals")]
    [InlineData("-78.34", "without a sign")]
    public void An_amount_that_is_none_is_told_by_the_number_of_its_entry(string amount, string words)
    {
        var problem = Read(Statement(entries: Entries.Replace("78.34", amount, StringComparison.Ordinal))).Problems[0];
        Assert.Equal((1, amount), (problem.Row, problem.Found));
        Assert.Contains(words, problem.Wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_cut_off_or_brings_a_definition_of_its_own_is_refused()
    {
        var whole = Statement();
        Assert.Contains(Read(whole[..^60]).Problems, p => p.Wrong.Contains("cut off", StringComparison.Ordinal));
        var bomb = Statement(prolog: "<!DOCTYPE a [<!ENTITY b \"bb\">]>");
        Assert.NotEmpty(Read(bomb).Problems);
    }

    private static (List<MoneyLine> Lines, IReadOnlyList<StatementProblem> Problems) Read(byte[] bytes, StatementSettings? settings = null)
    {
        var file = new StatementFile(new MemoryStream(bytes), settings ?? Plain);
        var lines = file.Read().ToList();
        Assert.Equal("camt.053", file.Format);
        return (lines, file.Report.Problems);
    }
}
