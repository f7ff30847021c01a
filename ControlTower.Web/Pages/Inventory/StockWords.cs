using ControlTower.Data.Inventory;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>How stock is told: what it is, by icon and word.</summary>
internal static class StockWords
{
    public static (Status Status, string Word) Standing(long available, long oversold) =>
        oversold > 0 ? (Status.Bad, "Oversold") : available == 0 ? (Status.Wait, "Sold out") : (Status.Ok, "Available");

    public static string Reason(string reason) => reason switch
    {
        "count" => "Counted",
        "reserve" => "Reserved",
        "release" => "Given back",
        "commit" => "Left the stock",
        "receipt" => "Received",
        "hold" => "Held for a while",
        "expire" => "Time was up",
        "return" => "Came back",
        "call-back" => "Parcel called off",
        "write-off" => "Written off",
        _ => reason,
    };

    /// <summary>With its sign, as a ledger has it; a dash for nothing.</summary>
    public static string Delta(int pieces) => pieces == 0 ? Say.None : pieces > 0 ? $"+{Say.Count(pieces)}" : $"−{Say.Count(-(long)pieces)}";

    public static string Kind(string kind) => kind == "warehouse" ? "Warehouse" : "Store";

    /// <summary>What goods are set aside for.</summary>
    public static string Of(HoldKind? kind) => kind switch
    {
        HoldKind.Cart => "cart",
        HoldKind.Order => "order to come",
        HoldKind.Pickup => "pick-up",
        HoldKind.Till => "till basket",
        _ => "order",
    };

    /// <summary>Why goods are set aside for nothing, and what giving them back does.</summary>
    public static (string Word, string Why) Orphan(string why) => why switch
    {
        "order-over" => ("Order is over", "The order is done or cancelled and will not take them."),
        "order-missing" => ("Order did not come", "The order that was named has not been heard of for an hour."),
        _ => ("Over its time", "Its time is up; no worker has given it back yet."),
    };
}
