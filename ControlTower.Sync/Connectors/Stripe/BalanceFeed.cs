namespace ControlTower.Sync.Connectors.Stripe;

/// <summary>The movements of the balance by the time of their making, so that a payment is known before a payout carries it.</summary>
internal sealed class BalanceFeed(StripeCall call, StripeSettings settings, TimeProvider clock)
{
    public const string Name = "ledger-balance";

    public const string Path = "v1/balance_transactions?limit=100&expand[]=data.source";

    public async Task<FeedAnswer> PageAsync(FeedRequest request, CancellationToken cancel)
    {
        var cursor = StripeCursor.Of(request, clock.GetUtcNow());
        var page = await call.ListAsync($"{Path}&created[gte]={cursor.FromSeconds}", cursor.After, cancel).ConfigureAwait(false);
        return page.Failure is not null ? new FeedAnswer.Failed(page.Failure) : new FeedAnswer.Statement(
            [.. page.Items.SelectMany(entry => StripeLines.Of(entry, null, settings.OrderKey))],
            page.After is null ? cursor.End : (cursor with { After = page.After }).ToString(), page.After is not null);
    }
}
