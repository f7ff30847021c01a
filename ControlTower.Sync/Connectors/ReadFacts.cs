using System.Globalization;

namespace ControlTower.Sync.Connectors;

/// <summary>Names of what a connector reads back of a sales document, in <see cref="Outcome.Accepted.Facts"/>. What a vendor does not show is left out.</summary>
public static class ReadFacts
{
    /// <summary>Of the whole document, tax included: an invariant decimal.</summary>
    public const string Total = "total";

    /// <summary>ISO 4217.</summary>
    public const string Currency = "currency";

    /// <summary>All taxes: an invariant decimal. Left out where the ERP books the shop's tax as a line.</summary>
    public const string Tax = "tax";

    /// <summary>Goods, one a line: SKU, quantity and, where it compares with the order's own, amount, parted by tabs.</summary>
    public const string Lines = "lines";

    /// <summary>What of the document was compared with what was meant, what could not be, and what differs; said by the tower once it was read back.</summary>
    public const string Compared = "proof.compared";
    public const string Left = "proof.left";
    public const string Differs = "proof.differs";

    /// <summary>A SKU as a line holds it.</summary>
    public static string Name(string sku) => sku.Trim().Replace('\t', ' ').Replace('\n', ' ');

    public static string Line(string sku, decimal quantity, decimal? amount) =>
        string.Create(CultureInfo.InvariantCulture, $"{Name(sku)}\t{quantity:0.####}{(amount is { } value ? $"\t{value:0.####}" : "")}");
}
