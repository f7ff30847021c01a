using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connectors;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>
/// Seeded schedules over four systems that are down, slow, lie, answer nothing, carry out late and whose owner restarts; releases are rolled back, ended and overlap. At the end every price is what it was.
/// <c>SEEDS=0-1000</c> plays a thousand.
/// </summary>
public sealed class PromotionSeedTests
{
    private const int Usual = 20;

    [Fact]
    [Promise(16)]
    [Promise(17)]
    public async Task Whatever_fails_every_system_is_back_at_what_it_showed_before()
    {
        await using var world = await CreateAsync();
        await Seeds.PlayAsync(Usual, seed => PlayAsync(world, seed));
    }

    [Fact]
    [Sabotage(16)]
    public async Task Without_the_read_back_a_system_that_lies_is_believed_and_the_next_stage_begins()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync(
            """
            create function believes() returns trigger language plpgsql as $$ begin if new.phase = 'written' then new.phase := 'proven'; new.due_at := null; end if; return new; end $$;
            create trigger believes before update on promotion_cell for each row execute function believes();
            """);
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A"));
        world.Systems.Of(Ledger).Lies = _ => true;
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select exists (select from promotion_stage where promotion_id = {id} and stage = 2 and started_at is not null)"));
        Assert.Equal(100m, world.Systems.Of(Ledger).Book[("A", "")].Amount);
    }

    [Fact]
    [Sabotage(17)]
    public async Task Without_the_read_back_a_rollback_that_was_only_accepted_counts_as_done()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A"));
        world.Now = Noon.AddHours(1);
        await world.TurnUntilAsync(id, "live");
        await world.Database.ExecuteAsync(
            """
            create function believes() returns trigger language plpgsql as $$ begin if new.phase = 'returned' then new.phase := 'reverted'; new.due_at := null; new.held := false; end if; return new; end $$;
            create trigger believes before update on promotion_cell for each row execute function believes();
            """);
        world.Systems.Of(Site).Lies = _ => true;
        await world.Releases.RollBackAsync(id, "Enough.", ends: false, Sofie, default);
        await world.TurnUntilAsync(id, "rolled-back");
        Assert.Equal(70m, world.Systems.Of(Site).Book[("A", "")].Amount);
    }

    private static async Task PlayAsync(PromotionWorld world, int seed)
    {
        var random = new Random(seed);
        world.Now = Noon;
        var skus = Enumerable.Range(0, random.Next(1, 4)).Select(i => $"S{seed}-{i}").ToArray();
        var price = random.Next(20, 200) + 0.95m;
        await world.ListAsync(price, skus);
        foreach (var system in All)
        {
            Spoil(world.Systems.Of(system), random, 0.15);
        }

        var ids = new List<long> { await world.ApprovedAsync(Plan(skus) with { Rules = new PromotionRules(OnBreach: OnBreach.Ask), Name = $"Seed {seed}" }) };
        if (random.Next(3) == 0)
        {
            ids.Add(await world.ApprovedAsync(Plan(skus) with { Rules = new PromotionRules(OnBreach: OnBreach.Ask), Name = $"Rival {seed}", Offer = new PromotionOffer(OfferKind.Percent, random.Next(10, 60)) }));
        }

        var back = random.Next(2, 25);
        for (var turn = 0; turn < back; turn++)
        {
            await StepAsync(world, random, ids);
            await OrderAsync(world, ids);
        }

        foreach (var id in ids)
        {
            if (random.Next(2) == 0 && await world.StateAsync(id) is "releasing" or "live")
            {
                await world.Releases.RollBackAsync(id, "The seed says so.", ends: random.Next(2) == 0, Sofie, default);
            }
        }

        for (var turn = 0; turn < random.Next(1, 10); turn++)
        {
            await StepAsync(world, random, ids);
        }

        // The weather clears; what was not rolled back ends at its hour.
        world.Now = Noon.AddDays(2);
        foreach (var system in All)
        {
            Spoil(world.Systems.Of(system), random, 0);
            world.Systems.Of(system).IsDown = false;
        }

        await world.TurnUntilAsync(async () =>
            await world.Database.ScalarAsync<long>($"select count(*) from promotion where id in ({string.Join(',', ids)}) and state not in ('ended', 'rolled-back', 'expired', 'cancelled')") == 0
                && await world.Database.ScalarAsync<long>($"select count(*) from promotion_cell where promotion_id in ({string.Join(',', ids)}) and due_at is not null") == 0);
        foreach (var system in All)
        {
            var shown = world.Systems.Of(system).Book.Where(b => skus.Contains(b.Key.Item)).ToList();
            Assert.All(shown, b => Assert.Equal((system, "", new PriceTag(price)), (system, b.Key.Place, b.Value)));
        }

        Assert.Equal(0, await world.Database.ScalarAsync<long>($"select count(*) from promotion_cell where promotion_id in ({string.Join(',', ids)}) and (held or phase not in ('reverted', 'never'))"));
    }

    private static async Task StepAsync(PromotionWorld world, Random random, List<long> ids)
    {
        if (random.Next(8) == 0)
        {
            world.Restart();
        }

        var system = world.Systems.Of(All[random.Next(All.Count)]);
        system.IsDown = random.Next(4) == 0;
        if (random.Next(6) == 0)
        {
            world.Now = world.Now.AddMinutes(random.Next(-2, 90));
        }

        await world.TurnAsync([.. All.Where(_ => random.Next(5) > 0)]);
        foreach (var id in ids)
        {
            if (random.Next(4) == 0 && await world.Database.ScalarAsync<bool>($"select question is not null or held_at is not null from promotion where id = {id}"))
            {
                await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "The seed says so.", Sofie, default);
            }
        }
    }

    // P16: nothing of a stage is asked of a system before the stage before it was proven or let go by a person, and nothing without an approval.
    private static async Task OrderAsync(PromotionWorld world, List<long> ids) =>
        Assert.Equal(0, await world.Database.ScalarAsync<long>(
            $"""
            select count(*) from promotion_cell c join promotion p on p.id = c.promotion_id
            where p.id in ({string.Join(',', ids)}) and c.touched and c.outdone_by is null and not exists (select from promotion_cell o where o.outdone_by = c.promotion_id)
              and (not exists (select from promotion_revision r where r.promotion_id = p.id and r.revision = p.released and r.state = 'approved' and r.decided_by_id <> r.made_by_id)
                or exists (select from promotion_stage s where s.promotion_id = p.id and s.stage < c.stage and s.proven_at is null and not s.accepted))
            """));

    private static void Spoil(TestPrices system, Random random, double share)
    {
        bool Strikes() => random.NextDouble() < share;
        system.Instead = _ => Strikes() ? (new Outcome.Unknown("No answer."), random.Next(2) == 0) : Strikes() ? (new Outcome.NotDone(FailureKind.Intermittent, "Try later."), false) : null;
        system.Lies = _ => Strikes();
        system.Delays = _ => Strikes() ? random.Next(1, 4) : 0;
    }
}
