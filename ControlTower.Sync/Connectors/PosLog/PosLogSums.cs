using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.PosLog;

/// <summary>
/// Holds the lines of a transaction against its totals and its money. A total that nothing in the lines explains is a lie, of the till or of the way to us, and nobody can say which part is true:
/// such a transaction is not taken.
/// </summary>
internal static class PosLogSums
{
    public static IEnumerable<PosLogFault> Faults(PosLogReceipt receipt)
    {
        foreach (var line in receipt.Lines.Where(l => l.Quantity == 0 && l.Amount != 0))
        {
            yield return Fault(receipt, "quantity", Say($"Line {line.Id} costs {line.Amount} and has no quantity"));
        }

        var tax = receipt.Taxes.Sum(t => t.Signed);
        if (receipt.Totals.TryGetValue("TransactionTaxAmount", out var stated) && stated != tax)
        {
            yield return Fault(receipt, "tax-total", Say($"The tax total is {stated}, the lines hold {tax}"));
        }

        var due = Dues(receipt).ToList();
        var isGrand = receipt.Totals.TryGetValue("TransactionGrandAmount", out var grand);
        if (isGrand && !due.Contains(grand))
        {
            yield return Fault(receipt, "grand-total", Say($"The grand total is {grand}, lines and tax come to {string.Join(" or ", due)}"));
            yield break;
        }

        foreach (var type in new[] { "TransactionGrossAmount", "TransactionNetAmount" })
        {
            // Vendors mean them with or without tax.
            if (receipt.Totals.TryGetValue(type, out var sum) && sum != receipt.Goods && sum != receipt.Goods + tax && sum != receipt.Goods - tax)
            {
                yield return Fault(receipt, "total", Say($"{type} is {sum}, the lines come to {receipt.Goods} and tax of {tax}"));
            }
        }

        var paid = receipt.Paid - receipt.Rounding;
        if (isGrand ? paid != grand : !due.Contains(paid))
        {
            yield return Fault(receipt, "tenders", Say($"{paid} was paid, {(isGrand ? grand : due[0])} was owed"));
        }
    }

    /// <summary>What is owed: goods, and the tax that prices do not hold. Where the file does not say whether they do, both readings are possible, and totals and money decide.</summary>
    public static decimal Due(PosLogReceipt receipt)
    {
        var dues = Dues(receipt).ToList();
        return receipt.Totals.TryGetValue("TransactionGrandAmount", out var grand) && dues.Contains(grand) ? grand
            : dues.Contains(receipt.Paid - receipt.Rounding) ? receipt.Paid - receipt.Rounding
            : dues[0];
    }

    private static IEnumerable<decimal> Dues(PosLogReceipt receipt)
    {
        var goods = receipt.Goods + receipt.Taxes.Where(t => t.Tax.Included == false).Sum(t => t.Signed);
        var unsaid = receipt.Taxes.Where(t => t.Tax.Included is null).Sum(t => t.Signed);
        return unsaid == 0 ? [goods] : [goods, goods + unsaid];
    }

    private static PosLogFault Fault(PosLogReceipt receipt, string code, string what) =>
        new(code, $"{what}. Nothing of transaction {receipt.Key.Name} was taken. Correct it at the till server and send the file again.", receipt.Line, receipt.Column);

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
