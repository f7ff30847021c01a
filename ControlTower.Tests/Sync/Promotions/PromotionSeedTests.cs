using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>
/// Seeded schedules over four systems in two zones that are down, slow, lie, answer nothing, carry out late and whose owner restarts, with stores that are not heard; releases are revised, rolled back, ended
/// and overlap. Nothing is ever shown out of its order, nothing counts as back at a store that was not heard, and at the end every price is what it was.
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
        await world.Database.ExecuteAsync(
            $"""
            update connection set time_zone = '{(random.Next(2) == 0 ? "Europe/London" : "Europe/Berlin")}' where id = 'outlet';
            delete from pos_store; insert into pos_store (connection_id, store, business_at, heard_at) values ('tills', 'L1', now(), now());
            """);
        await world.Engine.Get<ConnectionDirectory>().RefreshAsync(default);
        world.Restart();
        var skus = Enumerable.Range(0, random.Next(1, 4)).Select(i => $"S{seed}-{i}").ToArray();
        var price = random.Next(20, 200) + 0.95m;
        await world.ListAsync(price, skus);
        foreach (var system in All)
        {
            Spoil(world.Systems.Of(system), random, 0.15);
        }

        string[][] pilots = [["BER"], ["LON"], ["BER", "LON"]];
        var plan = Plan(skus) with
        {
            Rules = new PromotionRules(OnBreach: OnBreach.Ask),
            Name = $"Seed {seed}",
            Stages = [new PromotionStage("ERP", [Ledger], []), new PromotionStage("Pilot", [Tills], pilots[random.Next(pilots.Length)]), new PromotionStage("All", [], [])],
        };
        var ids = new List<long> { await world.ApprovedAsync(plan) };
        if (random.Next(3) == 0)
        {
            ids.Add(await world.ApprovedAsync(Plan(skus) with { Rules = new PromotionRules(OnBreach: OnBreach.Ask), Name = $"Rival {seed}", Offer = new PromotionOffer(OfferKind.Percent, random.Next(10, 60)) }));
        }

        var back = random.Next(2, 25);
        for (var turn = 0; turn < back; turn++)
        {
            await StepAsync(world, random, ids);
            if (random.Next(8) == 0 && await world.StateAsync(ids[0]) is "scheduled" or "releasing" or "live")
            {
                await world.ReviseAsync(ids[0], plan with { Offer = new PromotionOffer(OfferKind.Percent, random.Next(5, 80)) });
            }
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
            await world.Database.ScalarAsync<bool>("with heard as (update pos_store set heard_at = clock_timestamp() returning store) select count(*) > 0 from heard")
                && await world.Database.ScalarAsync<long>($"select count(*) from promotion where id in ({string.Join(',', ids)}) and state not in ('ended', 'rolled-back', 'expired', 'cancelled')") == 0
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

        var silent = random.Next(3) == 0;
        await world.Database.ExecuteAsync($"update pos_store set heard_at = now() - interval '{(silent ? 3 : 0)} days'");
        var before = await SpotsAsync(world, ids);
        await world.TurnAsync([.. All.Where(_ => random.Next(5) > 0)]);
        await OrderAsync(world, ids, before, silent);
        foreach (var id in ids)
        {
            if (random.Next(4) == 0 && await world.Database.ScalarAsync<bool>($"select question is not null or held_at is not null from promotion where id = {id}"))
            {
                await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "The seed says so.", Sofie, default);
            }
        }
    }

    // P16: nothing takes effect while something of an earlier stage whose hour has come is not read back, or before any hour of an earlier stage has come, unless a person let it go on; nor without an
    // approval. P17: nothing is back at a store that was not heard since.
    private static async Task OrderAsync(PromotionWorld world, List<long> ids, List<Spot> before, bool silent)
    {
        var was = before.ToDictionary(s => s.Id);
        foreach (var now in await SpotsAsync(world, ids))
        {
            if (was.GetValueOrDefault(now.Id) is not { } then)
            {
                continue;
            }

            if (then.Phase == "waiting" && now.Phase is "applying" or "written" or "proven" or "offline" or "drifted")
            {
                foreach (var stage in before.Where(s => s.Release == now.Release && s.Stage < now.Stage && s.Ends > world.Now).GroupBy(s => s.Stage))
                {
                    var due = stage.Where(s => s.Starts <= world.Now || s.Phase != "waiting").ToList();
                    Assert.True(due.Count > 0, $"{now} took effect before any hour of stage {stage.Key}.");
                    Assert.DoesNotContain(due, s => s.Phase is "waiting" or "applying" or "written" || (s.Phase is "failed" or "drifted" or "offline" && !s.Accepted));
                }
            }

            // What was under way when the plan was revised is asked of a system in its order as well.
            if (ids.Count == 1 && then.Phase == "applying" && now.Sent > then.Sent)
            {
                Assert.DoesNotContain(before, s => s.Stage < now.Stage && s.Ends > world.Now && s.Phase is "applying" or "written");
            }

            Assert.False(silent && now is { Place: "BER", Phase: "reverted", Outdone: false } && then is { Phase: not "reverted", Touched: true }, $"{now} counts as back at a store that is not heard.");
        }

        Assert.Equal(0, await world.Database.ScalarAsync<long>(
            $"""
            select count(*) from promotion_cell c join promotion p on p.id = c.promotion_id
            where p.id in ({string.Join(',', ids)}) and c.touched and not exists (select from promotion_revision r where r.promotion_id = p.id and r.revision = p.released and r.state = 'approved' and r.decided_by_id <> all(r.hands))
            """));
    }

    private static Task<List<Spot>> SpotsAsync(PromotionWorld world, List<long> ids) =>
        world.Database.Sources.Work.Command(
                """
                select c.id, c.promotion_id, c.stage, c.connection_id, c.item, c.place, c.phase, c.touched, c.outdone_by is not null, c.starts_at, c.ends_at, s.accepted, cardinality(c.ours)
                from promotion_cell c join promotion_stage s on s.promotion_id = c.promotion_id and s.stage = c.stage where c.promotion_id = any($1)
                """,
                Sql.Of(ids.ToArray()))
            .ListAsync(
                r => new Spot(
                    r.GetInt64(0), r.GetInt64(1), r.GetInt32(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), r.GetBoolean(7), r.GetBoolean(8), r.GetFieldValue<DateTimeOffset>(9),
                    r.GetFieldValue<DateTimeOffset>(10), r.GetBoolean(11), r.GetInt32(12)),
                default);

    private sealed record Spot(
        long Id, long Release, int Stage, string Connection, string Item, string Place, string Phase, bool Touched, bool Outdone, DateTimeOffset Starts, DateTimeOffset Ends, bool Accepted, int Sent);

    private static void Spoil(TestPrices system, Random random, double share)
    {
        bool Strikes() => random.NextDouble() < share;
        system.Instead = _ => Strikes() ? (new Outcome.Unknown("No answer."), random.Next(2) == 0) : Strikes() ? (new Outcome.NotDone(FailureKind.Intermittent, "Try later."), false) : null;
        system.Lies = _ => Strikes();
        system.Delays = _ => Strikes() ? random.Next(1, 4) : 0;
    }
}
