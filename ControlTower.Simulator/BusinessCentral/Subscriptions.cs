using System.Text.Json;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>
/// The webhook subscriptions of a company: handshake, three vendor days of life, changes gathered, told thinly, deleted on any answer that is not a
/// success, 408, 429 or 5xx. Changes that wait are forgotten by a restart, as are the vendor's when it fails over: clients must poll as well.
/// </summary>
public sealed class Subscriptions(Company company)
{
    private static readonly HashSet<string> Supported = new(StringComparer.Ordinal)
    {
        "accounts", "companyInformation", "countriesRegions", "currencies", "customerPaymentJournals", "customers", "dimensions", "employees", "generalLedgerEntries", "itemCategories", "items",
        "journals", "paymentMethods", "paymentTerms", "purchaseInvoices", "salesCreditMemos", "salesInvoices", "salesOrders", "salesQuotes", "shipmentMethods", "unitsOfMeasure", "vendors",
    };

    private readonly Lock gate = new();
    private readonly Dictionary<string, Subscription> all = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Dictionary<(string Set, Guid Id), (string Kind, DateTimeOffset At)>> waiting = new(StringComparer.OrdinalIgnoreCase);

    public static readonly TimeSpan Life = TimeSpan.FromDays(3);

    /// <summary>More changes than this in one gathering become one notice of the whole set.</summary>
    public const int Gathered = 1000;

    public IReadOnlyList<Subscription> All
    {
        get { lock (gate) return all.Values.Where(s => s.Expires > company.Options.Clock.GetUtcNow()).OrderBy(s => s.Id, StringComparer.Ordinal).ToList(); }
    }

    public Subscription? Find(string id)
    {
        lock (gate) return all.TryGetValue(id, out var found) && found.Expires > company.Options.Clock.GetUtcNow() ? found : null;
    }

    /// <summary>The set a resource path names; null when it cannot be subscribed to.</summary>
    public string? SetOf(string resource)
    {
        var last = resource.TrimEnd('/').Split('/')[^1];
        var inCompany = resource.Contains($"companies({company.Id})/", StringComparison.OrdinalIgnoreCase);
        return inCompany && Supported.Contains(last) ? last : null;
    }

    public Subscription Keep(BcChange change, Subscription subscription)
    {
        lock (gate) all[subscription.Id] = subscription;
        change.Puts.Add(EffectBook.Put("subscriptions", subscription.Id, subscription));
        return subscription;
    }

    public void Remove(BcChange change, string id)
    {
        lock (gate)
        {
            all.Remove(id);
            waiting.Remove(id);
        }

        change.Puts.Add(EffectBook.Gone("subscriptions", id));
    }

    public void Restore(Put put)
    {
        if (put.Value?.Deserialize<Subscription>(Journal.Json) is { } subscription) all[subscription.Id] = subscription;
        else all.Remove(put.Id);
    }

    /// <summary>Notes durable changes for everyone who listens; several changes of one record within a gathering become one.</summary>
    public void Notice(IReadOnlyList<(string Set, Guid Id, string Kind)> touched)
    {
        var now = company.Options.Clock.GetUtcNow();
        lock (gate)
        {
            foreach (var subscription in all.Values)
            {
                foreach (var (set, id, kind) in touched.Where(t => t.Set == subscription.Set))
                {
                    if (!waiting.TryGetValue(subscription.Id, out var changes)) waiting[subscription.Id] = changes = [];
                    var merged = changes.TryGetValue((set, id), out var old) && old.Kind == "created" && kind == "updated" ? "created" : kind;
                    changes[(set, id)] = (merged, now);
                }
            }
        }
    }

    /// <summary>Takes what waits for a subscription since long enough; empty when nothing does.</summary>
    public IReadOnlyList<(Subscription Subscription, IReadOnlyList<object> Notices)> TakeDue(TimeSpan gathering)
    {
        var now = company.Options.Clock.GetUtcNow();
        lock (gate)
        {
            var taken = new List<(Subscription, IReadOnlyList<object>)>();
            foreach (var (id, changes) in waiting.ToList())
            {
                if (!all.TryGetValue(id, out var subscription) || changes.Count == 0 || changes.Values.Min(c => c.At) + gathering > now) continue;
                waiting.Remove(id);
                if (subscription.Expires > now) taken.Add((subscription, Notices(subscription, changes)));
            }

            return taken;
        }
    }

    private List<object> Notices(Subscription s, Dictionary<(string Set, Guid Id), (string Kind, DateTimeOffset At)> changes)
    {
        object Notice(string resource, string kind, DateTimeOffset at) => new
        {
            subscriptionId = s.Id,
            clientState = s.ClientState,
            expirationDateTime = BcRecord.Wire(s.Expires),
            resource,
            changeType = kind,
            lastModifiedDateTime = BcRecord.Wire(at),
        };
        var root = $"api/v2.0/companies({company.Id})/{s.Set}";
        if (changes.Count > Gathered) return [Notice($"{root}?$filter=lastModifiedDateTime%20gt%20{BcRecord.Wire(changes.Values.Min(c => c.At).AddSeconds(-1))}", "collection", changes.Values.Max(c => c.At))];
        return changes.OrderBy(c => c.Value.At).Select(c => Notice($"{root}({c.Key.Id})", c.Value.Kind, c.Value.At)).ToList();
    }
}
