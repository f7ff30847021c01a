namespace ControlTower.Web.Shared;

/// <summary>Addresses of what concerns programs.</summary>
public static partial class Links
{
    public const string ApiClients = "/admin/clients";

    public const string Webhooks = "/admin/webhooks";
}
