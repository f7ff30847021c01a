namespace ControlTower.Simulator.Shopify;

/// <summary>A buyer's wish to give back pieces of one line. <paramref name="Status"/> is requested, open or closed.</summary>
/// <param name="ParcelLineId">The shipped line that the pieces belong to.</param>
/// <param name="Reason">As the vendor names it, such as SIZE_TOO_SMALL.</param>
public sealed record ShopReturn(
    long Id, long OrderId, string Name, string Status, DateTimeOffset CreatedAt, DateTimeOffset? ApprovedAt, DateTimeOffset? ClosedAt, long ItemId, long ParcelLineId, long LineId, int Quantity, string Reason);
