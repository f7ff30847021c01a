using System.Globalization;
using System.Text.Json;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify.Webhooks;

/// <summary>The webhook subscriptions of one shop. Called under the shop's lock.</summary>
public sealed class Subscriptions(Market market, EstateOptions options)
{
    private readonly Dictionary<long, Subscription> all = [];
    private long ordinal;

    public IReadOnlyList<Subscription> All => all.Values.OrderBy(s => s.Id).ToList();

    public IReadOnlyList<Subscription> For(string topic) => all.Values.Where(s => s.Topic == topic).OrderBy(s => s.Id).ToList();

    public Subscription? Find(long id) => all.GetValueOrDefault(id);

    public Subscription Add(ShopChange change, string topic, string uri, IReadOnlyList<string> includeFields, string? name)
    {
        Check(uri);
        if (all.Values.Any(s => s.Topic == topic && s.Uri == uri)) throw new ShopRefusal("Address for this topic has already been taken", null, "webhookSubscription", "callbackUrl");
        var now = options.Clock.GetUtcNow();
        return Keep(change, new Subscription(1_000_000_000_000 + market.Index * 10_000_000 + ++ordinal, topic, uri, includeFields, name, now, now));
    }

    public Subscription Change(ShopChange change, long id, string? uri, IReadOnlyList<string>? includeFields)
    {
        var old = Find(id) ?? throw new ShopRefusal("Webhook subscription does not exist", null, "id");
        if (uri is not null) Check(uri);
        return Keep(change, old with { Uri = uri ?? old.Uri, IncludeFields = includeFields ?? old.IncludeFields, UpdatedAt = options.Clock.GetUtcNow() });
    }

    public void Remove(ShopChange change, long id)
    {
        if (!all.Remove(id)) throw new ShopRefusal("Webhook subscription does not exist", null, "id");
        change.Puts.Add(EffectBook.Gone("subscriptions", id.ToString(CultureInfo.InvariantCulture)));
    }

    public void Restore(Put put)
    {
        var id = long.Parse(put.Id, CultureInfo.InvariantCulture);
        ordinal = Math.Max(ordinal, id % 10_000_000);
        if (put.Value?.Deserialize<Subscription>(Journal.Json) is { } subscription) all[id] = subscription;
        else all.Remove(id);
    }

    private Subscription Keep(ShopChange change, Subscription subscription)
    {
        all[subscription.Id] = subscription;
        change.Puts.Add(EffectBook.Put("subscriptions", subscription.Id.ToString(CultureInfo.InvariantCulture), subscription));
        return subscription;
    }

    private static void Check(string uri)
    {
        // The vendor takes https only; loopback may be plain because the estate never leaves the machine.
        if (!Uri.TryCreate(uri, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
        {
            throw new ShopRefusal("Address protocol http:// is not supported", null, "webhookSubscription", "callbackUrl");
        }
    }
}
