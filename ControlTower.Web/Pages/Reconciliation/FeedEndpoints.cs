using ControlTower.Data.Exports;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Feeds;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using ControlTower.Web.Hosting;
using ControlTower.Web.Pages.Exports;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>Files of feeds, for whoever may read reconciliation. What disagreed with its source is no file.</summary>
internal static class FeedEndpoints
{
    public static void MapFeeds(this IEndpointRouteBuilder routes) => routes.MapGet(Links.Feeds + "/runs/{id:long}/file", FetchAsync).RequireAuthorization(Permissions.FinanceRead);

    private static async Task FetchAsync(HttpContext context, long id, FeedStore feeds, FeedDesk desk, CurrentActor current)
    {
        var actor = await current.MustAsync(Permissions.FinanceRead);
        if (await feeds.RunAsync(id, context.RequestAborted) is not { HasFile: true, State: FeedRunState.Written or FeedRunState.Delivered or FeedRunState.Superseded } run)
        {
            StatusPages.Answer(context, Problem.NotFound);
            return;
        }

        context.Response.ContentType = ExportWords.ContentType(ExportFormats.Of(Path.GetExtension(run.File!).TrimStart('.')));
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{run.File}\"";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = run.Bytes;
        await desk.FetchAsync(run, actor, context.Response.Body, context.RequestAborted);
    }
}
