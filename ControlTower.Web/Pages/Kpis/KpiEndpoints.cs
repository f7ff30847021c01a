using ControlTower.Data.Exports;
using ControlTower.Data.Kpis;
using ControlTower.Sync.Kpis;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using ControlTower.Web.Hosting;
using ControlTower.Web.Pages.Exports;
using ControlTower.Web.Shared;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>The board's figures as a file, from the address of the board. What is wrong with an address is said, and no file is made.</summary>
internal static class KpiEndpoints
{
    public static void MapKpiExports(this IEndpointRouteBuilder routes)
    {
        foreach (var format in Enum.GetValues<ExportFormat>())
        {
            routes.MapGet(Links.ExportOf(Links.Kpis, format), (HttpContext context, CancellationToken cancel) => AnswerAsync(context, format, cancel)).RequireAuthorization(Permissions.KpisRead);
        }
    }

    private static async Task AnswerAsync(HttpContext context, ExportFormat format, CancellationToken cancel)
    {
        var services = context.RequestServices;
        var actor = await services.GetRequiredService<CurrentActor>().MustAsync(Permissions.KpisRead);
        var query = KpiQuery.Parse(context.Request.QueryString.Value ?? "");
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var usual = services.GetRequiredService<IOptions<TowerOptions>>().Value.StoreZone;
        var (scope, problem) = await KpiScopes.ReadAsync(query, usual, now, services.GetRequiredService<KpiQueries>(), services.GetRequiredService<KpiPlaces>(), cancel);
        if (scope is null)
        {
            StatusPages.Answer(context, new Problem("no-such-scope", "Not there", 400, problem!.Words));
            return;
        }

        context.Response.ContentType = ExportWords.ContentType(format);
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{ExportWords.FileName(KpiExport.File, now, format)}\"";
        context.Response.Headers.CacheControl = "no-store";
        var kpis = KpiTabs.Of(query.Tab).SelectMany(k => KpiCatalogue.PartsOf(k.Id).Prepend(k)).ToList();
        await services.GetRequiredService<KpiExport>().WriteAsync(kpis, scope, format, query.Href(Links.Kpis), actor, context.Response.Body, cancel);
    }
}
