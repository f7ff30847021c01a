namespace ControlTower.Data.Canonical;

/// <summary>An entry of the general ledger that the tower wants booked. Its lines come to nought.</summary>
/// <param name="On">The day on which it counts in the books.</param>
/// <param name="Document">What it is about, for people: a payout's id. At most 120 characters.</param>
public sealed record JournalEntry(DateOnly On, string Document, string Text, string Currency, IReadOnlyList<JournalLine> Lines)
{
    /// <summary>Sum of the debits.</summary>
    public decimal Value => Lines.Where(l => l.Amount > 0m).Sum(l => l.Amount);
}

/// <param name="Account">Number of the account at the ERP.</param>
/// <param name="Amount">Debit positive, credit negative.</param>
public sealed record JournalLine(string Account, decimal Amount, string Text);

/// <summary>A person, or a rule, wants this entry booked. Asked again it is booked once.</summary>
/// <param name="Key">The connection whose money it is, and the payout or the adjustment.</param>
public sealed record JournalAsked(string EventId, OrderKey Key, JournalEntry Entry, string By, DateTimeOffset At) : CanonicalEvent(EventId, null, null, 0, At);
