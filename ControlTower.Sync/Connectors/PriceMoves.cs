using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors;

/// <summary>What all vendors have in common when prices are set: everything is looked at before anything is written.</summary>
internal static class PriceMoves
{
    public static string Field(int at) => string.Create(CultureInfo.InvariantCulture, $"changes.{at}");

    /// <param name="shown">What the system shows at the spot of each move, in their order.</param>
    /// <param name="places">Whether the vendor knows a price of its own at a place; null: at none.</param>
    /// <returns>The moves that are still to be written with their numbers, or why the command is not carried out.</returns>
    public static (IReadOnlyList<(PriceMove Move, int At)> Undone, Outcome.Refused? Refused) Judge(SetPrices command, IReadOnlyList<PriceShown> shown, Predicate<string>? places = null)
    {
        var undone = new List<(PriceMove Move, int At)>();
        foreach (var (move, at) in command.Moves.Select((m, i) => (m, i)))
        {
            if (Refusal(move, shown[at], places) is { } refused)
            {
                return ([], refused with { Field = Field(at) });
            }

            if (!move.IsDone(shown[at].Own))
            {
                undone.Add((move, at));
            }
        }

        return (undone, null);
    }

    private static Outcome.Refused? Refusal(PriceMove move, PriceShown shown, Predicate<string>? places) =>
        !shown.IsListed ? new Outcome.Refused(FailureKind.Missing, "unknown-item", $"The system does not list the item {VendorText.Cut(move.Spot.Item, 60)} there any more.")
        : move.Spot.Place.Length > 0 && places?.Invoke(move.Spot.Place) != true ? new Outcome.Refused(FailureKind.Ownership, "no-places", "The system knows no prices of single places.")
        : move is { To: null, Spot.Place: "" } ? new Outcome.Refused(FailureKind.Value, "no-price", "Only a single place can go without a price of its own.")
        : move.IsDone(shown.Own) || move.IsFresh(shown.Own) ? null
        : new Outcome.Refused(FailureKind.Value, SetPrices.Stale, "The item shows another price than it did.");

    /// <summary>Found if everything shows what was asked for.</summary>
    public static LookUp LookUp(SetPrices command, PricesAnswer answer) => answer switch
    {
        PricesAnswer.Failed failed => HttpOutcome.Undecided(failed.Why),
        PricesAnswer.Prices { List: var list } when command.Moves.Zip(list).All(p => p.Second.IsListed && p.First.IsDone(p.Second.Own)) => new LookUp.Found(new Outcome.Accepted(command.Key.Value)),
        _ => new LookUp.Absent(),
    };

    /// <summary>What stands at spots of a system that knows one price for everywhere.</summary>
    /// <param name="found">Items by their names at the system; the price in the spot's currency, null if there is none.</param>
    public static IReadOnlyList<PriceShown> Everywhere(IReadOnlyList<PriceSpot> spots, Func<PriceSpot, (bool IsListed, PriceTag? Tag)> found) =>
    [
        .. spots.Select(spot => found(spot) is var (listed, tag) && spot.Place.Length == 0 ? new PriceShown(spot, listed, tag, tag) : new PriceShown(spot, listed, null, tag)),
    ];
}
