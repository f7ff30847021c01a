using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Tryton;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Tryton;

/// <summary>Invoices and credit notes of Tryton as lines of money.</summary>
public sealed class TrytonLedgerTests
{
    private const string Invoice = """
        {"id":21,"number":"INV-21","state":"paid","total_amount":{"__class__":"Decimal","decimal":"12.00"},"tax_amount":{"__class__":"Decimal","decimal":"2.00"},"invoice_date":{"__class__":"date","year":2026,"month":11,"day":23},
         "currency.":{"id":1,"code":"EUR"},"sales.":[{"id":7,"web_id":"N1-ABCDEF","reference":"#N1"}],"write_date":{"__class__":"datetime","year":2026,"month":11,"day":23,"hour":9,"minute":0,"second":1,"microsecond":500000},"create_date":null}
        """;

    [Fact]
    public async Task An_invoice_names_the_key_of_its_sale_and_the_order()
    {
        var line = Assert.Single(Assert.IsType<FeedAnswer.Statement>(await ReadAsync(Invoice)).Lines);
        Assert.Equal((MoneyKind.Invoice, "21", new Money(12m, "EUR"), 2m, "INV-21", MoneyStatus.Final), (line.Kind, line.Id, line.Amount, line.Tax!.Value, line.Document!, line.Status));
        Assert.Equal(["N1-ABCDEF", "#N1"], line.References);
        Assert.Equal((new DateTimeOffset(2026, 11, 22, 23, 0, 0, TimeSpan.Zero), 1795424401500), (line.At, line.Version));
    }

    [Fact]
    public async Task A_credit_note_is_negative_and_a_cancelled_invoice_says_so()
    {
        var rows = $"{Invoice.Replace("12.00", "-12.00", StringComparison.Ordinal)},{Invoice.Replace("\"paid\"", "\"cancelled\"", StringComparison.Ordinal)}";
        var lines = Assert.IsType<FeedAnswer.Statement>(await ReadAsync(rows)).Lines;
        Assert.Equal([(MoneyKind.CreditMemo, -12m, MoneyStatus.Final), (MoneyKind.Invoice, 12m, MoneyStatus.Cancelled)], lines.Select(l => (l.Kind, l.Amount.Amount, l.Status)));
    }

    [Fact]
    public async Task A_full_page_is_followed_by_another_from_its_last_id_on()
    {
        var full = Assert.IsType<FeedAnswer.Statement>(await ReadAsync(string.Join(',', Enumerable.Range(1, 100).Select(n => Invoice.Replace("\"id\":21", $"\"id\":{n}", StringComparison.Ordinal)))));
        Assert.True(full.More);
        Assert.Contains("\"AfterId\":100", full.Cursor, StringComparison.Ordinal);
        Assert.False(Assert.IsType<FeedAnswer.Statement>(await ReadAsync(Invoice, full.Cursor)).More);
    }

    [Theory]
    [InlineData("\"code\":\"EUR\"", "\"code\":null")]
    [InlineData("total_amount", "untold_amount")]
    [InlineData("\"id\":21", "\"ident\":21")]
    public async Task An_invoice_that_cannot_be_read_fails_its_page_and_is_not_passed_over(string part, string other)
        => Assert.IsType<Outcome.NotDone>(Assert.IsType<FeedAnswer.Failed>(await ReadAsync(Invoice.Replace(part, other, StringComparison.Ordinal))).Why);

    private static async Task<FeedAnswer> ReadAsync(string rows, string? cursor = null)
    {
        var vendor = new FakeVendor(request => FakeVendor.Json($$"""
            {"id":1,"result":{{request.Json.GetProperty("method").GetString() switch
        {
            "common.db.login" => "[1,\"s\"]",
            "model.res.user.get_preferences" => """{"company":1,"language":"en"}""",
            _ => $"[{rows}]",
        }}} }
            """));
        using var connector = new TrytonConnector();
        var client = connector.Connect(new TrytonConformanceTests().Profile with { TimeZone = "Europe/Berlin" }, vendor.Client(), new FakeTimeProvider(NetworkFault.Now));
        return await client.ReadAsync(new FeedRequest(LedgerFeeds.Invoices, cursor, NetworkFault.Now.AddHours(-1), TimeSpan.FromMinutes(10)), new FakeScope(), CancellationToken.None);
    }
}
