using ControlTower.Data.Reconciliation;

namespace ControlTower.Sync.Reconciliation;

/// <summary>Rules that make sense for nearly everybody, to be switched on by a person. Each only offers: nothing is matched by it until somebody accepts.</summary>
public static class SuggestedRules
{
    public static IReadOnlyList<ReconRule> All { get; } =
    [
        Offers(Comparisons.Settlement, "amount", "Card payments by amount", 1, 5), Offers(Comparisons.Refund, "amount", "Refunds by amount", 0, 14), Offers(Comparisons.Deposit, "amount", "Payouts at the bank by amount", 0, 7),
        Offers(Comparisons.Deposit, "sum", "Payouts of a day that the bank put together", 0, 7), Offers(Comparisons.Books, "amount", "Entries of payouts by amount", 0, 7),
    ];

    /// <summary>Those of which there is none yet that does the same in the same comparison.</summary>
    public static IReadOnlyList<ReconRule> Missing(IReadOnlyList<ReconRule> rules) => [.. All.Where(s => !rules.Any(r => r.Comparison == s.Comparison && (r.Kind == s.Kind || r.Name == s.Name)))];

    private static ReconRule Offers(string comparison, string kind, string name, int before, int after) =>
        new(0, comparison, name, kind, 100, null, null, 0m, 0m, 0m, 0m, before, after, null, null, Confirms: false, null, Active: true);
}
