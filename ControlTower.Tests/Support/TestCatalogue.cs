using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Tests.Support;

/// <summary>The items of a channel: changed only where they still are what the sender saw.</summary>
public sealed class TestCatalogue
{
    public Dictionary<string, CatalogVariant> Items { get; } = new(StringComparer.Ordinal);

    /// <summary>Every command that took effect, in order.</summary>
    public List<ChangeListings> Effects { get; } = [];

    /// <summary>Every command that was sent.</summary>
    public List<ChangeListings> Sent { get; } = [];

    public int Reads { get; private set; }

    /// <summary>Happens at the channel before it works on a command.</summary>
    public Action<ChangeListings> Meanwhile { get; set; } = _ => { };

    /// <summary>What the sender gets instead of the answer; null leaves the answer as it is.</summary>
    public Func<ChangeListings, Outcome?> Instead { get; set; } = _ => null;

    /// <summary>Commands that hang in the network: nothing has happened yet.</summary>
    public Predicate<ChangeListings> Holds { get; set; } = _ => false;

    /// <summary>Items that it does not take.</summary>
    public HashSet<string> Refuses { get; } = new(StringComparer.Ordinal);

    /// <summary>It says no without saying to what.</summary>
    public bool IsTerse { get; set; }

    public decimal? Price(string item) => Items[item].Prices[0].Amount;

    /// <summary>Somebody edits the item there.</summary>
    public void Edit(string item, decimal price) => Items[item] = Items[item] with { Prices = [Items[item].Prices[0] with { Amount = price }], ChangedAt = Items[item].ChangedAt.AddMinutes(1) };

    public ListingsAnswer Read(IReadOnlyList<string> items)
    {
        Reads++;
        return new ListingsAnswer.Listings([.. items.Where(Items.ContainsKey).Select(i => Items[i])]);
    }

    public Outcome Send(ChangeListings change)
    {
        Sent.Add(change);
        if (Holds(change))
        {
            return new Outcome.Unknown("It hangs.");
        }

        var answer = Arrive(change);
        return Instead(change) ?? answer;
    }

    /// <summary>A command reaches the channel, now or late.</summary>
    public Outcome Arrive(ChangeListings change)
    {
        Meanwhile(change);
        foreach (var (one, at) in change.Changes.Select((c, i) => (c, i)))
        {
            var shown = Shown(one.Item);
            if (Refuses.Contains(one.Item))
            {
                return new Outcome.Refused(FailureKind.Value, "no-such-price", "It is not taken.", IsTerse ? null : $"changes.{at}");
            }

            if (!one.IsDone(shown) && !one.IsFresh(shown))
            {
                return new Outcome.Refused(FailureKind.Value, ChangeListings.Stale, "It is another.", $"changes.{at}");
            }
        }

        foreach (var one in change.Changes.Where(c => !c.IsDone(Shown(c.Item))))
        {
            var was = Items[one.Item];
            Items[one.Item] = was with
            {
                Prices = [was.Prices[0] with { Amount = one.To.Price ?? was.Prices[0].Amount }],
                Barcode = one.To.Barcode ?? was.Barcode,
                Active = one.To.Active ?? was.Active,
                ChangedAt = was.ChangedAt.AddMinutes(1),
            };
        }

        Effects.Add(change);
        return new Outcome.Accepted(change.Key.Value);
    }

    private Listing Shown(string item) => new(Items[item].Prices[0].Amount, Items[item].Barcode, Items[item].Active);
}
