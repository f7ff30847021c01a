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
    public const string NewOwnership = Ownership + "/new";

    public static string OwnershipChange(int number) => string.Create(CultureInfo.InvariantCulture, $"{Ownership}?change={number}");

    public static string EditOwnership(int number) => string.Create(CultureInfo.InvariantCulture, $"{Ownership}/{number}/edit");

    /// <summary>The writes that a change would not have taken.</summary>
    /// <param name="left">Only those after which no owner spoke.</param>
    public static string OwnershipTried(int number, bool left) => string.Create(CultureInfo.InvariantCulture, $"{OwnershipWrites}?change={number}{(left ? "&left=1" : "")}");
}
