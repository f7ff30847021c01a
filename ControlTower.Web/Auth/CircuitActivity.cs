using System.Security.Claims;
using ControlTower.Data.Db;
using Microsoft.AspNetCore.Components.Server.Circuits;

namespace ControlTower.Web.Auth;

/// <summary>
/// Every event of a live page counts as activity and is checked against the session: a click on a page that was open before the sign-out
/// reaches no handler, and the page turns to the sign-in at once.
/// </summary>
/// <remarks>
/// The browser's receipts for what was rendered come this way, too, and a page with ten of them missing is never rendered again. So a page whose events are kept back has to lose its
/// person as well, and a database that cannot say keeps nothing back: every act asks <see cref="CurrentActor"/>, which needs the database's word.
/// </remarks>
internal sealed class CircuitActivity(LiveSession live, SessionGate gate) : CircuitHandler
{
    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => async context =>
    {
        var user = (await live.GetAuthenticationStateAsync()).User;
        if (user.FindFirstValue(SignedIn.SessionClaim) is { } session && !await IsOpenAsync(session))
        {
            live.End();
            return;
        }

        await next(context);
    };

    private async Task<bool> IsOpenAsync(string session)
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
            return true;
        }
    }
}
