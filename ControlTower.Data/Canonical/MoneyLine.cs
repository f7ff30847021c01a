namespace ControlTower.Data.Canonical;

/// <summary>
/// One movement or document of money as one system states it. <see cref="Source"/> of the line is the connection that told it; (source, kind, <paramref name="Id"/>) is its identity, so a line
/// told again is the same line, and one of a higher <paramref name="Version"/> replaces the lower.
/// </summary>
/// <param name="Id">Of the source, stable: a balance transaction, an invoice, a journal entry. At most 120 characters.</param>
/// <param name="Version">Rises with each change of this line at its source: its change time in Unix milliseconds, or a counter of the source. Nought where a line never changes.</param>
/// <param name="Amount">
/// In major units, in the currency in which the source keeps it; signed as the retailer sees it. What was sold, charged or arrived at the bank is positive; what was refunded, credited, disputed or
/// charged as a fee of its own is negative. A payout is positive: so much was sent to the bank; a debit from the bank is negative. Before <paramref name="Fee"/>.
/// </param>
/// <param name="At">When it happened at the source.</param>
/// <param name="Document">The number by which people there call it: an order name, an invoice number, a payout's id. At most 120 characters.</param>
/// <param name="References">What it names of the other side, surest first: a posting key, an order's id, an order's name, a payment reference, words of a bank. Each at most 200 characters, at most 10.</param>
/// <param name="Presentment">The same money in the currency that the buyer saw, if it is another one; same sign.</param>
/// <param name="Fee">What the processor kept of it, in the amount's currency; positive is cost, negative is a fee given back. The net is the amount less the fee.</param>
/// <param name="Tax">The tax within the amount, of the same sign; null where the source does not say.</param>
/// <param name="Payout">The source's id of the payout that carries it; null before one does, and on the payout itself.</param>
/// <param name="Method">How it was paid, in the source's word: <c>visa</c>, <c>cash</c>, <c>shopify_payments</c>. Of a payout, see <see cref="ByHand"/>.</param>
/// <param name="Text">What the source says about it in words. At most 300 characters.</param>
/// <param name="Account">The account of the books, or of the bank, on which it stands; null where there is none.</param>
/// <param name="Store">The tower's id of the store, if it belongs to one.</param>
public sealed record MoneyLine(
    MoneyKind Kind, string Id, long Version, Money Amount, DateTimeOffset At, string? Document, IReadOnlyList<string> References, MoneyStatus Status = MoneyStatus.Final, Money? Presentment = null,
    decimal? Fee = null, decimal? Tax = null, string? Payout = null, string? Method = null, string? Text = null, string? Account = null, string? Store = null)
{
    /// <summary>The <see cref="Method"/> of a payout of which nobody can say what is in it.</summary>
    public const string ByHand = "manual";

    public decimal Net => Amount.Amount - (Fee ?? 0m);
}

public enum MoneyKind
{
    /// <summary>Channel: an order, as it is now sold.</summary>
    Order,

    /// <summary>Channel: money that goes back to a buyer.</summary>
    Refund,

    /// <summary>Channel: money taken from, or given back to, a buyer's means of payment.</summary>
    Tender,

    /// <summary>ERP: an order that is not invoiced whole yet; closed (<see cref="MoneyStatus.Gone"/>) when it is, or when it was taken back.</summary>
    SalesOrder,

    /// <summary>ERP: a posted sales invoice.</summary>
    Invoice,

    /// <summary>ERP: a posted credit memo.</summary>
    CreditMemo,

    /// <summary>ERP: a customer's payment that was booked.</summary>
    Payment,

    /// <summary>ERP: an entry of the ledger on an account that is reconciled; a debit is positive.</summary>
    Journal,

    /// <summary>Processor: a payment that was taken.</summary>
    Charge,

    /// <summary>Processor: a payment that was given back.</summary>
    ChargeRefund,

    /// <summary>Processor: taken back by the buyer's bank, or given back after it (positive).</summary>
    Dispute,

    /// <summary>Processor: a cost that belongs to no single payment.</summary>
    Fee,

    Adjustment,

    /// <summary>Processor: held back, or released.</summary>
    Reserve,

    /// <summary>Processor: gain or loss by the exchange of currencies.</summary>
    Exchange,

    /// <summary>Processor: what one payout leaves to the next.</summary>
    Carried,

    /// <summary>Processor: money sent to the bank.</summary>
    Payout,

    /// <summary>Processor: a payout that came back; <see cref="MoneyLine.Payout"/> names it. Its amount is what the balance got again; the payout that takes it along has it as <see cref="Carried"/>.</summary>
    PayoutReturned,

    /// <summary>Bank: an entry of the account; money in is positive.</summary>
    BankEntry,

    /// <summary>Of a kind that this release does not know: shown, never dropped.</summary>
    Unknown,
}

public enum MoneyStatus
{
    /// <summary>May still change or fail: counts, but nothing is late because of it.</summary>
    Pending,

    Final,
    Failed,
    Cancelled,

    /// <summary>Not there any more; counts for nothing.</summary>
    Gone,
}
