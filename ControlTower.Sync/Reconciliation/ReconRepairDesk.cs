using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Triage;

namespace ControlTower.Sync.Reconciliation;

/// <summary>
/// Has what is missing in the ERP posted again, by the flow that posts it and under its own key: however often it is asked for, it is posted once. An order or a refund goes by the cases that hold it, a payout by
/// its journal. The caller has checked <see cref="PermissionOf"/>.
/// </summary>
public sealed class ReconRepairDesk(ReconActing acting, ReconItemQueries items, RetryDesk retries, JournalDesk journals)
{
    public const string RetryPermission = "exceptions:case:retry";

    /// <summary>Whether it is missing in an ERP and something of the tower posts it.</summary>
    public static bool MayBePosted(ReconItemRow item) => item is { State: "open" or "coming", Kind: BreakKinds.MissingOther, Comparison: Comparisons.Order or Comparisons.Refund or Comparisons.Books };

    /// <summary>What posting an item of this comparison again needs.</summary>
    public static string PermissionOf(string comparison) => comparison == Comparisons.Books ? JournalDesk.PostPermission : RetryPermission;

    /// <returns><see cref="ReconAnswer.Done"/> of 0: it is on its way already.</returns>
    public async Task<ReconAnswer> PostAgainAsync(long item, Actor actor, CancellationToken cancel)
    {
        if (await items.FindAsync(item, cancel) is not { } view)
        {
            return new ReconAnswer.Refused("unknown", "There is no such item.");
        }

        if (view.MonthClosed)
        {
            return ReconActing.ClosedMonth;
        }

        if (!MayBePosted(view.Item))
        {
            return new ReconAnswer.Refused("state", "Only what is missing in the ERP can be posted again.");
        }

        var answer = view.Item.Comparison == Comparisons.Books ? await BookAsync(view.Item, actor, cancel) : await RetryAsync(await items.HoldingCasesAsync(view.Item, cancel), view.Cause, actor, cancel);
        if (answer is ReconAnswer.Done { Count: > 0 })
        {
            // It is sent, whatever becomes of the note.
            await acting.OnItemAsync(
                item, null, actor, PermissionOf(view.Item.Comparison), null,
                async (connection, held) =>
                {
                    await ReconActs.CommentAsync(connection, held.Id, "posted", "again", actor.Name, cancel);
                    return new ReconAnswer.Done();
                },
                cancel);
        }

        return answer;
    }

    // Booked before and refused, it is held by a case of its journal.
    private async Task<ReconAnswer> BookAsync(ReconItemRow item, Actor actor, CancellationToken cancel)
    {
        if (item.Source is not { } source || !item.GroupKey.StartsWith($"p{source}/", StringComparison.Ordinal))
        {
            return new ReconAnswer.Refused("state", "This is no payout that can be booked.");
        }

        var payout = item.GroupKey[(source.Length + 2)..];
        var answer = await journals.BookPayoutAsync(source, payout, actor, cancel);
        return answer is not ReconAnswer.Done { Count: 0 } ? answer
            : await RetryAsync(await items.JournalCasesAsync(source, payout, cancel), "It was handed to the ERP before, and nothing holds it.", actor, cancel);
    }

    private async Task<ReconAnswer> RetryAsync(List<ReconCase> cases, string? cause, Actor actor, CancellationToken cancel)
    {
        var open = cases.Where(c => c.State == "open").Select(c => c.Id).ToList();
        if (open.Count == 0)
        {
            return cases.Count > 0 ? OnItsWay
                : new ReconAnswer.Refused("state", $"{(cause is null ? "" : $"{cause} ")}Nothing holds it that could be tried again. Have both sides read again.");
        }

        var sent = (await retries.RetryAsync(open, actor, cancel)).Frozen.Count;
        return sent == 0 ? OnItsWay : new ReconAnswer.Done(sent, $"Posted again, {sent.ToString(CultureInfo.InvariantCulture)} {(sent == 1 ? "document" : "documents")}. The exceptions desk tells the outcome.");
    }

    private static ReconAnswer.Done OnItsWay => new(0, "It is on its way already.");
}
