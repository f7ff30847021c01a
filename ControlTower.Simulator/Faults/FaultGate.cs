using System.Globalization;
using System.Text;

namespace ControlTower.Simulator.Faults;

/// <summary>
/// Stands before a system's endpoints and lets its faults happen on the wire: real resets, real silence, real broken bodies.
/// The body is read before anything else, so that a late commit still has it after the client went away.
/// </summary>
public sealed class FaultGate(EstateOptions options, CancellationToken stopping)
{
    private static readonly string[] Outages = [FaultKinds.Down, FaultKinds.Unavailable];

    public async Task RunAsync(HttpContext context, FaultBoard board, bool tokenRequest, Func<Task> next)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        body.Position = 0;
        context.Request.Body = body;
        var write = !tokenRequest && IsWrite(context, body);
        var path = $"{context.Request.Path.Value}{Uri.UnescapeDataString(context.Request.QueryString.Value ?? "")}";
        if (board.Take(write, path, FaultKinds.Slow) is { } slow) await Task.Delay(TimeSpan.FromSeconds(slow.Seconds), options.Clock, context.RequestAborted);
        var fault = tokenRequest
            ? board.Take(write, path, Outages)
            : board.Take(write, path, FaultKinds.Down, FaultKinds.Unavailable, FaultKinds.Throttle, FaultKinds.ErrorBefore, FaultKinds.LostAnswer,
                FaultKinds.LateCommit, FaultKinds.Html, FaultKinds.WrongJson, FaultKinds.CutJson, FaultKinds.Accepted);
        await (fault?.Kind switch
        {
            null => next(),
            FaultKinds.Down => HardClose(context),
            FaultKinds.Unavailable => Wait(context, fault, 503, ""),
            FaultKinds.Throttle when IsTill(context) => Wait(context, fault, 429, "{\"errors\":[{\"category\":\"RATE_LIMIT_ERROR\",\"code\":\"RATE_LIMITED\",\"detail\":\"Too many requests.\"}]}"),
            FaultKinds.ErrorBefore when IsTill(context) => Answer(context, 500, "application/json", "{\"errors\":[{\"category\":\"API_ERROR\",\"code\":\"INTERNAL_SERVER_ERROR\",\"detail\":\"An internal error has occurred.\"}]}"),
            FaultKinds.Throttle when IsCards(context) => Wait(context, fault, 429, "{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"rate_limit\",\"message\":\"Too many requests in a period of time.\"}}"),
            FaultKinds.ErrorBefore when IsCards(context) => Answer(context, 500, "application/json", "{\"error\":{\"type\":\"api_error\",\"message\":\"An unknown error occurred.\"}}"),
            FaultKinds.Throttle => Wait(context, fault, 429, IsShop(context) ? "{\"errors\":\"Exceeded 2 calls per second for api client.\"}" : "{\"error\":{\"code\":\"Application_TooManyRequests\",\"message\":\"Too many requests reached. Retry later.\"}}"),
            FaultKinds.ErrorBefore => Answer(context, 500, "application/json", IsShop(context) ? "{\"errors\":\"Internal Server Error\"}" : "{\"error\":{\"code\":\"Internal_ServerError\",\"message\":\"An internal server error occurred.\"}}"),
            FaultKinds.LostAnswer => LoseAnswer(context, next),
            FaultKinds.LateCommit => CommitLate(context, fault, next),
            _ => Spoil(context, fault, next),
        });
    }

    /// <summary>Resets the connection: the peer sees "connection reset", never an orderly end.</summary>
    public static Task HardClose(HttpContext context)
    {
        var socket = context.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionSocketFeature>()?.Socket;
        if (socket is not null) socket.LingerState = new System.Net.Sockets.LingerOption(true, 0);
        context.Abort();
        return Task.CompletedTask;
    }

    private static bool IsShop(HttpContext context) => context.Request.Path.StartsWithSegments("/shopify", StringComparison.Ordinal);

    private static bool IsCards(HttpContext context) => context.Request.Path.StartsWithSegments("/stripe", StringComparison.Ordinal);

    private static bool IsTill(HttpContext context) => context.Request.Path.StartsWithSegments("/square", StringComparison.Ordinal);

    private static bool IsWrite(HttpContext context, MemoryStream body)
    {
        // The tills' API asks by POST, too.
        if (IsTill(context) && context.Request.Path.Value is { } path && (path.EndsWith("/search", StringComparison.Ordinal) || path.EndsWith("/batch-retrieve", StringComparison.Ordinal))) return false;
        if (!context.Request.Path.Value!.EndsWith("/graphql.json", StringComparison.Ordinal)) return !HttpMethods.IsGet(context.Request.Method);
        return Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length).Contains("mutation", StringComparison.Ordinal);
    }

    private async Task LoseAnswer(HttpContext context, Func<Task> next)
    {
        var (status, answer) = await Capture(context, next);
        // A request that was refused has no answer worth losing: the client must see why.
        if (status < 400) await HardClose(context);
        else await answer.CopyToAsync(context.Response.Body, stopping);
    }

    private async Task CommitLate(HttpContext context, Fault fault, Func<Task> next)
    {
        context.RequestAborted = stopping;
        await Task.Delay(TimeSpan.FromSeconds(fault.Seconds), options.Clock, stopping);
        await Capture(context, next);
        await HardClose(context);
    }

    private async Task Spoil(HttpContext context, Fault fault, Func<Task> next)
    {
        var whole = new MemoryStream();
        if (fault.TakesEffect) (_, whole) = await Capture(context, next);
        context.Response.Headers.ContentLength = null;
        if (fault.Kind == FaultKinds.Accepted)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        var text = fault.Kind switch
        {
            FaultKinds.Html => "<!DOCTYPE html><html><head><title>Be right back</title></head><body><h1>We are making things better</h1></body></html>",
            FaultKinds.WrongJson => "{\"unexpected\":{\"shape\":[1,2,3]},\"value\":\"not what was asked\"}",
            _ => Encoding.UTF8.GetString(whole.GetBuffer(), 0, (int)Math.Max(1, whole.Length / 2)),
        };
        await Answer(context, 200, fault.Kind == FaultKinds.Html ? "text/html; charset=utf-8" : "application/json; charset=utf-8", text);
    }

    private static async Task<(int Status, MemoryStream Body)> Capture(HttpContext context, Func<Task> next)
    {
        var real = context.Response.Body;
        var held = new MemoryStream();
        context.Response.Body = held;
        try
        {
            await next();
        }
        finally
        {
            context.Response.Body = real;
        }

        held.Position = 0;
        return (context.Response.StatusCode, held);
    }

    private Task Wait(HttpContext context, Fault fault, int status, string body)
    {
        var seconds = (int)Math.Ceiling(Math.Max(1, fault.Seconds));
        context.Response.Headers.RetryAfter = fault.RetryAfterDate
            ? options.Clock.GetUtcNow().AddSeconds(seconds).ToString("R", CultureInfo.InvariantCulture)
            : seconds.ToString(CultureInfo.InvariantCulture);
        return Answer(context, status, "application/json", body);
    }

    private static Task Answer(HttpContext context, int status, string type, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(body, context.RequestAborted);
    }
}
