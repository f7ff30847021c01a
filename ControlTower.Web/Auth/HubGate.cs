using System.Globalization;
using System.Security.Claims;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Db;
using Microsoft.AspNetCore.SignalR;

namespace ControlTower.Web.Auth;

/// <summary>
/// Checks the session or the key at every hub call, and every 3 s of a connection: whoever was signed out or disabled, got another role, or whose key was revoked or lost a scope, hears nothing more. Add it to each
/// hub's options.
/// </summary>
internal sealed class HubGate(SessionGate gate, ApiKeyGate keys, TimeProvider clock) : IHubFilter
{
    private static readonly object Watch = new();

    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next) =>
        await IsOpenAsync(invocationContext.Context) ? await next(invocationContext) : throw new HubException("sign-in-needed: session: It is over, or the key is no longer good. Connect again with one that is.");

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

    private bool IsOver(ClaimsPrincipal user) => long.TryParse(user.FindFirstValue(ApiKeyScheme.UntilClaim), CultureInfo.InvariantCulture, out var until) && clock.GetUtcNow().ToUnixTimeSeconds() >= until;

    // The same client with all that it came with: who lost a scope comes back with what is left.
    private static bool IsStill(ClaimsPrincipal user, ApiCaller caller) =>
        user.HasClaim(ApiKeyScheme.ClientClaim, caller.Id.ToString()) && user.FindAll(ApiKeyScheme.ScopeClaim).All(scope => caller.Scopes.Contains(scope.Value, StringComparer.Ordinal));

    // Another role is another person: who comes back is asked anew what they may follow.
    private async Task<bool> IsOpenAsync(HubCallerContext connection)
    {
        try
        {
            var user = connection.User;
            if (user?.FindFirstValue(ApiKeyScheme.HashClaim) is { } key)
                return !IsOver(user) && await keys.WhoseAsync(key, connection.ConnectionAborted) is { } caller && IsStill(user, caller);
            return user?.FindFirstValue(SignedIn.SessionClaim) is { } session && await gate.WhoAsync(session, connection.ConnectionAborted) is { } person && person == SignedIn.From(user);
        }
        catch (Exception error) when (DatabaseTrouble.Is(error) || error is OperationCanceledException)
        {
            return false;
        }
    }
}
