using System.Security.Claims;
using ControlTower.Data.Db;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace ControlTower.Web.Auth;

/// <summary>
/// The authentication state of a circuit, asked again every 3 s: a session that ended, a disabled person, a changed role or a wallboard's token that was withdrawn reaches an open page
/// without any click. The framework's own answer stays as it was at the start of the circuit. While the database cannot say, the page stays as it is: without it nothing can be read or done.
/// </summary>
internal sealed class LiveSession(ILoggerFactory loggers, SessionGate gate, WallGate walls) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(3);

    /// <summary>Nobody is signed in here any more: the page turns to the sign-in.</summary>
    public void End() => SetAuthenticationState(Task.FromResult(new AuthenticationState(new ClaimsPrincipal(new ClaimsIdentity()))));

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        var user = authenticationState.User;
        try
        {
            if (user.FindFirstValue(SignedIn.SessionClaim) is not { } session)
                return SignedIn.From(user) is null && (WallScreen.HashIn(user) is not { } hash || await walls.WhoAsync(hash, null, cancellationToken) is not null);
            var person = await gate.WhoAsync(session, cancellationToken);
            // Ended meanwhile, it stays ended.
            if (person is not null && person != SignedIn.From(user) && (await GetAuthenticationStateAsync()).User == user)
                SetAuthenticationState(Task.FromResult(new AuthenticationState(person.Principal(session))));
            return person is not null;
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            return true;
        }
    }
}
