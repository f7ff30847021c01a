using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Sync.Promotions;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>Somebody sets the clock of the machine that the tower runs on: releases are agreed to, begin and end by the database's.</summary>
public sealed class ReleaseClockTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [Promise(25)]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_release_begins_and_ends_at_its_hour_whatever_the_clock_of_the_process_says(int hours)
    {
        await using var world = await CreateAsync(clock: new SetClock(TimeSpan.FromHours(hours)));
        await world.ListAsync(100m, "A", "B", "C");
        var (coming, begun, over) = (await PlannedAsync(world, "A", 30, 600), await PlannedAsync(world, "B", -30, 600), await PlannedAsync(world, "C", -90, 30));
        await TurnsAsync(world.Engine.Get<PromotionPump>());
        Assert.Equal(("scheduled", "releasing", "releasing"), (await world.StateAsync(coming), await world.StateAsync(begun), await world.StateAsync(over)));

        await world.Database.ExecuteAsync($"update promotion set ends_at = now() - interval '1 second' where id = {over}; update promotion_cell set ends_at = now() - interval '1 second' where promotion_id = {over}");
        await TurnsAsync(world.Engine.Get<PromotionPump>());
        Assert.Equal(("scheduled", "releasing", "ended"), (await world.StateAsync(coming), await world.StateAsync(begun), await world.StateAsync(over)));
    }

    [Fact]
    [Promise(25)]
    public async Task What_ends_within_the_hour_is_agreed_to_though_the_process_believes_that_it_has_passed()
    {
        await using var world = await CreateAsync(clock: new SetClock(TimeSpan.FromHours(1)));
        await world.ListAsync(100m, "A");
        var id = await PlannedAsync(world, "A", -30, 30);
        Assert.Equal("scheduled", await world.StateAsync(id));
    }

    [Fact]
    [Sabotage(25)]
    public async Task P25_sabotage_releases_are_judged_by_the_clock_of_the_process()
    {
        var fast = new SetClock(TimeSpan.FromHours(1));
        await using var world = await CreateAsync(clock: fast);
        await world.ListAsync(100m, "A");
        var coming = await PlannedAsync(world, "A", 30, 600);
        await TurnsAsync(new PromotionPump(
            world.Database.Sources, world.Engine.Get<ReleaseGuards>(), world.Engine.Get<AuditLog>(), world.Engine.Get<Doorbell>(), world.Engine.Get<ChangeNotifier>(), fast, NullLogger<PromotionPump>.Instance,
            new ReleaseClock(fast.GetUtcNow)));
        Assert.NotEqual("scheduled", await world.StateAsync(coming));
    }

    /// <summary>One price at the site, from so many minutes after now until so many, by the database's clock.</summary>
    private static async Task<long> PlannedAsync(PromotionWorld world, string sku, int starts, int ends)
    {
        var now = new DateTimeOffset(await world.Database.ScalarAsync<DateTime>("select now()"), TimeSpan.Zero);
        DateTime Wall(int minutes) => TimeZoneInfo.ConvertTime(now.AddMinutes(minutes), Berlin).DateTime;
        return await world.ApprovedAsync(Plan(sku) with { Name = $"Of {sku}", Connections = [Site], Stores = [], Stages = [new PromotionStage("All", [], [])], Starts = Wall(starts), Ends = Wall(ends) });
    }

    private static async Task TurnsAsync(PromotionPump pump)
    {
        for (var turn = 0; turn < 4; turn++)
        {
            await pump.RunOnceAsync(default);
        }
    }

    private sealed class SetClock(TimeSpan skew) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + skew;
    }
}
