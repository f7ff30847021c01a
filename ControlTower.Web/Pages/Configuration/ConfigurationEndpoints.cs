using System.Globalization;
using ControlTower.Sync.Configuration;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Configuration;

/// <summary>The configuration as a file, and the schema of such files.</summary>
internal static class ConfigurationEndpoints
{
    public static void MapConfiguration(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Links.ConfigurationFile, FetchAsync).RequireAuthorization(Permissions.ConfigurationManage);
        routes.MapGet(Links.ConfigurationSchema, () => Results.Text(ConfigurationFile.Schema(), "application/schema+json")).RequireAuthorization(Permissions.ConfigurationManage);
    }

    private static async Task<IResult> FetchAsync(HttpContext context, ConfigurationDesk desk, CurrentActor current, TimeProvider clock)
    {
        var actor = await current.MustAsync(Permissions.ConfigurationManage);
        var file = await desk.ExportAsync(actor, context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return Results.File(file, "application/json", string.Create(CultureInfo.InvariantCulture, $"controltower-configuration-{clock.GetUtcNow():yyyy-MM-dd-HHmm}.json"));
    }
}
