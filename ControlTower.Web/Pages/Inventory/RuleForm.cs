using System.Globalization;
using ControlTower.Data.Inventory;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>What stands in the form of a rule, as text, so that a slip is told and not swallowed.</summary>
public sealed class RuleForm
{
    public string Sku { get; set; } = "";

    public string Location { get; set; } = "";

    public string Channel { get; set; } = "";

    public bool Excluded { get; set; }

    public string Buffer { get; set; } = "0";

    public string Percent { get; set; } = "0";

    /// <summary>The revision that is changed; 0 for a new rule.</summary>
    public int Seen { get; init; }

    public static RuleForm Of(ChannelRule rule) => new()
    {
        Sku = rule.Sku ?? "", Location = rule.Location ?? "", Channel = rule.Channel ?? "", Excluded = rule.Excluded, Seen = rule.Revision,
        Buffer = rule.Buffer.ToString(CultureInfo.InvariantCulture), Percent = rule.BufferPercent.ToString("0.##", CultureInfo.InvariantCulture),
    };

    /// <exception cref="ArgumentException">It is no whole number.</exception>
    public int Pieces() => int.TryParse(Buffer.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pieces) ? pieces : throw new ArgumentException("The pieces to keep are a whole number, such as 2.");

    /// <exception cref="ArgumentException">It is no number.</exception>
    public decimal Share() => decimal.TryParse(Percent.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share)
        ? share : throw new ArgumentException("The percentage is a number with a point, such as 12.5.");
}
