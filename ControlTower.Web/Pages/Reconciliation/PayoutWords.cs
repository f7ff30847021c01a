using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>Payouts in words: what became of each, and whether its lines, the bank and the books agree.</summary>
public static class PayoutWords
{
    public static (Status Status, string Word) Standing(PayoutRow payout) => payout.Status switch
    {
        MoneyStatus.Failed => (Status.Bad, "Failed: the bank did not take it"),
        MoneyStatus.Cancelled => (Status.Off, "Cancelled before it was sent"),
        MoneyStatus.Pending => (Status.Run, "On its way"),
        _ when payout.Returned => (Status.Bad, "Came back"),
        _ => (Status.Ok, "Paid"),
    };

    public static (Status Status, string Word) Contents(PayoutRow payout) => payout.ContentsDifference switch
    {
        null => (Status.Off, "No lines told"),
        0m => (Status.Ok, "Agrees"),
        _ => (Status.Bad, "Differs"),
    };

    public static (Status Status, string Word) Bank(PayoutRow payout) => Side(payout, payout.Deposited);

    public static (Status Status, string Word) Books(PayoutRow payout) => Side(payout, payout.Booked);

    // What failed or was cancelled is expected nowhere; found all the same, it differs.
    private static (Status Status, string Word) Side(PayoutRow payout, decimal? there)
    {
        var expected = payout.Status is MoneyStatus.Failed or MoneyStatus.Cancelled ? 0m : payout.Amount;
        return there switch
        {
            null => expected == 0m ? (Status.Off, "Not expected") : (Status.Wait, "Waiting"),
            { } amount when amount == expected => (Status.Ok, "Agrees"),
            _ => (Status.Bad, "Differs"),
        };
    }
}
