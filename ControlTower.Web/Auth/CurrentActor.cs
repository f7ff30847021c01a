using ControlTower.Data.Audit;
using ControlTower.Web.Hosting;
using Microsoft.AspNetCore.Components.Authorization;

namespace ControlTower.Web.Auth;

/// <summary>
/// Who acts, for the audit and for the check before each write. Works in a request and in a circuit; asks again each time, because a hidden
/// button is no guard: events arrive for it all the same.
/// </summary>
public sealed class CurrentActor(IHttpContextAccessor http, IServiceProvider services, SessionGate gate, Denials denials, TimeProvider clock)
{
    /// <summary>The person, if they are signed in at this moment and hold the permission.</summary>
    /// <exception cref="ProofNeededException">They do, but showed who they are too long ago for this: <see cref="RecentSignIn"/>. Nothing was done.</exception>
    /// <exception cref="UnauthorizedAccessException">They are not, or do not. Nothing was done.</exception>
    public async Task<Actor> MustAsync(string permission)
    {
        var request = http.HttpContext is { WebSockets.IsWebSocketRequest: false } context ? context : null;
        var user = request?.User ?? (await services.GetRequiredService<AuthenticationStateProvider>().GetAuthenticationStateAsync()).User;
        var session = user.FindFirst(SignedIn.SessionClaim)?.Value;
        var person = session is null ? null : await gate.WhoAsync(session, request?.RequestAborted ?? default);
        var address = http.HttpContext is { } any ? Addresses.Of(any) : null;
        if (person?.May(permission) == true)
        {
            // Read anew: they may have shown it a moment ago, at another node.
            if (RecentSignIn.IsNeededFor(permission) && (await gate.NowAsync(session!, request?.RequestAborted ?? default))?.ProvenAt <= clock.GetUtcNow() - RecentSignIn.Lasts)
                throw new ProofNeededException();
            return person.Actor(address);
        }

        if (person is not null)
            await denials.TellAsync(person.Actor(address), permission, request is null ? Doors.Act : Doors.Of(request));
        throw new UnauthorizedAccessException($"You need {permission} for this.");
    }
}
