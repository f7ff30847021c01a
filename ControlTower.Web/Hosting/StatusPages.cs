using ControlTower.Data.Db;
using ControlTower.Web.Api;
using Microsoft.AspNetCore.Diagnostics;

namespace ControlTower.Web.Hosting;

/// <summary>Every error answer has a body that its reader understands: a page for people, problem+json for programs.</summary>
internal static class StatusPages
{
    private static readonly Problem Stopping = Problem.Unavailable with { Detail = "The tower stops just now. Nothing is known to be stored. Send it again." };

    public static void UseStatusPages(this WebApplication app)
    {
        app.UseWhen(Wants.Page, branch => branch.UseStatusCodePagesWithReExecute("/status/{0}", createScopeForStatusCodePages: true).Use(ReadAsync));
        app.UseWhen(context => !Wants.Page(context), branch => branch.UseStatusCodePages(context => Problems.WriteAsync(context.HttpContext, Of(context.HttpContext))));
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = context => HandleAsync(context, app.Lifetime),
            SuppressDiagnosticsCallback = context => context.Exception is OperationCanceledException or BadHttpRequestException,
        });
    }

    /// <summary>Ends the request with this problem: as a page or as problem+json, whichever its reader understands.</summary>
    public static void Answer(HttpContext context, Problem problem)
    {
        context.Features.Set(problem);
        context.Response.StatusCode = problem.Status;
    }

    /// <summary>What this request was refused with; else the general problem of its status.</summary>
    public static Problem Of(HttpContext context) =>
        context.Features.Get<Problem>() is { } problem && problem.Status == context.Response.StatusCode ? problem : Problem.Of(context.Response.StatusCode);

    // The page that says what went wrong is read, whatever was sent: by its own method it would be refused again, with nothing to show.
    private static async Task ReadAsync(HttpContext context, RequestDelegate next)
    {
        var method = context.Request.Method;
        if (context.Features.Get<IStatusCodeReExecuteFeature>() is null || HttpMethods.IsGet(method))
        {
            await next(context);
            return;
        }

        (context.Request.Method, var found) = (HttpMethods.Get, context.GetEndpoint());
        context.SetEndpoint(null);
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Method = method;
            context.SetEndpoint(found);
        }
    }

    private static Task HandleAsync(HttpContext context, IHostApplicationLifetime lifetime)
    {
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        if (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return Task.CompletedTask;
        }

        var problem = ProblemOf(error, lifetime.ApplicationStopping.IsCancellationRequested);
        if (!Wants.Page(context))
            return Problems.WriteAsync(context, problem);
        context.Response.StatusCode = problem.Status; // The page follows from the status.
        return Task.CompletedTask;
    }

    internal static Problem ProblemOf(Exception? error, bool stopping) => error switch
    {
        // What is cut off or gone while the tower stops is no fault: another node, or this one in a moment, takes it.
        OperationCanceledException or ObjectDisposedException when stopping => Stopping,
        BadHttpRequestException bad => Problem.Of(bad.StatusCode),
        UnauthorizedAccessException => Problem.NotAllowed,
        // Fail closed and say so: without the database nobody is let in and nothing is stored.
        not null when DatabaseTrouble.Is(error) && DatabaseTrouble.IsOfTheWay(error) => Problem.Unavailable,
        _ => Problem.Broken,
    };
}
