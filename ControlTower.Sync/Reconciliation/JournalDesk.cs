using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Inbox;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Returns;
using Npgsql;

namespace ControlTower.Sync.Reconciliation;

/// <summary>Has payouts and differences booked in the ERP: a message of the inbox starts a flow, and the flow posts once, whatever is repeated.</summary>
public sealed class JournalDesk(ReconActing acting, Doorbell doorbell, TimeProvider clock)
{
    public const string PostPermission = "finance:journal:post";

    private const string Topic = ReturnMessages.Reserved + "journal";

    /// <summary>Books a payout with its fees.</summary>
    public async Task<ReconAnswer> BookPayoutAsync(string source, string payout, Actor actor, CancellationToken cancel)
    {
        var answer = await acting.InAsync(
            actor, PostPermission, $"payout/{source}/{payout}", null, null,
            async connection =>
            {
                if (await PayoutSums.ReadAsync(connection, source, payout, cancel) is not { } sums)
                {
                    return new ReconAnswer.Refused("unknown", "There is no such payout.");
                }

                var (entry, why) = PayoutEntry.Of(sums);
                return why is not null ? why : await AskAsync(connection, new OrderKey(source, payout), entry!, actor, cancel);
            },
            cancel);
        doorbell.Ring(Doorbell.Inbox);
        return answer;
    }

    /// <summary>Books an adjustment of payments, in the transaction that makes it. Null: there is nothing to book, because the reason has no account or the difference is one of documents, which the ERP corrects by documents.</summary>
    public async Task<ReconAnswer?> BookAdjustmentAsync(NpgsqlConnection connection, ReconHeld item, long adjustment, decimal amount, string title, string? account, Actor actor, CancellationToken cancel)
    {
        if (account is null || item.Books is null || item.Source is null || item.Comparison is Comparisons.Order or Comparisons.Refund)
        {
            return null;
        }

        var accounts = await PayoutSums.AccountsAsync(connection, item.Books, cancel);
        if (accounts.Count == 0)
        {
            return null; // These books take no entries of ours.
        }

        var id = $"adjustment-{adjustment.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
        // What a payout is more than its lines was gained; of everything else, what the first side has more was lost.
        var lost = new Money(item.Comparison is Comparisons.Contents ? -amount : amount, item.Currency);
        var (entry, why) = PayoutEntry.Of(id, $"{title}, {item.Document ?? item.GroupKey}", DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime), lost, account,
            // What did not arrive at the bank was debited to it with the payout; what a buyer's payment lacks still waits on the clearing account.
            item.Comparison is Comparisons.Deposit or Comparisons.Books ? "bank" : "clearing", accounts);
        return why ?? await AskAsync(connection, new OrderKey(item.Source, id), entry!, actor, cancel);
    }

    private static async Task<ReconAnswer> AskAsync(NpgsqlConnection connection, OrderKey key, JournalEntry entry, Actor actor, CancellationToken cancel)
    {
        var asked = new JournalAsked($"journal/{key.Id}", key, entry, actor.Name, default);
        var stored = await InboxStore.StoreAsync(connection, [new Arrival(key.Source, Topic, $"{key.Id}/journal", $"journal/{key.Id}", "{}", ReturnMessages.Write([asked]), null)], cancel);
        // Asked before, by whomever: it is booked once.
        return new ReconAnswer.Done(stored[0] == Stored.New ? 1 : 0);
    }
}
