using System.Security.Claims;
using ControlTower.Data.Db;
using Microsoft.AspNetCore.SignalR;

namespace ControlTower.Web.Auth;

/// <summary>
/// Checks the session at every hub call, and every 3 s of a connection: whoever was signed out or disabled hears nothing more. Add it to each
/// hub's options.
/// </summary>
public sealed class HubGate(SessionGate gate, TimeProvider clock) : IHubFilter
{
    private static readonly object Watch = new();

    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next) =>
        await IsOpenAsync(invocationContext.Context) ? await next(invocationContext) : throw new HubException("sign-in-needed: The session is over. Sign in again.");

    public Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        var connection = context.Context;
        connection.Items[Watch] = clock.CreateTimer(_ => _ = CutAsync(connection), null, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3));
        return next(context);
    }

    public Task OnDisconnectedAsync(HubLifetimeContext context, Exception? exception, Func<HubLifetimeContext, Exception?, Task> next)
    {
        if (context.Context.Items.Remove(Watch, out var timer))
            (timer as IDisposable)?.Dispose();
        return next(context, exception);
    }

    private async Task CutAsync(HubCallerContext connection)
    {
        if (!await IsOpenAsync(connection))
            connection.Abort();
    }

    // A connection without one of our sessions came in by another policy (a board's token), which has its own end.
    private async Task<bool> IsOpenAsync(HubCallerContext connection)
    {
        try
        {
            return connection.User?.FindFirstValue(SignedIn.SessionClaim) is not { } session || await gate.WhoAsync(session, connection.ConnectionAborted) is not null;
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            return false;
        }
    }
}
