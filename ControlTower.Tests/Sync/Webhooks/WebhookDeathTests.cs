using ControlTower.Tests.Conformance;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Sync.Webhooks;

/// <summary>Nodes that die at any step, receivers that do as they like: an event may come twice, and none is missing.</summary>
public sealed class WebhookDeathTests
{
    private const int Orders = 5;
    private const int Steps = 16;

    [Theory]
    [InlineData(7)]
    [InlineData(4711)]
    public async Task Every_event_arrives_through_deaths_at_any_step_lost_answers_and_refusals(int seed)
    {
        var random = new Random(seed);
        await using var world = await WebhookWorld.CreateAsync();
        await using var receiver = new WebhookReceiver();
        var flows = new List<long>();
        for (var i = 0; i < Orders; i++)
        {
            flows.Add(await world.Orders.OrderAsync($"NL-{i}"));
        }

        await world.HookAsync(receiver);
        await DyingAsync(world.Database);
        CancellationTokenSource? life = null;
        var faults = true;
        receiver.Answers = async e =>
        {
            var (dice, dying) = (0, (CancellationTokenSource?)null);
            lock (random)
            {
                (dice, dying) = (faults ? random.Next(20) : 19, life);
            }

            if (dice == 0 && dying is not null)
            {
                // The node dies between sending and settling.
                await dying.CancelAsync();
            }

            return dice switch { 0 or 1 => 200, 2 or 3 => 500, 4 => 0, 5 => 429, _ => 200 };
        };

        var deaths = 0;
        for (var step = 1; step <= Steps; step++)
        {
            foreach (var flow in flows)
            {
                await world.WriteAsync(flow, step, step);
            }

            await world.SettledAsync();
            deaths += await LiveAsync(world, () => life = new CancellationTokenSource());
        }

        // Peace: what was held or lost comes now.
        faults = false;
        await world.Database.ExecuteAsync("drop trigger die on event_cursor; drop trigger die_settling on webhook_subscription");
        var last = world.Node();
        var expected = flows.SelectMany(flow => Enumerable.Range(1, Steps).Select(step => $"{flow}/{step}")).Order(StringComparer.Ordinal).ToList();
        await WebhookWorld.UntilAsync(last, async () =>
        {
            await world.PassAsync();
            await world.ExpireTurnsAsync();
            return receiver.TakenOnce.Count() >= expected.Count && await world.HeldAsync() == 0;
        });

        Assert.Equal(expected, receiver.TakenOnce);
        Assert.InRange(deaths, 3, 1000);
        Assert.InRange(receiver.Taken.Count, expected.Count + 1, int.MaxValue); // Repeats there were, or nothing died on the way.
        Assert.Equal(0, receiver.Forged);
    }

    [Fact]
    public async Task Sabotage_a_place_that_moves_before_the_receiver_has_answered_loses_events_and_this_test_would_notice()
    {
        await using var world = await WebhookWorld.CreateAsync();
        await using var receiver = new WebhookReceiver { Answers = _ => Task.FromResult(500) };
        var flow = await world.Orders.OrderAsync("NL-1");
        await world.HookAsync(receiver);
        // As if what was not taken were not kept in the transaction that moves the place.
        await world.Database.ExecuteAsync("create function forget() returns trigger language plpgsql as $$ begin return null; end $$; create trigger forget before insert on webhook_delivery for each row execute function forget()");
        await world.WriteAsync(flow, 1, 5);
        await WebhookWorld.UntilAsync(world.Node(), () => receiver.Heard.Count >= 5);
        receiver.Answers = _ => Task.FromResult(200);
        var node = world.Node();
        for (var i = 0; i < 3; i++)
        {
            await world.PassAsync();
            await world.ExpireTurnsAsync();
            await node.RunOnceAsync(default);
        }

        Assert.Empty(receiver.Taken);
    }

    // One node's life: it runs until it dies of something or has nothing more to do.
    private static async Task<int> LiveAsync(WebhookWorld world, Func<CancellationTokenSource> born)
    {
        using var life = born();
        var node = world.Node();
        try
        {
            for (var run = 0; run < 3; run++)
            {
                await world.PassAsync();
                await world.ExpireTurnsAsync();
                await node.RunOnceAsync(life.Token);
            }

            return 0;
        }
        catch (Exception error) when (error is OperationCanceledException or PostgresException { MessageText: "died" })
        {
            return 1;
        }
        finally
        {
            // What it had under way dies with it.
            await life.CancelAsync();
            await node.StopAsync(default);
        }
    }

    // Now and then the database is the last that a node sees: before its place moves, and before its round is kept.
    private static Task DyingAsync(TestDatabase database) => database.ExecuteAsync(
        """
        create function die() returns trigger language plpgsql as $$ begin if random() < 0.08 then raise 'died'; end if; return new; end $$;
        create trigger die before update of txid on event_cursor for each row when (old.seq <> new.seq) execute function die();
        create trigger die_settling before update of sent on webhook_subscription for each row execute function die();
        """);
}
