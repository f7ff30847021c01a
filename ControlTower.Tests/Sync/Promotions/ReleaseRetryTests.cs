using ControlTower.Data.Canonical;
using ControlTower.Sync.Promotions;
using ControlTower.Sync.Pumps;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>A failed step asks, and a person answers by trying again: nothing is waived.</summary>
public sealed class ReleaseRetryTests
{
    [Theory]
    [InlineData(OnBreach.Ask)]
    [InlineData(OnBreach.Pause)]
    public async Task What_failed_is_tried_again_and_it_asks_again_if_it_falls_short_again(OnBreach what)
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        var id = await world.ApprovedAsync(Plan("A", "B") with
        {
            Connections = [Site, Outlet],
            Stores = [],
            Stages = [new PromotionStage("Site", [Site], []), new PromotionStage("Outlet", [Outlet], [])],
            Rules = new PromotionRules(OnBreach: what),
        });
        Task<string?> StandsAsync() => world.Database.ScalarAsync<string>($"select coalesce(question, held_why) from promotion where id = {id}");
        Task FallsShortAsync() => world.TurnUntilAsync(async () => await StandsAsync() is not null);
        world.Systems.Of(Site).Edit("A", 95m);
        await world.Engine.Get<PromotionPump>().RunOnceAsync(default);
        Assert.Equal("state", Assert.IsType<PromotionAnswer.Refused>(await world.Releases.TryAgainAsync(id, await world.VersionAsync(id), Sofie, default)).Rule);
        await FallsShortAsync();
        Assert.StartsWith("Stage 1, Site: 50% of its prices", await StandsAsync(), StringComparison.Ordinal);

        // It is as it was: asked again.
        Assert.Equal(1, Done(await world.Releases.TryAgainAsync(id, await world.VersionAsync(id), Sofie, default)).Count);
        Assert.Null(await StandsAsync());
        await FallsShortAsync();
        Assert.False(await world.Database.ScalarAsync<bool>($"select bool_or(accepted) from promotion_stage where promotion_id = {id}"));

        world.Systems.Of(Site).Edit("A", 100m);
        Done(await world.Releases.TryAgainAsync(id, await world.VersionAsync(id), Sofie, default));
        await world.TurnUntilAsync(id, "live");
        Assert.Equal("proven 4", await world.PhasesAsync(id));
        Assert.Equal(2, await world.Database.ScalarAsync<long>($"select count(*) from audit where subject = 'promotion:R-{id}' and detail::jsonb ->> 'what' = 'tried again'"));
    }

    [Fact]
    public async Task What_a_person_holds_is_not_let_go_by_trying_again()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with { Connections = [Site], Stores = [], Stages = [new PromotionStage("All", [], [])], Rules = new PromotionRules(Parity: 1) });
        await world.TurnUntilAsync(id, "releasing");
        await world.Database.ExecuteAsync($"update promotion_cell set phase = 'failed', due_at = null where promotion_id = {id}; update promotion set question = null, held_at = now(), held_by = 'Ida Holm', held_why = 'Wait.' where id = {id}");
        Assert.Equal("state", Assert.IsType<PromotionAnswer.Refused>(await world.Releases.TryAgainAsync(id, await world.VersionAsync(id), Sofie, default)).Rule);
        Assert.Equal("Ida Holm", await world.Database.ScalarAsync<string>($"select held_by from promotion where id = {id}"));
    }
}
