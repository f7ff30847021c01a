using System.Globalization;

namespace ControlTower.Web.Shared;

/// <summary>Addresses of reconciliation.</summary>
public static partial class Links
{
    public const string Reconciliation = "/reconciliation";

    public const string Feeds = Reconciliation + "/feeds";

    /// <summary>A feed with its business days.</summary>
    public static string Feed(long id) => string.Create(CultureInfo.InvariantCulture, $"{Feeds}?feed={id}");

    /// <summary>The file of one business day.</summary>
    public static string FeedFile(long run) => string.Create(CultureInfo.InvariantCulture, $"{Feeds}/runs/{run}/file");

    /// <summary>What is not matched about one order, with one item open.</summary>
    public static string ReconOfOrder(long order, long item, bool late) => string.Create(CultureInfo.InvariantCulture, $"{Reconciliation}?order={order}{(late ? "" : "&state=coming")}&item={item}");
}
