namespace ControlTower.Web.Shared;

/// <summary>Addresses of rates.</summary>
public static partial class Links
{
    public const string Currencies = "/admin/currencies";
}
