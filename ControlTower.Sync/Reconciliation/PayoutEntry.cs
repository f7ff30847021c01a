using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;

namespace ControlTower.Sync.Reconciliation;

/// <summary>The entry of a payout, and of an adjustment, in the general ledger. Pure.</summary>
public static class PayoutEntry
{
    /// <summary>
    /// What the bank gets is debited to it, fees and what disputes took to their accounts; what buyers paid, less what they got back, is credited to the clearing account, where the ERP's payments wait for it.
    /// A payout that is not what its lines come to is booked once somebody has explained the difference.
    /// </summary>
    public static (JournalEntry? Entry, ReconAnswer.Refused? Why) Of(PayoutSums payout)
    {
        if (payout.Status is not MoneyStatus.Final)
        {
            return (null, new ReconAnswer.Refused("state", "Only a payout that has left the processor can be booked."));
        }

        if (payout.Books is null)
        {
            return (null, new ReconAnswer.Refused("field", "No ERP keeps the books of this processor. Choose one in the connection's settings.", [new ReconProblem("postsTo", "Choose the ERP that books its payouts.")]));
        }

        var carried = payout.Parts.Sum(p => p.Amount - p.Fee);
        if (payout.Amount - carried != payout.Explained && !payout.ByHand)
        {
            return (null, new ReconAnswer.Refused("state", payout.Parts.Count == 0 ? "The processor has not told what this payout is made of." : "Its lines do not add up to the payout. Settle that break first."));
        }

        var sums = new SortedDictionary<string, (decimal Amount, string Text)>(StringComparer.Ordinal) { ["bank"] = (payout.Amount, "Paid out") };
        foreach (var (kind, amount, fee, _) in payout.Parts)
        {
            var (account, text) = kind switch
            {
                MoneyKind.Fee => ("fees", "Fees"),
                MoneyKind.Dispute => ("disputes", "Disputes"),
                MoneyKind.Reserve => ("reserves", "Reserve"),
                MoneyKind.Exchange => ("exchange", "Exchange"),
                MoneyKind.Adjustment or MoneyKind.Unknown => ("adjustments", "Adjustments"),
                _ => ("clearing", "Payments of buyers"),
            };
            Add(account, -amount, text);
            Add(kind == MoneyKind.Dispute ? "disputes" : "fees", fee, kind == MoneyKind.Dispute ? "Disputes" : "Fees");
        }

        // What no line explains waits on the clearing account, where the adjustment of it is booked against.
        if (carried != payout.Amount)
        {
            Add("clearing", carried - payout.Amount, "Payments of buyers");
        }

        foreach (var account in sums.Where(s => s.Value.Amount != 0m).Select(s => s.Key))
        {
            if (!payout.Accounts.ContainsKey(account))
            {
                return (null, Missing(account));
            }
        }

        return (new JournalEntry(
            payout.On, payout.Payout, $"Payout {payout.Payout}", payout.Currency,
            [.. sums.Where(s => s.Value.Amount != 0m).Select(s => new JournalLine(payout.Accounts[s.Key], s.Value.Amount, $"{s.Value.Text}, {payout.Payout}"))]), null);

        void Add(string account, decimal amount, string text) => sums[account] = (sums.TryGetValue(account, out var so) ? so.Amount + amount : amount, text);
    }

    /// <summary>A difference that somebody took upon themselves: what is missing is a cost, what is too much is income.</summary>
    /// <param name="account">Name of the reason's account in the settings; <paramref name="against"/> of the one on which the money stands.</param>
    public static (JournalEntry? Entry, ReconAnswer.Refused? Why) Of(string document, string text, DateOnly on, Money amount, string account, string against, IReadOnlyDictionary<string, string> accounts) =>
        !accounts.TryGetValue(account, out var cost) ? (null, Missing(account))
        : !accounts.TryGetValue(against, out var other) ? (null, Missing(against))
        : (new JournalEntry(on, document, text, amount.Currency, [new JournalLine(cost, amount.Amount, text), new JournalLine(other, -amount.Amount, text)]), null);

    private static ReconAnswer.Refused Missing(string account) =>
        new("field", $"The ERP's connection names no account for '{account}'. An administrator enters its number there.", [new ReconProblem($"account:{account}", "Enter the number of the account.")]);
}
