using System.Globalization;
using System.Text;
using ControlTower.Data.Incidents;
using ControlTower.Sync.Incidents;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using ControlTower.Web.Hosting;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Incidents;

/// <summary>One incident as a document, to take along.</summary>
internal static class IncidentEndpoints
{
    private const int MostTransactions = 10_000;

    public static void MapIncidents(this IEndpointRouteBuilder routes) =>
        routes.MapGet(Links.Incidents + "/{id:long}/review.md", ReviewAsync).RequireAuthorization(Permissions.IncidentsRead);

    private static async Task ReviewAsync(HttpContext context, long id, IncidentQueries incidents)
    {
        if (await incidents.FindAsync(id, context.RequestAborted) is not { } view)
        {
            StatusPages.Answer(context, Problem.NotFound);
            return;
        }

        context.Response.ContentType = "text/markdown; charset=utf-8";
        context.Response.Headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture, $"attachment; filename=\"incident-{id}.md\"");
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(IncidentReview.Write(view, await incidents.TransactionsAsync(id, MostTransactions, context.RequestAborted)), Encoding.UTF8, context.RequestAborted);
    }
}
