namespace ControlTower.Simulator.Shopify;

/// <summary>What one location holds of one article. Available is what may still be sold.</summary>
public sealed record StockLevel(long InventoryItemId, long LocationId, int OnHand, int Committed, DateTimeOffset UpdatedAt)
{
    public int Available => OnHand - Committed;
}
