using ControlTower.Data.Triage;

namespace ControlTower.Web.Pages.Mappings;

/// <summary>Mappings in words.</summary>
internal static class MappingWords
{
    public static string Kind(string kind) => kind switch { MappingKind.Sku => "SKU", MappingKind.Location => "Location", MappingKind.Tax => "Tax", _ => kind };

    public static string Help(string kind) => kind switch
    {
        MappingKind.Tax => "A rate, such as 0.21, or a code that orders carry.",
        MappingKind.Location => "As orders and stock name the place.",
        _ => "As orders name it.",
    };
}
