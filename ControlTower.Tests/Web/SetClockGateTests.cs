using ControlTower.Data.Accounts;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Data.Wall;
using ControlTower.Tests.Simulation;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>Somebody sets the clock of the machine while the tower remembers who may come in.</summary>
public sealed class SetClockGateTests
{
    private static readonly Actor Tester = Actor.Tower("test");

    [Promise(21)]
    [Promise(25)]
    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_person_a_screen_and_a_program_that_are_put_out_stay_out(int hours)
    {
        var clock = new SimClock(TimeProvider.System.GetUtcNow());
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var person = await tower.PersonAsync(Roles.Operations);
        var session = await tower.SessionAsync(person.Id, "127.0.0.1");
        var tokens = tower.Services.GetRequiredService<WallTokenStore>();
        var token = WallGate.HashOf((await tokens.MakeAsync(Guid.NewGuid(), "Lobby", null, Tester, default)).Token!);
        var (clients, client) = (tower.Services.GetRequiredService<ApiClientStore>(), Guid.NewGuid());
        var key = (await clients.AddAsync(client, "shop", [Scopes.AvailabilityRead], [], TimeSpan.FromDays(1), Tester, default)).Key!;
        var (people, screens, programs) = (tower.Services.GetRequiredService<SessionGate>(), tower.Services.GetRequiredService<WallGate>(), tower.Services.GetRequiredService<ApiKeyGate>());
        async Task<(bool, bool, bool)> InsideAsync() => (await people.WhoAsync(session) is not null, await screens.WhoAsync(token, null, default) is not null, await programs.WhoAsync(key, default) is not null);
        Assert.Equal((true, true, true), await InsideAsync());

        clock.Skew = TimeSpan.FromHours(hours);
        await tower.Services.GetRequiredService<AccountStore>().DisableAsync(person.Id, "left", Tester);
        await tokens.WithdrawAsync((await tokens.ListAsync(default))[0].Id, Tester, default);
        await clients.EnableAsync(client, enabled: false, "no longer ours", Tester, default);
        clock.Advance(SessionGate.Remembered);

        Assert.Equal((false, false, false), await InsideAsync());
    }
}
