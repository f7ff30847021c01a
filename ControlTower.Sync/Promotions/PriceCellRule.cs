using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Promotions;

/// <summary>
/// What a look at a price comes to. What somebody else put there is never written over, neither on the way out nor on the way back, unless a person says so. A price counts only as it is read back:
/// an accepted write proves nothing. Pure.
/// </summary>
public static class PriceCellRule
{
    /// <summary>Seconds between two looks at a price that stands as intended.</summary>
    private const double Watch = 900;

    /// <summary>Seconds until a price that does not show yet what was accepted is looked at again, and until what is back is looked at once more: a channel may carry out late what it accepted.</summary>
    private const double Again = 3, Late = 10;

    /// <summary>Seconds after which a price that is back is looked at a last time.</summary>
    private const double Last = 600;

    public static PriceLook Decide(ClaimedPrice cell, PriceShown shown)
    {
        var want = cell.Price is { } price ? new PriceTag(price, cell.Compare) : null;
        var former = cell.Former is { } was ? new PriceTag(was, cell.FormerCompare) : null;
        var own = shown.Own;
        bool Same(PriceTag? other) => own?.Amount == other?.Amount && (!cell.WithCompare || own?.CompareAt == other?.CompareAt);
        bool Ours() => own is not null && cell.Ours.Contains(own.Amount) && (!cell.WithCompare || own.CompareAt == cell.Compare || own.CompareAt == cell.FormerCompare || own.CompareAt == cell.Former);
        var seen = new PriceLook(cell.Id, cell.Fence, null, shown.IsListed, shown.Effective?.Amount, shown.Effective?.CompareAt, Same(want), null);
        if (!shown.IsListed)
        {
            return cell.Phase is CellPhase.Reverting or CellPhase.Returned or CellPhase.Reverted
                ? seen with { Phase = cell.Phase == CellPhase.Reverted ? null : CellPhase.LeftAlone, AsIntended = false, Failure = "missing", Message = "The channel does not list it any more." }
                : seen with { Phase = CellPhase.Failed, AsIntended = false, Failure = "missing", Message = "The channel does not list it any more." };
        }

        return cell.Phase switch
        {
            CellPhase.Applying => Apply(),
            CellPhase.Reverting => GoBack(),
            CellPhase.Returned => Returned(),
            CellPhase.Reverted => (Same(want) || Ours()) && !Same(former) ? seen with { Phase = CellPhase.Reverting, Due = 0 } : seen,
            _ => ReadBack(),
        };

        PriceLook Apply()
        {
            if (Same(want))
            {
                return Stands() with { Captures = !cell.Captured, Former = own?.Amount, FormerCompare = own?.CompareAt };
            }

            if (!cell.Touched)
            {
                // A store may have a price of its own, which the plan does not start from; it only must not become dearer.
                if (cell.Place.Length > 0 && !PriceListPlace.Is(cell.Place))
                {
                    return !cell.Wanted && shown.Effective?.Amount < want?.Amount
                        ? seen with { Phase = CellPhase.Failed, Failure = "dearer", Message = Say($"It sells for {shown.Effective?.Amount} there already. Set it anyway, or leave it out.") }
                        : Write(want) with { Captures = true, Former = own?.Amount, FormerCompare = own?.CompareAt };
                }

                return cell.Base is { } planned && shown.Effective?.Amount != planned && !cell.Wanted
                    ? seen with { Phase = CellPhase.Failed, Failure = "base-changed", Message = Say($"It stands at {shown.Effective?.Amount}, and was planned from {planned}. Set it anyway, or leave it out.") }
                    : Write(want) with { Captures = true, Former = own?.Amount, FormerCompare = own?.CompareAt };
            }

            return cell.Wanted || Ours() || Same(former) ? Write(want) : Changed(CellPhase.Drifted);
        }

        PriceLook ReadBack() =>
            Same(want) ? Stands()
            : cell.Phase == CellPhase.Written && (Same(former) || Ours()) ? seen with { Phase = CellPhase.Applying, Due = Again, Failure = "not-shown", Message = "The channel accepted the price and shows the former one.", Counts = true }
            : Changed(CellPhase.Drifted) with { Due = Watch };

        PriceLook GoBack() =>
            Same(former) ? seen with { Phase = cell.Touched ? CellPhase.Returned : CellPhase.Reverted, Due = cell.Touched ? Late : null }
            : cell.Wanted || Same(want) || Ours() ? Write(former)
            : Changed(CellPhase.LeftAlone);

        PriceLook Returned() =>
            Same(former) && cell.Silent ? seen with { Failure = "offline", Message = "The store was not heard since the former price was set; it follows when it is back." }
            : Same(former) ? (cell.Looked ? seen with { Phase = CellPhase.Reverted, Due = Last } : seen with { Due = Late })
            : Same(want) || Ours() ? seen with { Phase = CellPhase.Reverting, Due = Again }
            : Changed(CellPhase.LeftAlone);

        PriceLook Stands() => cell.Silent
            ? seen with { Phase = CellPhase.Offline, Failure = "offline", Message = "The store was not heard since it was set; it follows when it is back." }
            : seen with { Phase = CellPhase.Proven, Due = Watch };

        PriceLook Write(PriceTag? to) => seen with { Move = new PriceAsked(cell.Id, cell.Item, cell.Place, cell.Currency, cell.WithCompare, own?.Amount, own?.CompareAt, to?.Amount, to?.CompareAt) };

        PriceLook Changed(CellPhase phase) => seen with
        {
            Phase = phase,
            Failure = "changed",
            Message = Say($"It shows {shown.Effective?.Amount}, which the tower did not put there: changed by somebody else."),
        };
    }

    /// <summary>The same of a reduction at a checkout, which stands under the tower's own mark.</summary>
    public static PriceLook Decide(ClaimedPrice cell, DiscountShown shown)
    {
        var stands = shown is { Id: not null, On: true, Agrees: true };
        var seen = new PriceLook(cell.Id, cell.Fence, null, true, null, null, stands, null);
        PriceLook Write(bool on) => seen with { Move = new PriceAsked(cell.Id, cell.Item, "", cell.Currency, false, null, null, null, null, cell.Terms, on), Captures = !cell.Captured };
        return cell.Phase switch
        {
            CellPhase.Applying => stands ? seen with { Phase = CellPhase.Proven, Due = Watch, Captures = !cell.Captured } : Write(on: true),
            CellPhase.Reverting or CellPhase.Returned => shown.Id is null || !shown.On ? seen with { Phase = CellPhase.Reverted } : Write(on: false) with { Phase = CellPhase.Reverting },
            CellPhase.Reverted => seen,
            _ => stands ? seen with { Phase = CellPhase.Proven, Due = Watch }
                : cell.Phase == CellPhase.Written ? seen with { Phase = CellPhase.Applying, Due = Again, Failure = "not-shown", Message = Say($"The channel accepted the reduction and does not show it{(shown.Differs is { } what ? $": {what}" : "")}."), Counts = true }
                : seen with { Phase = CellPhase.Drifted, Due = Watch, Failure = "changed", Message = Say($"Somebody changed the reduction{(shown.Differs is { } field ? $": {field}" : shown.On ? "" : ": it is off")}.") },
        };
    }

    private static string Say(FormattableString words) => words.ToString(CultureInfo.InvariantCulture);
}
