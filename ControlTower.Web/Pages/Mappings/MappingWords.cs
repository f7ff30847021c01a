using ControlTower.Data.Triage;

namespace ControlTower.Web.Pages.Mappings;

/// <summary>Mappings in words.</summary>
internal static class MappingWords
{
    public static string Kind(string kind) => kind switch { MappingKind.Sku => "SKU", MappingKind.Location => "Location", MappingKind.Tax => "Tax", MappingKind.Customer => "Customer", _ => kind };

    /// <summary>What came of removing one. <paramref name="back"/>: the cases that went back; null if it was not in force.</summary>
    public static string Removed(IReadOnlyList<long>? back) => back is null ? "It was not in force any more."
        : "The mapping is removed. What is sent from now on names the order's own word." + (back.Count == 0 ? "" : $" {Shared.Say.Count(back.Count)} {(back.Count == 1 ? "case that had not gone out is open again." : "cases that had not gone out are open again.")}");

    public static string Help(string kind) => kind switch
    {
        MappingKind.Tax => "A rate, such as 0.21, or a code that orders carry.",
        MappingKind.Customer => "The channel and its own id of the customer, such as shopify-eu/6104482130. The target's number must be there already.",
        MappingKind.Location => "As orders and stock name the place.",
        _ => "As orders name it.",
    };
}
