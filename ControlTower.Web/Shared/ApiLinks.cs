namespace ControlTower.Web.Shared;

/// <summary>Addresses of what concerns programs.</summary>
public static partial class Links
{
    public const string ApiClients = "/admin/clients";

    public const string Webhooks = "/admin/webhooks";

    /// <summary>What people read of the API.</summary>
    public const string ApiReference = "/admin/api";

    /// <summary>What programs read of it.</summary>
    public const string ApiDocument = Api.ApiDocument.Path;

    public static string ApiClient(Guid id) => $"{ApiClients}/{id}";
}
