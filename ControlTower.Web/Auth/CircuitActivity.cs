using System.Security.Claims;
using ControlTower.Data.Db;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;

namespace ControlTower.Web.Auth;

/// <summary>
/// Every event of a live page counts as activity and is checked against the session: a click on a page that was open before the sign-out
/// reaches no handler.
/// </summary>
internal sealed class CircuitActivity(AuthenticationStateProvider state, SessionGate gate) : CircuitHandler
{
    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => async context =>
    {
        var user = (await state.GetAuthenticationStateAsync()).User;
        if (user.FindFirstValue(SignedIn.SessionClaim) is { } session)
        {
            if (!await MayActAsync(session))
                return; // LiveSession turns the page to the sign-in within seconds.
        }

        await next(context);
    };

    private async Task<bool> MayActAsync(string session)
    {
        try
        {
            if (await gate.WhoAsync(session) is null)
                return false;
            await gate.TouchAsync(session);
            return true;
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            return false; // Nobody acts on an old answer; the page says that it has lost its feed.
        }
    }
}
