using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>What an open page's events meet on their way in. The browser's receipts of what was rendered are such events: a page that misses ten of them is never rendered again.</summary>
public sealed class OpenPageTests
{
    [Promise(21)]
    [Fact]
    public async Task The_first_event_after_the_end_of_the_session_reaches_nothing_and_turns_the_page_to_the_sign_in()
    {
        await using var world = await OpenAsync();
        Assert.True(await world.ArrivesAsync());

        await world.Tower.Services.GetRequiredService<AccountStore>().DisableAsync(world.Person.Id, "left", Actor.Tower("test"));
        world.Clock.Advance(SessionGate.Remembered);
        Assert.False(await world.ArrivesAsync());
        Assert.False((await world.Live.GetAuthenticationStateAsync()).User.Identity!.IsAuthenticated);
        Assert.True(await world.ArrivesAsync()); // The receipts of the page that says good-bye.
    }

    [Fact]
    public async Task While_the_database_cannot_say_the_page_goes_on_and_nobody_acts()
    {
        await using var world = await OpenAsync();
        await world.Tower.Database.ExecuteAsync("alter table account_session rename to away");
        world.Clock.Advance(SessionGate.Remembered);

        Assert.True(await world.ArrivesAsync());
        Assert.True((await world.Live.GetAuthenticationStateAsync()).User.Identity!.IsAuthenticated);
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => world.Scope.GetRequiredService<CurrentActor>().MustAsync(Permissions.OrdersRead));
    }

    [Fact]
    public async Task Events_go_on_in_the_order_in_which_they_came_though_the_first_waits_for_the_database()
    {
        await using var world = await OpenAsync();
        await using var connection = await world.Tower.Database.Sources.Work.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("select from account_session for update", connection, transaction))
            await hold.ExecuteNonQueryAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(2)); // The first one writes that the person was there, the second has nothing to ask.
        var gone = new List<string>();

        var typed = world.ArriveAsync(() => gone.Add("typed"));
        var clicked = world.ArriveAsync(() => gone.Add("clicked"));
        Assert.False(clicked.IsCompleted);
        Assert.Empty(gone);
        await transaction.RollbackAsync();
        await Task.WhenAll(typed, clicked);

        Assert.Equal(["typed", "clicked"], gone);
    }

    [Fact]
    public async Task A_database_that_is_silent_does_not_keep_the_page_waiting()
    {
        await using var world = await OpenAsync();
        await using var connection = await world.Tower.Database.Sources.Work.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("lock table account_session in access exclusive mode", connection, transaction))
            await hold.ExecuteNonQueryAsync();
        world.Clock.Advance(SessionGate.Remembered);

        var typed = world.ArrivesAsync();
        while (!typed.IsCompleted)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.True(await typed);
        Assert.True(await world.ArrivesAsync());
        await transaction.RollbackAsync();
    }

    [Fact]
    public async Task An_event_that_waits_for_the_browser_lets_the_answer_in()
    {
        await using var world = await OpenAsync();
        var answer = new TaskCompletionSource();

        var asks = world.Event(_ => answer.Task)(null!);
        await world.ArriveAsync(answer.SetResult);

        await asks;
    }

    private static async Task<OpenPage> OpenAsync()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var person = await tower.PersonAsync(Roles.Operations);
        var session = await tower.SessionAsync(person.Id, "127.0.0.1");
        var signedIn = await tower.Services.GetRequiredService<SessionGate>().WhoAsync(session);
        var scope = tower.Services.CreateAsyncScope();
        var live = scope.ServiceProvider.GetRequiredService<LiveSession>();
        live.SetAuthenticationState(Task.FromResult(new AuthenticationState(signedIn!.Principal(session))));
        return new OpenPage(tower, clock, person, scope, live);
    }

    private sealed record OpenPage(TestTower Tower, FakeTimeProvider Clock, Account Person, AsyncServiceScope Opened, LiveSession Live) : IAsyncDisposable
    {
        public IServiceProvider Scope => Opened.ServiceProvider;

        /// <summary>An event of the page; true if it got through.</summary>
        public async Task<bool> ArrivesAsync()
        {
            var arrived = false;
            await ArriveAsync(() => arrived = true);
            return arrived;
        }

        public Task ArriveAsync(Action act) => Event(_ =>
        {
            act();
            return Task.CompletedTask;
        })(null!);

        public Func<CircuitInboundActivityContext, Task> Event(Func<CircuitInboundActivityContext, Task> act) => Scope.GetServices<CircuitHandler>().OfType<CircuitActivity>().Single().CreateInboundActivityHandler(act);

        public async ValueTask DisposeAsync()
        {
            await Opened.DisposeAsync();
            await Tower.DisposeAsync();
        }
    }
}
