using System.Text;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.PosLog;
using Xunit;

namespace ControlTower.Tests.Support;

/// <summary>Small POSLog files, written by hand so that a test can lie in them.</summary>
public static class TillFiles
{
    public const string Namespace = "http://www.nrf-arts.org/IXRetail/namespace/";

    public static readonly ConnectionProfile Tills = new(
        "tills", PosLogConnector.Name, "Tills", "northlane", "EU", "EUR", "Europe/Berlin", "erp", new Dictionary<string, string>(), new Dictionary<string, string>());

    public static byte[] File(params IEnumerable<string> transactions) =>
        Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<POSLog xmlns=\"{Namespace}\" MajorVersion=\"6\">\n{string.Join('\n', transactions)}\n</POSLog>\n");

    /// <summary>A sale of one jacket for 119.00 with 19.00 tax inside, on one line of the file but for its items.</summary>
    public static string Sale(
        long sequence, string store = "S001", string till = "1", string day = "2026-11-20", string total = "119.00", string paid = "119.00", string tax = "19.00", string quantity = "1",
        string status = "Finished", string marks = "", string item = "SKU-1") =>
        $"""
        <Transaction {marks}><BusinessUnit><UnitID>{store}</UnitID></BusinessUnit><WorkstationID>{till}</WorkstationID><SequenceNumber>{sequence}</SequenceNumber><CurrencyCode>EUR</CurrencyCode>
          <RetailTransaction TransactionStatus="{status}">
            <LineItem><Sale ItemType="Stock"><ItemID>{item}</ItemID><Description>Jacket</Description><RegularSalesUnitPrice>119.00</RegularSalesUnitPrice><ExtendedAmount>119.00</ExtendedAmount><Quantity>{quantity}</Quantity>
              <Tax TaxType="VAT"><TaxableAmount TaxIncludedInTaxableAmountFlag="true">119.00</TaxableAmount><Amount>{tax}</Amount><Percent>19.00</Percent></Tax></Sale><SequenceNumber>1</SequenceNumber></LineItem>
            <LineItem><Tender TenderType="Cash" TypeCode="Sale"><Amount Currency="EUR">{paid}</Amount></Tender><SequenceNumber>2</SequenceNumber></LineItem>
            <Total TotalType="TransactionTaxAmount">19.00</Total><Total TotalType="TransactionGrandAmount">{total}</Total>
          </RetailTransaction>
          <BusinessDayDate>{day}</BusinessDayDate><EndDateTime>{day}T10:{sequence % 60:00}:00</EndDateTime></Transaction>
        """;

    /// <summary>Everything that a file holds, read without a database.</summary>
    public static async Task<List<(PosLogReceipt? Receipt, IReadOnlyList<PosLogFault> Faults, PosLogSlice Slice, byte[] Document)>> ReadAsync(Stream file)
    {
        var cutter = new PosLogCutter(file);
        var all = new List<(PosLogReceipt?, IReadOnlyList<PosLogFault>, PosLogSlice, byte[])>();
        while (await cutter.NextAsync(CancellationToken.None) is { } slice)
        {
            var document = cutter.Head!.Document(slice.Bytes.Span);
            var (receipt, faults) = PosLogReading.Read(document, TimeZoneInfo.Utc);
            all.Add((receipt, faults, slice, document));
        }

        return all;
    }

    /// <summary>What one receipt means.</summary>
    public static Translation Translate(byte[] document, ConnectionProfile? profile = null) =>
        new PosLogConnector().Translate(new StoredMessage(1, PosLogConnector.Topic, "e", DateTimeOffset.UnixEpoch, document), profile ?? Tills);

    /// <summary>A vendor's file that must not be copied into the repository; skips where it is not there.</summary>
    public static string Shared(string name)
    {
        var places = new[] { Path.Combine(Repository.Root, "..", "shared"), Environment.GetEnvironmentVariable("CT_SHARED") ?? "" };
        var found = places.Select(place => Path.Combine(place, "vendor-apis", "poslog", name)).FirstOrDefault(System.IO.File.Exists);
        Assert.SkipWhen(found is null, "The shared vendor folder is not beside the repository.");
        return found!;
    }
}
