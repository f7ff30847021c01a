using ControlTower.Web.Pages.Reconciliation;
using ControlTower.Data.Reconciliation;
using ControlTower.Data.Audit;
using ControlTower.Data.Exports;
using ControlTower.Data.Flows;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Exports;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using ControlTower.Web.Hosting;
using ControlTower.Web.Pages.Admin;
using ControlTower.Web.Pages.Exceptions;
using ControlTower.Web.Pages.Mappings;
using ControlTower.Web.Pages.Ownership;
using ControlTower.Web.Shared;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Exports;

/// <summary>Lists as files: short ones straight from their address, long ones once a worker has made them. Another person's file is as if it were not there.</summary>
internal static class ExportEndpoints
{
    private static readonly Problem TooLong = new(
        "too-many-rows", "Too many rows", 409, $"More than {ExportDesk.AtOnce} rows fit. Ask for the file on the page of the list: it is then made by a worker.");

    private static readonly Problem NotReady = new("not-ready", "Not ready", 409, "This file is not ready. See how far it is on the page of your exports.", Retryable: true);

    private static readonly Problem Gone = new("gone", "Gone", 410, "Files are kept for 24 hours. Ask for it again.");

    public static void MapExports(this IEndpointRouteBuilder routes)
    {
        foreach (var format in Enum.GetValues<ExportFormat>())
        {
            routes.MapGet(Links.ExportOf(Links.Exceptions, format), (HttpContext context, TimeProvider clock, IOptions<TowerOptions> tower) =>
            {
                var query = ExceptionsQuery.Parse(context.Request.QueryString.Value ?? "");
                if (query.Wrong.Count > 0)
                {
                    // Without what cannot be understood the file would have more in it than was asked for.
                    StatusPages.Answer(context, Problem.BadRequest with { Detail = string.Join(' ', query.Wrong.Select(field => $"{field.Name}: {field.Wrong}")) });
                    return Task.CompletedTask;
                }

                var zone = TimeZoneInfo.FindSystemTimeZoneById(tower.Value.StoreZone);
                return AnswerAsync(context, Permissions.ExceptionsRead, actor => Task.FromResult(query.Ask(format, new DeskReader(actor.Id ?? Guid.Empty, clock.GetUtcNow(), zone))));
            }).RequireAuthorization(Permissions.ExceptionsRead);
            routes.MapGet(Links.ExportOf(Links.Audit, format), (HttpContext context, AuditQueries audit, IOptions<TowerOptions> tower) =>
            {
                var query = AuditQuery.Parse(context.Request.QueryString.Value ?? "");
                return AnswerAsync(context, Permissions.AuditRead, async _ =>
                    query.Ask(format, TimeZoneInfo.FindSystemTimeZoneById(tower.Value.StoreZone), await audit.NewestAsync(context.RequestAborted)));
            }).RequireAuthorization(Permissions.AuditRead);
            routes.MapGet(Links.ExportOf(Links.OwnershipWrites, format), (HttpContext context, TimeProvider clock) =>
            {
                var query = WritesQuery.Parse(context.Request.QueryString.Value ?? "");
                return AnswerAsync(context, Permissions.OwnershipRead, _ => Task.FromResult(query.Ask(format, clock.GetUtcNow())));
            }).RequireAuthorization(Permissions.OwnershipRead);
            routes.MapGet(Links.ExportOf(Links.Mappings, format), (HttpContext context, CancellationToken _) =>
                AnswerAsync(context, Permissions.ConnectionsRead, _ => Task.FromResult(MappingsQuery.Parse(context.Request.QueryString.Value ?? "").Ask(format)))).RequireAuthorization(Permissions.ConnectionsRead);
            routes.MapGet(Links.ExportOf(Links.Reconciliation, format), (HttpContext context, CancellationToken _) => BreaksAsync(context, format)).RequireAuthorization(Permissions.FinanceRead);
            routes.MapGet(Links.ExportOf(Links.MonthLines, format), (HttpContext context, string books, DateOnly month) =>
                AnswerAsync(context, Permissions.FinanceRead, _ => Task.FromResult(EvidenceExport.Ask(new MonthFilter(books, month), format, Links.Month(Links.MonthLines, books, month))))).RequireAuthorization(Permissions.FinanceRead);
            routes.MapGet(Links.ExportOf(Links.MonthAdjustments, format), (HttpContext context, string books, DateOnly month) =>
                AnswerAsync(context, Permissions.FinanceRead, _ => Task.FromResult(DecisionsExport.Ask(new MonthFilter(books, month), format, Links.Month(Links.MonthAdjustments, books, month))))).RequireAuthorization(Permissions.FinanceRead);
            routes.MapGet(Links.ExportOf(Links.PlanOfAny, format), (HttpContext context, long id, int? revision, PromotionQueries promotions) => AnswerAsync(context, Permissions.PromotionsRead, async _ =>
                PlanPricesExport.Ask(id, revision ?? (await promotions.FindAsync(id, null, context.RequestAborted))?.Newest ?? 0, format, Links.Promotion(id)))).RequireAuthorization(Permissions.PromotionsRead);
        }

        routes.MapGet(Links.ExportOf(Links.ReleaseOfAny, ExportFormat.Xlsx), (HttpContext context, long id) =>
            AnswerAsync(context, Permissions.PromotionsRead, _ => Task.FromResult(ReleaseBook.Ask(id, Links.Release(id))))).RequireAuthorization(Permissions.PromotionsRead);
        routes.MapGet(Links.ExportOf(Links.ReleaseOfAny, ExportFormat.Csv), (HttpContext context, long id) =>
            AnswerAsync(context, Permissions.PromotionsRead, _ => Task.FromResult(ReleasePricesExport.Ask(id, ExportFormat.Csv, Links.Release(id))))).RequireAuthorization(Permissions.PromotionsRead);
        routes.MapGet(Links.ExportOf(Links.MonthBook, ExportFormat.Xlsx), (HttpContext context, string books, DateOnly month) =>
            AnswerAsync(context, Permissions.FinanceRead, _ => Task.FromResult(MonthBook.Ask(new MonthFilter(books, month), Links.Month(Links.MonthBook, books, month))))).RequireAuthorization(Permissions.FinanceRead);
        routes.MapGet(Links.Exports + "/{id:long}/file", FetchAsync).RequireAuthorization(Permissions.ShellOpen);
    }

    private static Task BreaksAsync(HttpContext context, ExportFormat format)
    {
        var query = ReconQuery.Parse(context.Request.QueryString.Value ?? "");
        return AnswerAsync(context, Permissions.FinanceRead, actor => Task.FromResult(query.Ask(format, query.Currency.Length > 0 ? query.Currency : null, actor.Id ?? Guid.Empty)));
    }

    private static async Task AnswerAsync(HttpContext context, string permission, Func<Actor, Task<ExportAsked>> ask)
    {
        var services = context.RequestServices;
        var desk = services.GetRequiredService<ExportDesk>();
        var actor = await services.GetRequiredService<CurrentActor>().MustAsync(permission);
        var asked = await ask(actor);
        if (await desk.CountAsync(asked, context.RequestAborted) > ExportDesk.AtOnce)
        {
            StatusPages.Answer(context, TooLong);
            return;
        }

        Announce(context, desk.Table(asked.Kind), asked.Format, services.GetRequiredService<TimeProvider>().GetUtcNow());
        await desk.WriteAsync(asked, actor, context.Response.Body, context.RequestAborted);
    }

    private static async Task FetchAsync(HttpContext context, long id, ExportStore exports, ExportDesk desk, CurrentActor current)
    {
        var actor = await current.MustAsync(Permissions.ShellOpen);
        if (await exports.FindAsync(id, actor.Id ?? Guid.Empty, context.RequestAborted) is not { } export)
        {
            StatusPages.Answer(context, Problem.NotFound);
            return;
        }

        await current.MustAsync(ExportWords.PermissionOf(export.Kind));
        if (!export.IsReady)
        {
            StatusPages.Answer(context, export.State == "expired" ? Gone : NotReady);
            return;
        }

        Announce(context, desk.Table(export.Kind), export.Format, export.AskedAt);
        context.Response.ContentLength = export.Size;
        await desk.FetchAsync(export, actor, context.Response.Body, context.RequestAborted);
    }

    private static void Announce(HttpContext context, IExport table, ExportFormat format, DateTimeOffset at)
    {
        context.Response.ContentType = ExportWords.ContentType(format);
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{ExportWords.FileName(table.File, at, format)}\"";
        context.Response.Headers.CacheControl = "no-store";
    }
}
