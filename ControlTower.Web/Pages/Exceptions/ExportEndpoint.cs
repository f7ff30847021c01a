using System.Text;
using ControlTower.Data.Flows;
using ControlTower.Sync.Exports;
using ControlTower.Web.Auth;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>The cases of the desk's address as a file.</summary>
internal static class ExportEndpoint
{
    public const string Path = "/exceptions/export.csv";

    public static void MapCaseExport(this IEndpointRouteBuilder routes) => routes.MapGet(Path, ExportAsync).RequireAuthorization(Permissions.ExceptionsRead);

    private static async Task ExportAsync(HttpContext context, CaseExport export, CurrentActor current, IOptions<StageLimits> limits, TimeProvider clock)
    {
        var actor = await current.MustAsync(Permissions.ExceptionsRead);
        var address = context.Request.QueryString.Value ?? "";
        var query = ExceptionsQuery.Parse(address);
        var filter = query.Filter(new DeskReader(actor.Id ?? Guid.Empty, clock.GetUtcNow(), limits.Value)) with { Fingerprint = query.Cause };
        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"exceptions-{clock.GetUtcNow():yyyyMMdd-HHmm}.csv\"";
        context.Response.Headers.CacheControl = "no-store";
        // Spreadsheets take a file without the mark for their own old code page.
        await using var writer = new StreamWriter(context.Response.Body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), 32 * 1024, leaveOpen: true);
        await export.WriteAsync(filter, query.Href(), actor, (line, cancel) => writer.WriteAsync(line.AsMemory(), cancel), context.RequestAborted);
    }
}
