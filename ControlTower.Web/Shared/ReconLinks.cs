using System.Globalization;

namespace ControlTower.Web.Shared;

/// <summary>Addresses of reconciliation.</summary>
public static partial class Links
{
    public const string Reconciliation = "/reconciliation";

    /// <summary>What is not matched about one order, with one item open.</summary>
    public static string ReconOfOrder(long order, long item, bool late) => string.Create(CultureInfo.InvariantCulture, $"{Reconciliation}?order={order}{(late ? "" : "&state=coming")}&item={item}");
}
