using System.Text;
using ControlTower.Data.PosImports;
using ControlTower.Sync.PosImports;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using ControlTower.Web.Hosting;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.PosImports;

/// <summary>The row report of a till's file, to take along.</summary>
internal static class ImportEndpoints
{
    public static void MapImports(this IEndpointRouteBuilder routes) =>
        routes.MapGet(Links.Imports + "/{id:long}/report.csv", ReportAsync).RequireAuthorization(Permissions.ImportsRead);

    private static async Task ReportAsync(HttpContext context, long id, PosFileStore files, PosImportReport report)
    {
        if (await files.FindAsync(id, context.RequestAborted) is not { } file)
        {
            StatusPages.Answer(context, Problem.NotFound);
            return;
        }

        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{file.Number}-report.csv\"";
        context.Response.Headers.CacheControl = "no-store";
        // Spreadsheets take a file without the mark for their own old code page.
        await using var writer = new StreamWriter(context.Response.Body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), 16 * 1024, leaveOpen: true);
        await report.WriteAsync(file, writer, context.RequestAborted);
    }
}
