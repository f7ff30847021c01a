using ControlTower.Web.Api;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace ControlTower.Web.Hosting;

/// <summary>Every error answer has a body that its reader understands: a page for people, problem+json for programs.</summary>
internal static class StatusPages
{
    public static void UseStatusPages(this WebApplication app)
    {
        app.UseWhen(Wants.Page, branch => branch.UseStatusCodePagesWithReExecute("/status/{0}", createScopeForStatusCodePages: true));
        app.UseWhen(context => !Wants.Page(context), branch => branch.UseStatusCodePages(
            context => Problems.WriteAsync(context.HttpContext, Problem.Of(context.HttpContext.Response.StatusCode))));
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = HandleAsync,
            SuppressDiagnosticsCallback = context => context.Exception is OperationCanceledException or BadHttpRequestException,
        });
    }

    private static Task HandleAsync(HttpContext context)
    {
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        if (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return Task.CompletedTask;
        }

        var problem = error switch
        {
            BadHttpRequestException bad => Problem.Of(bad.StatusCode),
            UnauthorizedAccessException => Problem.NotAllowed,
            // Fail closed and say so: without the database nobody is let in and nothing is stored.
            NpgsqlException or TimeoutException => Problem.Unavailable,
            _ => Problem.Broken,
        };
        if (!Wants.Page(context))
            return Problems.WriteAsync(context, problem);
        context.Response.StatusCode = problem.Status; // The page follows from the status.
        return Task.CompletedTask;
    }
}
