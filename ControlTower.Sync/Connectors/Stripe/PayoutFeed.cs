using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Stripe;

/// <summary>
/// Payouts with what each carries, one payout or one page of its lines a read. A payout is opened once Stripe says that its list is complete; the lines of one that was made by hand are not told
/// by the vendor at all.
/// </summary>
internal sealed class PayoutFeed(StripeCall call, StripeSettings settings, TimeProvider clock)
{
    public const string Name = "ledger-payouts";

    /// <summary>A re-read of one payout ends here: what is more is read by the feed, page by page.</summary>
    private const int PagesAtOnce = 20;

    /// <summary>A list that is complete does not change: older payouts are only looked at for whether they failed.</summary>
    private static readonly TimeSpan OpenedWithin = TimeSpan.FromDays(4);

    public async Task<FeedAnswer> PageAsync(FeedRequest request, CancellationToken cancel)
    {
        var cursor = StripeCursor.Of(request, clock.GetUtcNow());
        if (cursor.Payout is { } open)
        {
            var (lines, after, failure) = await LinesAsync(open, cursor.Line, cancel).ConfigureAwait(false);
            return failure is not null ? new FeedAnswer.Failed(failure)
                : new FeedAnswer.Statement(lines, (cursor with { Payout = after is null ? null : open, Line = after, After = after is null ? open : cursor.After }).ToString(), More: true);
        }

        var page = await call.ListAsync($"v1/payouts?limit=1&created[gte]={cursor.FromSeconds}", cursor.After, cancel).ConfigureAwait(false);
        if (page.Failure is not null)
        {
            return new FeedAnswer.Failed(page.Failure);
        }

        if (page.Items is not [var payout, ..])
        {
            return new FeedAnswer.Statement([], cursor.End, More: false);
        }

        var (told, broken) = await HeadAsync(payout, cancel).ConfigureAwait(false);
        if (broken is not null)
        {
            return new FeedAnswer.Failed(broken);
        }

        var id = StripeMoney.Id(payout);
        var opens = IsComplete(payout) && StripeMoney.When(payout, "created") >= cursor.Mark - OpenedWithin;
        return opens ? new FeedAnswer.Statement(told, (cursor with { Payout = id }).ToString(), More: true)
            : page.After is not null ? new FeedAnswer.Statement(told, (cursor with { After = id }).ToString(), More: true)
            : new FeedAnswer.Statement(told, cursor.End, More: false);
    }

    /// <summary>One payout with its lines, whatever its age.</summary>
    public async Task<FeedAnswer> OneAsync(string id, CancellationToken cancel)
    {
        var (payout, failure) = await call.GetAsync($"v1/payouts/{id}", cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return new FeedAnswer.Failed(failure);
        }

        var (told, broken) = await HeadAsync(payout, cancel).ConfigureAwait(false);
        string? after = null;
        for (var page = 0; broken is null && IsComplete(payout) && page < PagesAtOnce && (page == 0 || after is not null); page++)
        {
            (var lines, after, broken) = await LinesAsync(id, after, cancel).ConfigureAwait(false);
            told.AddRange(lines);
        }

        return broken is not null ? new FeedAnswer.Failed(broken) : new FeedAnswer.Statement(told, null, More: false);
    }

    private static bool IsComplete(JsonElement payout) => payout.Flag("automatic") == true && payout.Text("reconciliation_status") == "completed";

    /// <summary>The payout, and the money that came back if it failed or was cancelled.</summary>
    private async Task<(List<MoneyLine> Lines, Outcome? Failure)> HeadAsync(JsonElement payout, CancellationToken cancel)
    {
        List<MoneyLine> told = [StripeLines.Payout(payout)];
        if (StripeMoney.IdOf(payout, "failure_balance_transaction") is not { } back)
        {
            return (told, null);
        }

        var (entry, failure) = await call.GetAsync($"v1/balance_transactions/{back}", cancel).ConfigureAwait(false);
        if (failure is null)
        {
            told.AddRange(StripeLines.Of(entry, null, settings.OrderKey));
        }

        return (told, failure);
    }

    private async Task<(IReadOnlyList<MoneyLine> Lines, string? After, Outcome? Failure)> LinesAsync(string payout, string? after, CancellationToken cancel)
    {
        var page = await call.ListAsync($"{BalanceFeed.Path}&payout={payout}", after, cancel).ConfigureAwait(false);
        return ([.. page.Items.SelectMany(entry => StripeLines.Of(entry, payout, settings.OrderKey))], page.After, page.Failure);
    }
}
