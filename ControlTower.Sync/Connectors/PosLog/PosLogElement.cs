using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace ControlTower.Sync.Connectors.PosLog;

/// <summary>Reads one Transaction element. Every fault names its place; a transaction with a fault is not taken at all.</summary>
internal sealed class PosLogElement(XElement transaction, TimeZoneInfo zone, List<PosLogFault> faults)
{
    private const int LongestName = 40;

    /// <summary>No till counts so far, and sums of numbers stay far from the end of a long.</summary>
    private const long MostSequence = 999_999_999_999_999;

    private readonly XElement? retail = transaction.Part("RetailTransaction");

    public PosLogReceipt? Receipt()
    {
        var at = Moment();
        if (Key(transaction, transaction.Part("BusinessUnit").Part("UnitID") ?? transaction.Part("RetailStoreID"), at) is not { } key)
        {
            return null;
        }

        var items = new PosLogItems(retail, faults, OriginOf);
        var kind = Kind(items);
        var (line, column) = Place(transaction);
        var receipt = new PosLogReceipt(
            key, kind, At(at), Currency(), retail.Part("Customer").Part("CustomerID").Text(), items.Lines, items.Loose, items.LooseReward, items.Tenders, items.Rounding, Totals(), line, column);
        if (receipt.IsLeftOut)
        {
            // What is left out need not add up.
            faults.Clear();
            return receipt;
        }

        Check(transaction.Part("CurrencyCode"), receipt.Currency is not null, "currency", "The currency is missing or no ISO 4217 code. Set it in the till server and have the file written again.");
        Check(transaction, at is not null, "time", "No EndDateTime or BeginDateTime can be read, or it is a time at which no till sold. Correct it and send the file again.");
        if (kind is not PosLogKind.PostVoid && faults.Count == 0)
        {
            faults.AddRange(PosLogSums.Faults(receipt));
        }

        return receipt;
    }

    private PosLogKey? Key(XElement owner, XElement? unit, DateTimeOffset? at)
    {
        var (store, till, number) = (Identity(unit), Identity(owner.Part("WorkstationID")), owner.Part("SequenceNumber").Text());
        var day = PosLogReading.Day(owner.Part("BusinessDayDate").Text()) ?? (at is { } moment ? DateOnly.FromDateTime(moment.DateTime) : null);
        var sequence = long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= MostSequence ? value : (long?)null;
        Check(unit ?? owner, store is not null, "store", "The store (BusinessUnit/UnitID or RetailStoreID) is missing, too long or holds a slash. Correct it and send the file again.");
        Check(owner.Part("WorkstationID") ?? owner, till is not null, "till", "The till (WorkstationID) is missing, too long or holds a slash. Correct it and send the file again.");
        Check(owner.Part("SequenceNumber") ?? owner, sequence is not null, "sequence", "The SequenceNumber is missing, no whole number or longer than 15 digits. Correct it and send the file again.");
        Check(owner.Part("BusinessDayDate") ?? owner, day is not null, "day", "The BusinessDayDate is missing or no date, and no time tells it. Correct it and send the file again.");
        return store is not null && till is not null && sequence is { } s && day is { } d ? new PosLogKey(store, till, d, s) : null;
    }

    private PosLogOrigin? OriginOf(XElement item)
    {
        if (item.Part("TransactionLink") is not { } link)
        {
            return null;
        }

        return Key(link, link.Part("BusinessUnit") ?? link.Part("RetailStoreID"), null) is { } key ? new PosLogOrigin(key, link.Part("LineItemSequenceNumber").Text()) : null;
    }

    private PosLogKind Kind(PosLogItems items)
    {
        if (transaction.Flag("TrainingModeFlag") || retail.Flag("TrainingModeFlag"))
        {
            return PosLogKind.Training;
        }

        if (retail is null)
        {
            return PosLogKind.Control;
        }

        return Word(transaction.Mark("EntryMode")) is "ReEntry" or "ReEntered" || Word(retail.Mark("TypeCode")) is "RevisedTransaction" ? PosLogKind.Reentered
            : Word(retail.Mark("TypeCode")) is not (null or "Transaction") ? PosLogKind.Control
            : transaction.Flag("CancelFlag") || retail.Flag("CancelFlag") ? PosLogKind.Cancelled
            : OfStatus(Word(retail.Mark("TransactionStatus"))) ?? OfItems(items);
    }

    private PosLogKind? OfStatus(string? status)
    {
        switch (status)
        {
            case null or "Finished" or "Delivered" or "Returned" or "Tendered" or "Resumed":
                return null;
            case "Canceled" or "Cancelled" or "Failed" or "SuspendedDeleted":
                return PosLogKind.Cancelled;
            case "Voided" or "TransactionVoided" or "PostVoided":
                return PosLogKind.Voided;
            case "Suspended" or "SuspendedRetrieved" or "InProcess" or "InComplete" or "Subtotal" or "Totaled" or "Projection":
                return PosLogKind.Suspended;
            case "Replaced" or "Revision" or "Updated":
                return PosLogKind.Reentered;
            default:
                Fault(retail!, "status", $"The status '{VendorText.Cut(status, 40)}' is none that is known to be finished or left out. Correct it, or tell the support of the tower what it means.");
                return null;
        }
    }

    private PosLogKind OfItems(PosLogItems items) =>
        retail.Parts("TransactionLink").Any(link => link.Mark("ReasonCode")?.Contains("Void", StringComparison.OrdinalIgnoreCase) == true) ? PosLogKind.PostVoid
        : items.Lines.Count == 0 ? (items.Tenders.Count == 0 ? PosLogKind.Control : PosLogKind.MoneyOnly)
        : items.Lines.All(l => l.IsReturn) ? PosLogKind.Return
        : items.Lines.Any(l => l.IsReturn) ? PosLogKind.Exchange
        : PosLogKind.Sale;

    private Dictionary<string, decimal> Totals()
    {
        var totals = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var total in retail.Parts("Total"))
        {
            if (total.Mark("TotalType") is { } type && Check(total, total.Number() is not null, "amount", "This total is no number. Correct it and send the file again."))
            {
                totals.TryAdd(type, total.Number()!.Value);
            }
        }

        return totals;
    }

    private string? Currency() =>
        transaction.Part("CurrencyCode").Text() is { } code && Data.Canonical.Currencies.IsCode(code) ? code : null;

    private DateTimeOffset? Moment()
    {
        var text = (transaction.Part("EndDateTime") ?? transaction.Part("BeginDateTime") ?? retail.Part("ReceiptDateTime")).Text();
        // 0001-01-01 and 9999-12-31 are what programs write for no time at all, and no zone can be reckoned with them.
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) && PosLogReading.IsBusiness(moment.Year)
            ? HasZone(text) ? moment : new DateTimeOffset(moment.DateTime, zone.GetUtcOffset(moment.DateTime))
            : null;
    }

    // It was read as a time already, so a sign behind the first colon is that of a zone, whether there are seconds or not.
    private static bool HasZone(string text) => text.EndsWith('Z') || (text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && text.AsSpan(colon).IndexOfAny('+', '-') >= 0);

    private static DateTimeOffset At(DateTimeOffset? moment) => moment?.ToUniversalTime() ?? DateTimeOffset.UnixEpoch;

    private static string? Identity(XElement? element) => element.Text() is { } text && text.Length <= LongestName && !text.Contains('/', StringComparison.Ordinal) ? text : null;

    // Extensions of the standard are "vendor:Value".
    private static string? Word(string? value) => value?[(value.LastIndexOf(':') + 1)..];

    private bool Check(XElement? at, bool sound, string code, string message)
    {
        if (!sound)
        {
            Fault(at ?? transaction, code, message);
        }

        return sound;
    }

    private void Fault(XElement at, string code, string message)
    {
        var (line, column) = Place(at);
        faults.Add(new PosLogFault(code, message, line, column));
    }

    internal static (int Line, int Column) Place(IXmlLineInfo at) => at.HasLineInfo() ? (at.LineNumber, Math.Max(1, at.LinePosition - 1)) : (1, 1);
}
