namespace ControlTower.Web.Shared;

/// <summary>Addresses of the stock.</summary>
public static partial class Links
{
    public const string Inventory = "/inventory";

    public const string StockRules = "/inventory/rules";
    public const string SetAside = "/inventory/set-aside";
    public const string RunningLow = "/inventory/low";
    public const string Drift = "/inventory/drift";
    public const string Catalogue = "/inventory/catalogue";
    public const string Duplicates = "/customers/duplicates";

    public static string Sku(string sku) => $"{Inventory}/sku/{Uri.EscapeDataString(sku)}";
}
