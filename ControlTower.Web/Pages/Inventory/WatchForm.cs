using System.Globalization;
using ControlTower.Data.Inventory;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>What stands in the form of a watched level, as text, so that a slip is told and not swallowed.</summary>
public sealed class WatchForm
{
    public string Sku { get; set; } = "";

    public string Location { get; set; } = "";

    public string Below { get; set; } = "";

    /// <summary>Empty: as soon as it is not below any more.</summary>
    public string Again { get; set; } = "";

    /// <summary>The revision that is changed; 0 for a new watch.</summary>
    public int Seen { get; init; }

    public static WatchForm Of(StockWatch watch) => new()
    {
        Sku = watch.Sku, Location = watch.Location ?? "", Seen = watch.Revision,
        Below = watch.Below.ToString(CultureInfo.InvariantCulture), Again = watch.Again.ToString(CultureInfo.InvariantCulture),
    };

    /// <exception cref="ArgumentException">They are no whole numbers.</exception>
    public (int Below, int Again) Levels()
    {
        var below = Number(Below);
        return (below, string.IsNullOrWhiteSpace(Again) ? below : Number(Again));
    }

    private static int Number(string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pieces) ? pieces : throw new ArgumentException("Levels are whole numbers of pieces, such as 5.");
}
