using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>
/// A customer who clicks twice, or a shop that places a basket again: the second order waits for a person. Asked once, when the order is first heard of; an edit does not
/// make an order the repetition of another, nor does it take back that it is one.
/// </summary>
internal static class Twins
{
    public const string Duplicate = "duplicate-order";
    private const int LongestName = 60;

    public static void Seek(Draft draft, Order order)
    {
        var within = draft.Context.Policy.TwinsWithin;
        if (within > TimeSpan.Zero && OrderDigest.LikenessOf(order) is { } likeness)
        {
            draft.State = draft.State with { TwinAwaited = true };
            draft.Do(new LocalEffect.SeekTwin(likeness, order.Name, order.PlacedAt, within));
        }
    }

    public static Verdict Learn(Draft draft, string? earlier)
    {
        if (!draft.State.TwinAwaited)
        {
            return Verdict.Duplicate;
        }

        draft.State = draft.State with { TwinAwaited = false, TwinOf = earlier is null ? null : VendorText.Cut(earlier, LongestName) };
        return Verdict.Applied;
    }

    public static Problem Suspected(string earlier, string shop) => new(FailureKind.Duplicate, Duplicate,
        $"The same buyer placed the same goods for the same total as order {earlier} a short time before or after. Nothing of this order was posted. "
        + "Ask the buyer; retry to let it pass, or cancel it in the shop.", null, shop);
}
