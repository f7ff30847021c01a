using System.IO.Compression;
using System.Xml;
using System.Xml.Schema;
using ControlTower.Data.Canonical;
using ControlTower.Simulator.PosLog;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.PosLog;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Connectors.PosLog;

/// <summary>Files of real tills, and of the estate.</summary>
public sealed class PosLogSampleTests
{
    [Fact]
    public async Task Every_receipt_of_a_real_day_in_the_dialect_of_NCR_adds_up()
    {
        await using var file = new GZipStream(File.OpenRead(TillFiles.Shared("samples/ncr-acs-poslog2.1-day.xml.gz")), CompressionMode.Decompress);
        var all = await TillFiles.ReadAsync(file);

        Assert.Equal([], all.SelectMany(t => t.Faults));
        Assert.Equal((42, 9), (all.Count(t => t.Receipt!.Kind == PosLogKind.Sale), all.Count(t => t.Receipt!.Kind == PosLogKind.Control)));
        var voided = all.Single(t => t.Receipt!.Key is { Till: "1", Sequence: 376 }).Receipt!;
        Assert.Equal((72, 354.21m, "9"), (voided.Lines.Count, voided.Paid, voided.Key.Store));
        Assert.Equal(new DateOnly(2017, 10, 1), voided.Key.Day);
        Assert.All(all.Where(t => !t.Receipt!.IsLeftOut), t => Assert.True(TillFiles.Translate(t.Document) is Translation.Events or Translation.Unreadable { Kind: FailureKind.Value }));
    }

    [Theory]
    [InlineData(1, "22041.88", "22042.00")]
    [InlineData(3, "384.15", "384.00")]
    [InlineData(5, "79.00", "79.00")]
    public async Task Cash_rounding_of_a_Swedish_till_is_no_lie(int number, string owed, string paid)
    {
        await using var file = File.OpenRead(TillFiles.Shared($"samples/visma-poslog6-{number}.xml"));
        var (receipt, faults, _, document) = Assert.Single(await TillFiles.ReadAsync(file));

        Assert.Equal([], faults);
        Assert.Equal((decimal.Parse(owed, null), decimal.Parse(paid, null), "SEK"), (receipt!.Goods, receipt.Paid, receipt.Currency));
        Assert.Equal(decimal.Parse(owed, null), Assert.IsType<OrderStated>(Assert.IsType<Translation.Events>(TillFiles.Translate(document)).List[0]).Statement.Totals.Total);
    }

    [Fact]
    public async Task A_cancelled_receipt_of_a_Swedish_till_is_left_out()
    {
        await using var file = File.OpenRead(TillFiles.Shared("samples/visma-poslog6-4.xml"));
        Assert.Equal(PosLogKind.Cancelled, Assert.Single(await TillFiles.ReadAsync(file)).Receipt!.Kind);
    }

    [Fact]
    public async Task A_card_sale_with_tax_on_top_is_an_order_that_is_paid_and_handed_over()
    {
        await using var file = File.OpenRead(TillFiles.Shared("samples/made-sale-card-discount.xml"));
        var (_, faults, _, document) = Assert.Single(await TillFiles.ReadAsync(file));

        Assert.Equal([], faults);
        var events = Assert.IsType<Translation.Events>(TillFiles.Translate(document)).List;
        var order = Assert.IsType<OrderStated>(events[0]).Statement;
        Assert.Equal((48.60m, 3.60m, 5.00m, 0m), (order.Totals.Total, order.Totals.Tax, order.Totals.Discount, order.Totals.Shipping));
        Assert.Equal((false, PaymentState.Paid, FulfilmentMode.HandedOver, "S042", "C-500"), (order.TaxesIncluded, order.Payment, order.Fulfilment, order.PickupLocation, order.Buyer.Id));
        Assert.Equal((25.00m, 2, 5.00m, 0.08m), (order.Lines[0].UnitPrice, order.Lines[0].Quantity, order.Lines[0].Discount, order.Lines[0].Taxes[0].Rate));
        Assert.Equal(new DateTimeOffset(2026, 1, 15, 18, 16, 12, TimeSpan.Zero), order.PlacedAt);
        Assert.Equal((true, "SKU-1", 2), (Assert.IsType<ShipmentConfirmed>(events[1]).Complete, ((ShipmentConfirmed)events[1]).Lines[0].Sku, ((ShipmentConfirmed)events[1]).Lines[0].Quantity));
    }

    [Fact]
    public async Task What_comes_back_with_its_receipt_is_a_refund_of_that_order()
    {
        await using var file = File.OpenRead(TillFiles.Shared("samples/made-return-linked.xml"));
        var (_, _, _, document) = Assert.Single(await TillFiles.ReadAsync(file));

        var events = Assert.IsType<Translation.Events>(TillFiles.Translate(document)).List;
        var refund = Assert.IsType<RefundRecorded>(events[0]);
        Assert.Equal((new OrderKey("tills", "S042/7/2026-01-15/1201"), new Money(24.30m, "USD")), (refund.Order, refund.Amount));
        Assert.Equal(new RefundLine("1", "SKU-1", 1, 22.50m), Assert.Single(refund.Lines));
        var stated = Assert.IsType<ReturnStated>(events[1]);
        Assert.Equal((refund.OfReturn, "S042", true), (stated.Key.Id, stated.Store, stated.AtTill));
        Assert.Equal(new ReturnedLine("1", 1, ReturnReasons.Other, 24.30m), Assert.Single(stated.Lines));
    }

    [Fact]
    public async Task What_the_estate_writes_adds_up_and_says_all_that_tills_do()
    {
        using var file = new MemoryStream();
        PosLogWriter.Write(new PosLogDay { Transactions = 400, Seed = 7 }, file);
        file.Position = 0;
        var all = await TillFiles.ReadAsync(file);

        Assert.Equal([], all.SelectMany(t => t.Faults));
        Assert.Equal(400, all.Count);
        Assert.Equal(
            [PosLogKind.Sale, PosLogKind.Return, PosLogKind.Exchange, PosLogKind.Training, PosLogKind.Voided, PosLogKind.Suspended, PosLogKind.Cancelled, PosLogKind.Control],
            all.Select(t => t.Receipt!.Kind).Distinct().Order());
        Assert.All(all.Where(t => t.Receipt!.Kind == PosLogKind.Sale), t => Assert.IsType<Translation.Events>(TillFiles.Translate(t.Document)));
    }

    [Fact]
    public void What_the_estate_writes_is_valid_by_the_published_schema()
    {
        using var schema = new GZipStream(File.OpenRead(TillFiles.Shared("POSLogV6.0.0.xsd.gz")), CompressionMode.Decompress);
        using var schemaReader = XmlReader.Create(schema);
        var schemas = new XmlSchemaSet();
        schemas.Add(PosLogWriter.Namespace, schemaReader);
        using var file = new MemoryStream();
        PosLogWriter.Write(new PosLogDay { Transactions = 200 }, file);
        file.Position = 0;
        var problems = new List<string>();
        var settings = new XmlReaderSettings { ValidationType = ValidationType.Schema, Schemas = schemas };
        settings.ValidationEventHandler += (_, e) => problems.Add(e.Message);
        using var reader = XmlReader.Create(file, settings);
        while (reader.Read())
        {
        }

        Assert.Equal([], problems.Distinct());
    }
}
