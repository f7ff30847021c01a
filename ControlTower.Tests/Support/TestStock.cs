using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Tests.Support;

/// <summary>The stock of a channel: set where it compares first, as Shopify does, or changed by so many, as at Square. Takes each key once.</summary>
public sealed class TestStock
{
    private readonly Dictionary<string, Outcome> answered = new(StringComparer.Ordinal);

    public Dictionary<(string Sku, string Location), int> Levels { get; } = [];

    /// <summary>It sets a level only where that still is what the sender saw; else it adds up.</summary>
    public bool Compares { get; set; } = true;

    /// <summary>Every command that took effect, in order.</summary>
    public List<ChangeStock> Effects { get; } = [];

    /// <summary>Every command that was sent.</summary>
    public List<ChangeStock> Sent { get; } = [];

    public int Reads { get; private set; }

    /// <summary>Why these cells cannot be read; null if they can.</summary>
    public Func<IReadOnlyList<StockCell>, Outcome?> Unread { get; set; } = _ => null;

    /// <summary>Happens at the channel before it works on a command, such as a sale of its own.</summary>
    public Action<ChangeStock> Meanwhile { get; set; } = _ => { };

    /// <summary>What the sender gets instead of the answer, told what happened; null leaves the answer as it is.</summary>
    public Func<ChangeStock, Outcome?> Instead { get; set; } = _ => null;

    /// <summary>Commands that hang in the network: nothing has happened yet.</summary>
    public Predicate<ChangeStock> Holds { get; set; } = _ => false;

    /// <summary>It takes a key once; else what is sent again may be done again.</summary>
    public bool IsRepeatable { get; set; } = true;

    /// <summary>It says no without saying to what.</summary>
    public bool IsTerse { get; set; }

    /// <summary>SKUs that it does not take.</summary>
    public HashSet<string> Refuses { get; } = new(StringComparer.Ordinal);

    public LevelsAnswer Read(IReadOnlyList<StockCell> cells)
    {
        Reads++;
        return Unread(cells) is { } why ? new LevelsAnswer.Failed(why) : new LevelsAnswer.Levels([.. cells.Select(c => new StockLevel(c.Sku, c.Location, Levels.TryGetValue((c.Sku, c.Location), out var level) ? level : null, $"item-{c.Sku}"))]);
    }

    public Outcome Send(ChangeStock change)
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
    public Outcome Arrive(ChangeStock change)
    {
        if (answered.TryGetValue(change.Key.Value, out var earlier))
        {
            return earlier;
        }

        Meanwhile(change);
        return answered[change.Key.Value] = Apply(change);
    }

    private Outcome Apply(ChangeStock change)
    {
        for (var i = 0; i < change.Changes.Count; i++)
        {
            var one = change.Changes[i];
            if (Refuses.Contains(one.Sku))
            {
                return new Outcome.Refused(FailureKind.Missing, "unknown-item", "No such item.", IsTerse ? null : $"changes.{i}");
            }

            if (Compares && Levels[(one.Sku, one.Location)] != one.From)
            {
                return new Outcome.Refused(FailureKind.Value, ChangeStock.Stale, "The level moved.", $"changes.{i}");
            }
        }

        foreach (var one in change.Changes)
        {
            Levels[(one.Sku, one.Location)] += one.Delta;
        }

        Effects.Add(change);
        return new Outcome.Accepted(change.Key.Value);
    }
}
