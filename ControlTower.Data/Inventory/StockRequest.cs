namespace ControlTower.Data.Inventory;

/// <summary>What one flow wants of the stock. Names of <paramref name="FlowId"/>'s lines are the order's own.</summary>
public abstract record StockRequest(long FlowId)
{
    /// <summary>All lines or none.</summary>
    /// <param name="Mode">Click-and-collect is served by the preferred location alone; the others may be split over several places.</param>
    /// <param name="Preferred">Tried first; may be unknown.</param>
    /// <param name="Candidates">Places in the order to be tried; null: all places of the flow's brand, warehouses first (stores first for ship-from-store).</param>
    public sealed record Reserve(
        long FlowId, IReadOnlyList<StockLine> Lines, Canonical.FulfilmentMode Mode = Canonical.FulfilmentMode.Ship, string? Preferred = null, IReadOnlyList<string>? Candidates = null)
        : StockRequest(FlowId);

    /// <summary>Gives back whatever the flow holds; nothing if it holds nothing.</summary>
    public sealed record Release(long FlowId) : StockRequest(FlowId);

    /// <summary>A parcel left: its goods leave the stock, as far as the flow holds them; what it holds beyond them stays set aside.</summary>
    /// <param name="At">When it left; a count that had seen the goods gone already is not lessened again. Null: not known.</param>
    /// <param name="Goods">What was in it; null: all that the flow still holds.</param>
    public sealed record Commit(long FlowId, DateTimeOffset? At = null, IReadOnlyList<StockGoods>? Goods = null) : StockRequest(FlowId);

    /// <summary>A parcel was called off: as much of it as left for this flow is there again and set aside for it where it came from.</summary>
    /// <param name="At">When; a count that had found the goods again is not raised by them.</param>
    public sealed record CallBack(long FlowId, DateTimeOffset At, IReadOnlyList<StockGoods> Goods) : StockRequest(FlowId);

    /// <summary>Sold at a till: the goods are gone from this place, whether they were free or not. Once per flow. A place that is not known keeps no stock.</summary>
    /// <param name="At">When it was sold; a count that had seen the goods gone already is not lessened again. Null: not known.</param>
    public sealed record Take(long FlowId, IReadOnlyList<StockLine> Lines, string Location, DateTimeOffset? At = null) : StockRequest(FlowId);
}

public sealed record StockLine(string OrderLineId, string Sku, int Quantity);

/// <summary>Pieces of a SKU, whichever line of the order they are for.</summary>
public sealed record StockGoods(string Sku, int Quantity);

/// <summary>Answer to one <see cref="StockRequest.Reserve"/> or <see cref="StockRequest.Take"/>.</summary>
public abstract record StockAnswer(long FlowId)
{
    public sealed record Reserved(long FlowId, IReadOnlyList<StockPart> Parts) : StockAnswer(FlowId);

    /// <summary>Nothing was set aside. An unknown SKU is one of which there is none.</summary>
    public sealed record Short(long FlowId, IReadOnlyList<StockShortage> Shortages) : StockAnswer(FlowId);

    /// <param name="Parts">What left; empty where the place keeps no stock.</param>
    /// <param name="Oversold">What was sold although it was promised to others or, by the count, not there.</param>
    public sealed record Taken(long FlowId, IReadOnlyList<StockPart> Parts, IReadOnlyList<StockShortage> Oversold) : StockAnswer(FlowId);
}

/// <summary>How many pieces a place gives to an order line.</summary>
public sealed record StockPart(string OrderLineId, string Sku, string Location, int Quantity);

public sealed record StockShortage(string Sku, int Wanted, int Missing);

/// <param name="Missing">Of the pieces that the flow holds at this place, those that are not there.</param>
public sealed record StockUncovered(long FlowId, string Sku, string Location, int Wanted, int Missing);

/// <param name="OnHand">Pieces, as counted.</param>
public sealed record StockCount(string Sku, string Location, int OnHand);

/// <summary>A count that could not be taken over: more is promised than was counted.</summary>
public sealed record StockConflict(string Sku, string Location, int Counted, int Reserved);

/// <summary>A cell of a snapshot that was not taken over.</summary>
/// <param name="Older">One as new is known already; else more is promised than would be left: nothing more is promised there, and the count waits until it fits.</param>
public sealed record SnapshotLeft(string Sku, string Location, bool Older, int Counted, int Reserved);

public sealed record StockLocation(string Id, string Name, string Kind, string? Brand = null, string? Region = null);
