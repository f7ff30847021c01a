using ControlTower.Data.Db;
using ControlTower.Data.Operations;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Start;

/// <summary>Where somebody lands who signed in: at home, or, who may connect systems to a tower to which no order has come, at the first-run setup.</summary>
public sealed class HomeDoor(StartQueries start)
{
    public async Task<string> OfAsync(SignedIn person, CancellationToken cancel)
    {
        try
        {
            return person.May(Permissions.ConnectionsConfigure) && !await start.AnyOrderAsync(cancel) ? Links.Start : Screens.HomeOf(person);
        }
        catch (Exception silent) when (DatabaseTrouble.Is(silent))
        {
            return Screens.HomeOf(person); // It says what it cannot read.
        }
    }
}
