using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Stripe;

/// <summary>One Stripe account, read and never written to.</summary>
internal sealed class StripeClient(ConnectionProfile profile, StripeSettings settings, StripeCall call, TimeProvider clock) : IVendorClient
{
    /// <summary>Before the id of a payout that is to be read.</summary>
    public const string PayoutResource = "payout:";

    public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel)
        => Task.FromResult<Outcome>(new Outcome.Refused(FailureKind.Refused, "stripe-no-ear", "A processor's account is read; the tower writes nothing there."));

    public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => Task.FromResult<LookUp>(new LookUp.Absent());

    public bool IsRepeatable(VendorCommand command) => true;

    public async Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel)
    {
        try
        {
            return (request.Resource ?? request.Feed) switch
            {
                BalanceFeed.Name when request.Resource is null => await new BalanceFeed(call, settings, clock).PageAsync(request, cancel).ConfigureAwait(false),
                PayoutFeed.Name when request.Resource is null => await new PayoutFeed(call, settings, clock).PageAsync(request, cancel).ConfigureAwait(false),
                var resource when resource.StartsWith(PayoutResource, StringComparison.Ordinal) && StripeId.IsOne(resource[PayoutResource.Length..])
                    => await new PayoutFeed(call, settings, clock).OneAsync(resource[PayoutResource.Length..], cancel).ConfigureAwait(false),
                var other => new FeedAnswer.Failed(new Outcome.Refused(FailureKind.Value, "no-such-feed", $"Stripe has no feed '{VendorText.Cut(other, 60)}'.")),
            };
        }
        catch (StripeFault fault)
        {
            return fault.AsAnswer();
        }
    }

    public async Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel)
    {
        var (body, failure) = await call.GetAsync("v1/balance", cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var currencies = body.Items("available").Select(a => a.Text("currency")?.ToUpperInvariant()).Where(Currencies.IsCode).Distinct(StringComparer.Ordinal).ToList();
        return profile.Currency is { } expected && currencies.Count > 0 && !currencies.Contains(expected, StringComparer.Ordinal)
            ? new Outcome.Refused(FailureKind.Value, "another-currency", $"The account keeps {string.Join(", ", currencies)}, the connection says {expected}.", "currency")
            : new Outcome.Accepted("balance", body.Flag("livemode") == true ? "live" : "test", new Dictionary<string, string>(StringComparer.Ordinal) { ["currencies"] = string.Join(' ', currencies) });
    }

    /// <summary>Only looks: Stripe shows the signing secret of an endpoint once, to whoever makes it, so a person makes it and copies the secret.</summary>
    public async Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel)
    {
        var page = await call.ListAsync("v1/webhook_endpoints?limit=100", null, cancel).ConfigureAwait(false);
        if (page.Failure is not null)
        {
            return page.Failure;
        }

        var ours = page.Items.FirstOrDefault(e => e.Text("url")?.StartsWith(callbackBase.AbsoluteUri, StringComparison.Ordinal) == true && e.Text("status") == "enabled");
        return ours.Text("id") is { } id ? new Outcome.Accepted(id)
            : new Outcome.Refused(FailureKind.Missing, "no-endpoint", $"Stripe has no enabled webhook endpoint at {callbackBase}/events. Add one for all payout events; until then payouts are polled.");
    }
}
