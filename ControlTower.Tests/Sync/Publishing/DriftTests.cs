using ControlTower.Data.Inventory;
using ControlTower.Sync.Publishing;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Publishing;

/// <summary>What a channel shows is compared with what it should; drift is found, shown, kept a distance from and repaired.</summary>
public sealed class DriftTests
{
    [Fact]
    public async Task A_level_edited_behind_the_towers_back_is_found_shown_and_set_right_when_a_person_wants_it()
    {
        await using var world = await PublishingWorld.CreateAsync();
        world.Level = 26;
        await world.CheckAsync();
        var cell = await world.CellAsync();
        Assert.Equal((6, 26, 1), (cell.Drift, cell.Seen, cell.Found));
        Assert.NotNull(cell.DriftSince);
        Assert.Equal(26, world.Level);
        Assert.Contains(await world.Engine.Get<DriftQueries>().PlacesAsync(default), p => p is { Location: "WEB", Cells: 2, Checked: 2, Exact: 1, Adrift: 1, Over: 6, Under: 0 });
        var day = Assert.Single(await world.Engine.Get<DriftQueries>().DaysAsync(null, null, 7, default));
        Assert.Equal((2, 1, 6L, 0L), (day.Checked, day.Exact, day.Over, day.Under));

        var desk = world.Engine.Get<DriftDesk>();
        var (frozen, count) = await desk.PreviewAsync(new DriftFilter(DriftView.Adrift), default);
        Assert.Equal((1L, 1), (count, frozen.Count));
        Assert.Equal(1, await desk.RepairAsync(frozen, PublishingWorld.Ida, default));
        Assert.Equal(0, await desk.RepairAsync(frozen, PublishingWorld.Ida, default));
        await world.PublishAsync();
        Assert.Equal(20, world.Level);
        Assert.Equal(0, (await world.CellAsync()).Drift);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'inventory:drift:repair'"));
    }

    [Fact]
    public async Task What_changed_since_a_person_saw_it_is_left_alone()
    {
        await using var world = await PublishingWorld.CreateAsync();
        world.Level = 26;
        await world.CheckAsync();
        var desk = world.Engine.Get<DriftDesk>();
        var (frozen, _) = await desk.PreviewAsync(new DriftFilter(DriftView.Adrift), default);
        await world.CountAsync(19);
        await world.PublishAsync();
        Assert.Equal(0, await desk.RepairAsync(frozen, PublishingWorld.Ida, default));
    }

    [Fact]
    public async Task Where_the_channel_is_set_right_by_itself_drift_is_counted_and_gone()
    {
        await using var world = await PublishingWorld.CreateAsync("all");
        world.Level = 26;
        await world.CheckAsync();
        Assert.Equal(20, world.Level);
        Assert.Equal(0, (await world.CellAsync()).Drift);
        Assert.Equal(6, await world.Database.ScalarAsync<long>("select sum(over)::bigint from drift_day"));
    }

    [Fact]
    public async Task A_difference_within_the_grace_is_no_drift()
    {
        await using var world = await PublishingWorld.CreateAsync();
        world.Level = 19;
        await world.Engine.Get<DriftDesk>().CheckAsync(EngineWorld.ShopId, PublishingWorld.Ida, default);
        await world.PublishAsync();
        Assert.Equal(0, (await world.CellAsync()).Drift);
        await world.CountAsync(19); // The sale is heard.
        await world.HearAsync();
        await world.PublishAsync();
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select sum(exact) from drift_day"));
        Assert.Equal(0, (await world.CellAsync()).Drift);
    }

    [Fact]
    public async Task Drift_found_again_keeps_pieces_back_and_clean_checks_give_them_back()
    {
        await using var world = await PublishingWorld.CreateAsync();
        world.Level = 23;
        await world.CheckAsync();
        Assert.Equal(0, (await world.CellAsync()).Buffer);
        await world.CheckAsync();
        var cell = await world.CellAsync();
        Assert.Equal((3, 2), (cell.Buffer, cell.Found));
        await world.PublishAsync();
        Assert.Equal((17, 17), ((await world.CellAsync()).Expected, world.Level));
        for (var check = 0; check < 6; check++)
        {
            await world.CheckAsync();
        }

        Assert.Equal((0, 20, 20), ((await world.CellAsync()).Buffer, (await world.CellAsync()).Expected, world.Level));
    }

    [Fact]
    public async Task Each_cell_has_its_turn_within_a_day()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await DriftStore.SampleAsync(world.Database.Sources.Work, default);
        await world.PublishAsync();
        await DriftStore.SampleAsync(world.Database.Sources.Work, default);
        await world.PublishAsync();
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from stock_publication where checked_at is null"));
    }

    [Theory]
    [InlineData(0, 3, 1, 0, 0)]
    [InlineData(0, 3, 2, 0, 3)]
    [InlineData(3, 2, 3, 0, 5)]
    [InlineData(9, 500, 4, 0, DriftRule.MostKept)]
    [InlineData(4, -3, 4, 0, 4)]
    [InlineData(4, 0, 0, 2, 4)]
    [InlineData(4, 0, 0, 3, 2)]
    [InlineData(1, 0, 0, 6, 0)]
    public void What_is_kept_back_grows_with_drift_found_again_and_is_halved_by_clean_checks(int kept, int drift, int found, int clean, int expected) =>
        Assert.Equal(expected, DriftRule.Buffer(kept, drift, found, clean));

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(1, 99, false)]
    [InlineData(-1, 100, true)]
    [InlineData(int.MinValue, 100, false)]
    public void A_hundredth_is_within_tolerance(int drift, int expected, bool exact) => Assert.Equal(exact, DriftRule.IsExact(drift, expected));

    [Theory]
    [InlineData(20, 20, 20, false, false, false, PublishingStep.Agree)]
    [InlineData(19, 20, 20, false, false, false, PublishingStep.Write)]
    [InlineData(25, 20, 20, false, false, false, PublishingStep.Write)]
    [InlineData(25, 20, 18, false, false, false, PublishingStep.Wait)]
    [InlineData(25, 20, 18, false, false, true, PublishingStep.Write)]
    [InlineData(20, 20, 18, false, true, false, PublishingStep.Wait)]
    [InlineData(20, 20, 18, false, true, true, PublishingStep.Adrift)]
    [InlineData(20, 20, 22, false, true, true, PublishingStep.Write)]
    [InlineData(20, 20, 18, false, false, true, PublishingStep.Adrift)]
    [InlineData(20, 20, 18, true, false, false, PublishingStep.Wait)]
    [InlineData(20, 20, 22, true, false, false, PublishingStep.Write)]
    [InlineData(20, null, 5, false, false, false, PublishingStep.Wait)]
    [InlineData(20, null, 25, false, false, false, PublishingStep.Write)]
    [InlineData(20, null, null, false, false, true, PublishingStep.Unlisted)]
    [InlineData(20, 20, null, false, false, true, PublishingStep.Gone)]
    public void A_level_is_raised_over_what_the_channel_did_only_when_all_of_it_was_heard(
        int expected, int? published, int? level, bool repair, bool heals, bool heard, PublishingStep step) =>
        Assert.Equal(step, PublishingRule.Decide(new PublishingFacts(expected, published, level, repair, heals, heard)));
}
