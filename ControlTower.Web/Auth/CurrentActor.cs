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
    private HttpContext? Request => http.HttpContext is { WebSockets.IsWebSocketRequest: false } context ? context : null;

    /// <summary>The person, if they are signed in at this moment and hold the permission.</summary>
    /// <exception cref="ProofNeededException">They do, but showed who they are too long ago for this: <see cref="RecentSignIn"/>. Nothing was done.</exception>
    /// <exception cref="UnauthorizedAccessException">They are not, or do not. Nothing was done.</exception>
    public async Task<Actor> MustAsync(string permission)
    {
        var (actor, session) = await HolderAsync(permission);
        if (RecentSignIn.IsNeededFor(permission))
        {
            // Read anew: they may have shown it a moment ago, or have been signed out, at another node.
            var now = await gate.NowAsync(session, Request?.RequestAborted ?? default) ?? throw Lacks(permission);
            if (now.ProvenAt <= clock.GetUtcNow() - RecentSignIn.Lasts)
                throw new ProofNeededException();
        }

        return actor;
    }

    /// <summary>Nothing, if they may look at what the permission opens. Looking asks for no proof: <see cref="RecentSignIn"/> is about acts.</summary>
    /// <exception cref="UnauthorizedAccessException">They are not signed in at this moment, or do not hold it.</exception>
    public Task MustSeeAsync(string permission) => HolderAsync(permission);

    private async Task<(Actor Actor, string Session)> HolderAsync(string permission)
    {
        var request = Request;
        var user = request?.User ?? (await services.GetRequiredService<AuthenticationStateProvider>().GetAuthenticationStateAsync()).User;
        var session = user.FindFirst(SignedIn.SessionClaim)?.Value;
        var person = session is null ? null : await gate.WhoAsync(session, request?.RequestAborted ?? default);
        var address = http.HttpContext is { } any ? Addresses.Of(any) : null;
        if (person?.May(permission) == true)
            return (person.Actor(address), session!);
        if (person is not null)
            await denials.TellAsync(person.Actor(address), permission, request is null ? Doors.Act : Doors.Of(request));
        throw Lacks(permission);
    }

    private static UnauthorizedAccessException Lacks(string permission) => new($"You need {permission} for this.");
}
