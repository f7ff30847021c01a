using System.Globalization;

namespace ControlTower.Web.Shared;

/// <summary>Addresses of who owns which data.</summary>
public static partial class Links
{
    public const string Ownership = "/ownership";
    public const string OwnershipOverrides = Ownership + "/overrides";
    public const string OwnershipWrites = Ownership + "/writes";
    public const string OwnershipWaiting = OwnershipWrites + "?waiting=1";
    public const string OwnershipConflicts = Ownership + "/conflicts";
    public const string OwnershipHistory = Ownership + "/history";
    public const string OwnershipRecords = Ownership + "/record";
    public const string NewOwnership = Ownership + "/new";

    public static string OwnershipChange(int number) => string.Create(CultureInfo.InvariantCulture, $"{Ownership}?change={number}");

    public static string EditOwnership(int number) => string.Create(CultureInfo.InvariantCulture, $"{Ownership}/{number}/edit");

    /// <summary>A product as it is by the rules.</summary>
    /// <param name="channel">For which connection; null: for the whole group.</param>
    public static string OwnershipRecord(string sku, string? channel = null) =>
        $"{OwnershipRecords}?sku={Uri.EscapeDataString(sku)}{(channel is { Length: > 0 } ? $"&channel={Uri.EscapeDataString(channel)}" : "")}";

    public static string OwnershipRecord(long order) => string.Create(CultureInfo.InvariantCulture, $"{OwnershipRecords}?order={order}");

    public static string OwnershipCustomer(string connection, string customer) => $"{OwnershipRecords}?customer={Uri.EscapeDataString(customer)}&at={Uri.EscapeDataString(connection)}";

    /// <summary>The writes that a change would not have taken.</summary>
    /// <param name="left">Only those after which no owner spoke.</param>
    public static string OwnershipTried(int number, bool left) => string.Create(CultureInfo.InvariantCulture, $"{OwnershipWrites}?change={number}{(left ? "&left=1" : "")}");
}
