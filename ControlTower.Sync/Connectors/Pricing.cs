using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>What of a promotion a system can show; the rest is said when the promotion is planned.</summary>
[Flags]
public enum PriceAbilities
{
    None = 0,

    /// <summary>One price of an item for the whole connection.</summary>
    Everywhere = 1,

    /// <summary>A price of its own at single places, over the one for everywhere.</summary>
    Places = 2,

    /// <summary>The price that an item is said to be reduced from.</summary>
    CompareAt = 4,

    /// <summary>A percentage or an amount off at the checkout, without a code.</summary>
    AutomaticDiscount = 8,

    /// <summary>The same with a code.</summary>
    DiscountCode = 16,

    /// <summary>Buy some, get some free.</summary>
    BuyXGetY = 32,

    /// <summary>A reduction at the checkout may be an amount, not a percentage alone.</summary>
    AmountOff = 64,

    /// <summary>What is got may cost something, too.</summary>
    GetForLess = 128,

    /// <summary>Prices of its own price lists, each in the currency of the list.</summary>
    PriceLists = 256,
}

/// <summary>Where a price stands.</summary>
/// <param name="Item">The system's own name of the variant.</param>
/// <param name="Place">The place as the tower calls it, or a price list (<see cref="PriceListPlace"/>); empty: everywhere at this connection.</param>
/// <param name="Currency">Of the price, ISO 4217.</param>
public sealed record PriceSpot(string Item, string Place, string Currency);

/// <param name="Amount">Of one piece, in major units, as the system states prices (with or without tax).</param>
/// <param name="CompareAt">The price that it is said to be reduced from; null: none, or the system knows none.</param>
public sealed record PriceTag(decimal Amount, decimal? CompareAt = null);

/// <summary>What a system shows at a spot.</summary>
/// <param name="IsListed">False: the system does not list the item (there) any more.</param>
/// <param name="Own">What stands at the spot itself; null at a place without a price of its own.</param>
/// <param name="Effective">What a buyer is charged there: its own, else the one for everywhere; null if there is none.</param>
public sealed record PriceShown(PriceSpot Spot, bool IsListed, PriceTag? Own, PriceTag? Effective);

/// <summary>What a system shows at some spots.</summary>
public abstract record PricesAnswer
{
    /// <summary>One for each spot that was asked for.</summary>
    public sealed record Prices(IReadOnlyList<PriceShown> List) : PricesAnswer;

    public sealed record Failed(Outcome Why) : PricesAnswer;
}

/// <summary>
/// Make spots show these prices. Sets what it says and may be sent again: what already shows what is asked for is passed over, a spot that shows neither that nor <see cref="PriceMove.From"/> refuses
/// the command as stale, as far as the vendor lets it be seen before anything is written.
/// </summary>
public sealed record SetPrices(PostingKey Key, IReadOnlyList<PriceMove> Moves) : VendorCommand(Key)
{
    /// <summary>The code with which a client refuses when a spot is not <see cref="PriceMove.From"/> any more; the field then ends in the number of the move, counted from 0.</summary>
    public const string Stale = "price-moved";
}

/// <param name="From">What stood at the spot itself when the move was decided; null: no price of its own.</param>
/// <param name="To">What is to stand there; null (at a place only): no price of its own.</param>
/// <param name="WithCompareAt">False: the compare-at price is neither looked at nor changed.</param>
public sealed record PriceMove(PriceSpot Spot, PriceTag? From, PriceTag? To, bool WithCompareAt)
{
    public bool IsDone(PriceTag? own) => Same(own, To);

    public bool IsFresh(PriceTag? own) => Same(own, From);

    private bool Same(PriceTag? one, PriceTag? other) => one?.Amount == other?.Amount && (!WithCompareAt || one?.CompareAt == other?.CompareAt);
}

public enum DiscountKind { Percent, Amount, BuyXGetY }

/// <summary>A reduction that a channel reckons at its checkout.</summary>
/// <param name="Mark">Of the tower, such as <c>R-311</c>: stands in the name, at its end in square brackets, and is how the discount is found again. Unique per promotion.</param>
/// <param name="Name">For people, without the mark.</param>
/// <param name="Value">Percent 0 &lt; v ≤ 100, or an amount off each piece in <paramref name="Currency"/>. For <see cref="DiscountKind.BuyXGetY"/>: percent off what is got.</param>
/// <param name="Items">The channel's own names of the variants that it is for.</param>
/// <param name="Code">What the buyer types; null: automatic.</param>
/// <param name="StartsAt">UTC.</param>
/// <param name="EndsAt">UTC, the first moment at which it is off; null: until it is taken off. Both over all stores, the earliest start and the latest end.</param>
public sealed record DiscountTerms(
    string Mark, string Name, DiscountKind Kind, decimal Value, string Currency, IReadOnlyList<string> Items, string? Code, int Buy, int Get, DateTimeOffset StartsAt, DateTimeOffset? EndsAt)
{
    /// <summary>When it starts by the wall clock of each store, for vendors that keep a window so.</summary>
    public DateTime WallStarts { get; init; }

    /// <summary>When it ends by the wall clock of each store; null: until it is taken off.</summary>
    public DateTime? WallEnds { get; init; }

    public string Title => $"{Name} [{Mark}]";
}

/// <summary>Make a discount stand as the terms say, on or off. Found by its mark, created only if it is not there, so it may be sent again; off, it is switched off or deleted, as the vendor lets it be.</summary>
public sealed record SetDiscount(PostingKey Key, DiscountTerms Terms, bool On) : VendorCommand(Key);

/// <summary>A discount as the channel shows it.</summary>
/// <param name="Id">The channel's own name; null: it does not know the mark.</param>
/// <param name="On">The channel grants it now, or will from its start on.</param>
/// <param name="Agrees">Kind, value, items, code and window are what the terms say; <paramref name="Differs"/> names the first that is not.</param>
public sealed record DiscountShown(string? Id, bool On, bool Agrees, string? Differs);

public abstract record DiscountAnswer
{
    public sealed record Shown(DiscountShown What) : DiscountAnswer;

    public sealed record Failed(Outcome Why) : DiscountAnswer;
}

internal static class Pricing
{
    private static Outcome Refusal { get; } = new Outcome.Refused(FailureKind.Ownership, "no-promotions", "The tower does not know how this system is told promotional prices.");

    public static PricesAnswer NoPrices() => new PricesAnswer.Failed(Refusal);

    public static DiscountAnswer NoDiscounts() => new DiscountAnswer.Failed(Refusal);
}
