namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>States of Vendure's default order, payment, refund and fulfillment processes, with how far along each is.</summary>
internal static class VendureStates
{
    public const string Cancelled = "Cancelled";
    public const string Shipped = "Shipped";
    public const string Delivered = "Delivered";
    public const string Settled = "Settled";
    public const string Failed = "Failed";
    public const string Authorized = "Authorized";

    public static bool HasLeft(string fulfillment) => fulfillment is Shipped or Delivered;

    /// <summary>Unknown states (a shop may add its own) count as zero: the history still moves the version.</summary>
    public static int Rank(string state) => state switch
    {
        "Pending" or "Created" or "PaymentAuthorized" => 1,
        Authorized or "PaymentSettled" => 2,
        Settled or "PartiallyShipped" => 3,
        Shipped => 4,
        "PartiallyDelivered" => 5,
        Delivered => 6,
        Failed or "Declined" or "Error" => 7,
        Cancelled => 8,
        _ => 0,
    };
}
