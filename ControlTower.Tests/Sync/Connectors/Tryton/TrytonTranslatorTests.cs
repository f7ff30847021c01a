using System.Text;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Tryton;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Connectors.Tryton;

public sealed class TrytonTranslatorTests
{
    [Fact]
    public void A_recorded_invoice_is_told_with_its_number_total_and_rest()
    {
        var invoice = Assert.IsType<InvoicePosted>(Assert.Single(Events("invoice", Recorded("invoices.jsonl")[0])));
        Assert.Equal("6DZ4FHXMELR71Y94-041D6MDZGYENJPSZ", invoice.Posting?.Value);
        Assert.Equal(("4", "INV1", new Money(341.74m, "EUR"), new Money(0m, "EUR")), (invoice.InvoiceId, invoice.InvoiceNumber, invoice.Total, invoice.Remaining!.Value));
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 18, 55, 51, TimeSpan.Zero).AddTicks(9025190), invoice.At);
    }

    [Fact]
    public void A_recorded_shipment_is_told_with_the_codes_that_left()
    {
        var shipment = Assert.IsType<ShipmentConfirmed>(Assert.Single(Events("shipment", Recorded("shipments.jsonl")[0])));
        Assert.True(shipment.Complete);
        Assert.Equal([("RH-00041", 2), ("RH-00111", 2), ("RH-00194", 3)], shipment.Lines.Select(l => (l.Sku, l.Quantity)).Order());
        Assert.Null(shipment.Key);
        Assert.Equal("6DZ4FHXMELR71Y94-041D6MDZGYENJPSZ", shipment.PostedAs?.Value);
    }

    [Fact]
    public void Every_recorded_record_is_told_once_and_the_same_each_time()
    {
        var all = Recorded("invoices.jsonl").Select(r => ("invoice", r)).Concat(Recorded("shipments.jsonl").Select(r => ("shipment", r))).ToList();
        Assert.Equal(all.Select(r => Events(r.Item1, r.r)[0].EventId), all.Select(r => Events(r.Item1, r.r)[0].EventId));
        Assert.Equal(all.Count, all.Select(r => Events(r.Item1, r.r)[0].EventId).Distinct().Count());
    }

    [Fact]
    public void A_credit_note_is_no_invoice_of_its_return()
        => Assert.IsType<Translation.Ignored>(Translate("invoice", Encoding.UTF8.GetBytes(Recorded("invoices.jsonl")[0].Replace("\"decimal\":\"341.74\"", "\"decimal\":\"-341.74\"", StringComparison.Ordinal))));

    [Fact]
    public void An_invoice_of_somebody_elses_sale_is_of_no_interest()
        => Assert.IsType<Translation.Ignored>(Translate("invoice", """{"id":1,"state":"posted","sales.":[{"id":2,"web_id":null}]}"""u8.ToArray()));

    [Fact]
    public void A_record_cut_at_any_byte_or_with_any_byte_changed_is_answered()
    {
        var random = new Random(2);
        foreach (var (topic, file) in new[] { ("invoice", "invoices.jsonl"), ("shipment", "shipments.jsonl") })
        {
            var body = Encoding.UTF8.GetBytes(Recorded(file)[0]);
            for (var i = 0; i < 10_000; i++)
            {
                var bytes = i % 2 == 0 ? body[..random.Next(body.Length)] : [.. body];
                if (i % 2 == 1)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }

                Assert.NotNull(Translate(topic, bytes));
            }
        }
    }

    [Theory]
    [InlineData("duplicate", FailureKind.Duplicate)]
    [InlineData("edit-posted", FailureKind.Refused)]
    [InlineData("domain", FailureKind.Value)]
    [InlineData("digits", FailureKind.Value)]
    [InlineData("guest", FailureKind.Refused)]
    [InlineData("period", FailureKind.Refused)]
    public void A_recorded_refusal_has_its_kind(string name, FailureKind kind)
    {
        using var errors = JsonDocument.Parse(GoldenFiles.Bytes("Vendor", "tryton-6.0", "errors.json"));
        var refused = Assert.IsType<Outcome.Refused>(TrytonErrors.Of(errors.RootElement.GetProperty(name).GetProperty("error")));
        Assert.Equal(kind, refused.Kind);
        Assert.Equal(name == "period" ? "closed-period" : refused.Code, refused.Code);
    }

    [Theory]
    [InlineData("""["could not obtain lock on row in relation \"ir_sequence_strict\"\n", ""]""")]
    [InlineData("""["ConcurrencyException", ["sale.sale,5"]]""")]
    [InlineData("""["'nope'", ""]""")]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""[[1]]""")]
    public void A_failure_of_the_server_was_rolled_back_and_may_be_tried_again(string error)
    {
        using var parsed = JsonDocument.Parse(error);
        Assert.Equal(FailureKind.Intermittent, Assert.IsType<Outcome.NotDone>(TrytonErrors.Of(parsed.RootElement)).Kind);
    }

    private static string[] Recorded(string file) => GoldenFiles.Lines("Vendor", "tryton-6.0", file);

    private static IReadOnlyList<CanonicalEvent> Events(string topic, string record) => Assert.IsType<Translation.Events>(Translate(topic, Encoding.UTF8.GetBytes(record))).List;

    private static Translation Translate(string topic, byte[] body) => TrytonTranslator.Translate(new StoredMessage(1, topic, "e", default, body));
}
