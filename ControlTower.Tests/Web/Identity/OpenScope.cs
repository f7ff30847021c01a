using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Pages.Admin;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.Extensions.DependencyInjection;

namespace ControlTower.Tests.Web.Identity;

/// <summary>What an open page of a session acts with.</summary>
internal sealed class OpenScope : IAsyncDisposable
{
    private readonly AsyncServiceScope scope;

    private OpenScope(AsyncServiceScope scope) => this.scope = scope;

    public CurrentActor Actor => scope.ServiceProvider.GetRequiredService<CurrentActor>();

    public AdminModel Admin => scope.ServiceProvider.GetRequiredService<AdminModel>();

    public static async Task<OpenScope> OfAsync(TestTower tower, string session)
    {
        var person = await tower.Services.GetRequiredService<SessionGate>().WhoAsync(session);
        var scope = tower.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<LiveSession>().SetAuthenticationState(Task.FromResult(new AuthenticationState(person!.Principal(session))));
        return new OpenScope(scope);
    }

    /// <summary>An event of the page; true if it got through.</summary>
    public async Task<bool> ArrivesAsync()
    {
        var arrived = false;
        await scope.ServiceProvider.GetServices<CircuitHandler>().OfType<CircuitActivity>().Single().CreateInboundActivityHandler(_ =>
        {
            arrived = true;
            return Task.CompletedTask;
        })(null!);
        return arrived;
    }

    public ValueTask DisposeAsync() => scope.DisposeAsync();
}
