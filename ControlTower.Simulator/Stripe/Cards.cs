using ControlTower.Simulator.Faults;

namespace ControlTower.Simulator.Stripe;

/// <summary>The processor of card payments with everything around it.</summary>
public sealed class Cards(CardAccount account, FaultBoard faults)
{
    public CardAccount Account { get; } = account;
    public FaultBoard Faults { get; } = faults;
    internal CardApi Api { get; } = new(account);

    /// <summary>A file to download by its name; null for a name that there is none of.</summary>
    public (string Type, string Text)? File(string name) => name switch
    {
        "payout-reconciliation.csv" => ("text/csv", CardReports.Itemized(Account.Ledger())),
        "payouts.csv" => ("text/csv", CardReports.Payouts(Account.Ledger())),
        "bank.xml" => ("application/xml", CardReports.Bank(Account.Ledger(), Account.Options.Clock.GetUtcNow())),
        _ => null,
    };
}
