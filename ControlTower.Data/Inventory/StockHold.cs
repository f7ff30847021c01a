using ControlTower.Data.Canonical;

namespace ControlTower.Data.Inventory;

public enum HoldKind { Cart, Order, Pickup, Till }

/// <summary>What became of a hold. It leaves <see cref="Active"/> once and for ever.</summary>
public enum HoldState
{
    /// <summary>The goods are set aside.</summary>
    Active,

    /// <summary>The goods left with the buyer: they are off the stock.</summary>
    Committed,

    /// <summary>The order that was named took the goods over.</summary>
    Taken,
    Released,
    Expired,
}

/// <summary>A wish to hold goods for a while. All lines or none; lines of the same SKU count together.</summary>
/// <param name="Id">The same wish has the same id: asked twice, it is held once.</param>
/// <param name="Channel">The connection that sells: what is kept back from it cannot be held for it. Null: nothing is kept back.</param>
/// <param name="Mode">Click-and-collect is served by <paramref name="Location"/> alone.</param>
/// <param name="Location">The place to try first; the only one for click-and-collect.</param>
/// <param name="Split">May be served from several places where no single one has everything.</param>
/// <param name="Reference">What the asker calls it, such as a cart's token: 1 to 120 characters.</param>
/// <param name="Client">Who asks. Only they see and end it.</param>
public sealed record HoldRequest(
    Guid Id, HoldKind Kind, string? Channel, FulfilmentMode Mode, string? Location, bool Split, string Reference, string Client, TimeSpan Lasts, IReadOnlyList<StockLine> Lines);

/// <summary>A hold as it stands.</summary>
/// <param name="ExpiresAt">By the database's clock. From then on it can be neither committed nor given more time, even while it still counts as active.</param>
/// <param name="Order">The order that takes the goods over, once it is named.</param>
public sealed record StockHold(
    Guid Id, HoldKind Kind, string? Channel, string Reference, HoldState State, DateTimeOffset MadeAt, DateTimeOffset ExpiresAt, DateTimeOffset? EndedAt, OrderKey? Order,
    IReadOnlyList<StockPart> Parts);

/// <summary>Answer to one <see cref="HoldRequest"/>.</summary>
public abstract record HoldAnswer
{
    /// <summary>Set aside until <paramref name="ExpiresAt"/>, now or when it was asked for the first time.</summary>
    public sealed record Held(IReadOnlyList<StockPart> Parts, DateTimeOffset ExpiresAt) : HoldAnswer;

    /// <summary>Nothing is set aside. An unknown SKU is one of which there is none.</summary>
    public sealed record Short(IReadOnlyList<StockShortage> Shortages) : HoldAnswer;

    /// <summary>Nothing is set aside: what a channel showed of these SKUs at the place of the pick-up has been wrong again and again, and nothing else could serve it.</summary>
    public sealed record Uncertain(IReadOnlyList<string> Skus) : HoldAnswer;

    /// <summary>The id was used for another wish.</summary>
    public sealed record Reused : HoldAnswer;

    /// <summary>It was held and is not any more.</summary>
    public sealed record Ended : HoldAnswer;
}
