using System.Globalization;
using System.Text;
using ControlTower.Tests.Conformance.Shopify;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Chaos;

/// <summary>Workers that die as processes, by somebody's hand or by what they work at.</summary>
[Collection(UnderFire.Name)]
public sealed class DeadWorkerTests
{
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan TimersWithin = TimeSpan.FromSeconds(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>KILLS=300 kills as often as one wants; a kill takes about a quarter of a minute.</summary>
    private static int Kills => int.TryParse(Environment.GetEnvironmentVariable("KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out var kills) ? kills : 2;

    [Promise(10)]
    [Fact]
    public async Task P10_whenever_a_worker_is_killed_its_work_is_in_other_hands_within_15_s_and_a_timer_is_told_within_5()
    {
        await using var world = await ChaosWorld.StartAsync(seed: 10, Cancel);
        await world.UntilSubscribedAsync(Cancel);
        var (gaps, shoppers, dice) = (new ResumeGaps(world), new Shoppers(world.Estate, 10), new Random(10));
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var buying = shoppers.BuyAsync(TimeSpan.FromDays(1), TimeSpan.FromMilliseconds(400), enough.Token);
        await world.UntilAsync("select exists (select from flow)", TimeSpan.FromMinutes(2), Cancel);
        var timers = new List<TimeSpan>();

        for (var kill = 0; kill < Kills; kill++)
        {
            var (victim, held) = await HolderAsync(world, gaps);
            // At any point of whatever it does.
            await Task.Delay(TimeSpan.FromMilliseconds(dice.Next(1_500)), TimeProvider.System, Cancel);
            var killed = victim.KillAsync(TimeSpan.FromSeconds(2));
            timers.Add(await TimerAsync(world));
            await Task.WhenAll(killed, gaps.WatchAsync(held, Cancel));
            await Task.WhenAll(world.Workers.Select(w => w.UntilUpAsync(Cancel)));
        }

        await enough.CancelAsync();
        await buying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var said = string.Join(", ", gaps.All.Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.TotalSeconds:0.0} s")));
        TestContext.Current.TestOutputHelper!.WriteLine($"in other hands after {said}; timers told after {string.Join(", ", timers)}");
        Assert.Equal(Kills, gaps.All.Count);
        Assert.All(gaps.All, gap => Assert.True(gap <= Promised, said));
        Assert.All(timers, late => Assert.InRange(late, TimeSpan.Zero, TimersWithin));
    }

    [Promise(12)]
    [Fact]
    public async Task P12_a_message_that_ends_every_process_that_works_it_is_set_aside_after_three_and_the_others_go_on()
    {
        const int Orders = 6;
        await using var world = await ChaosWorld.StartAsync(seed: 6, Cancel, workers: 1);
        await world.UntilSubscribedAsync(Cancel);
        await using var hand = await DeadlyAsync(world);
        var (domain, secret) = await world.ShopAsync("shopify-eu");
        Assert.Equal(202, (await world.Postman.CarryAsync(SignedWebhook.Of("shopify-eu", domain, secret, "orders/create", "killer", Encoding.UTF8.GetBytes(MadeOrder.Of(99).AsWebhook())))).Status);
        await world.Estate.PlaceAsync("shopify-eu", Orders);

        var deaths = 0;
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        while (!await world.TryAsync<bool>("select exists (select from exception_case where code = 'poison')"))
        {
            // Whoever comes to the end of this message dies there, and its session with it.
            if (await world.TryAsync<int>("select pid from pg_locks where locktype = 'advisory' and classid = 0 and objid = 35 and not granted limit 1") is var session and not 0)
            {
                deaths++;
                Assert.True(deaths <= 3, "It killed a fourth.");
                await world.Workers.Single().KillAsync(TimeSpan.Zero);
                await world.TryAsync<bool>("select pg_terminate_backend($1)", session);
            }

            await look.WaitForNextTickAsync(Cancel);
        }

        Assert.Equal(3, deaths);
        Assert.Equal(1, await world.TryAsync<long>("select count(*) from exception_case e join inbox_message m on m.id = e.message_id where e.code = 'poison' and e.state = 'open' and m.event_id = 'killer' and length(m.body) > 0"));
        Assert.Equal(0, await world.TryAsync<long>("select count(*) from exception_case where code = 'poison' and message_id <> (select id from inbox_message where event_id = 'killer')"));
        await world.UntilAsync($"select count(*) = {Orders} from flow where status = 'done'", TimeSpan.FromMinutes(4), Cancel);
    }

    /// <summary>The end of the message waits for a lock that this session has and never gives away.</summary>
    private static async Task<NpgsqlConnection> DeadlyAsync(ChaosWorld world)
    {
        await world.ExecuteAsync(
            """
            create function die() returns trigger language plpgsql as $$ begin perform pg_advisory_lock(35); return old; end $$;
            create function is_killer(id bigint) returns boolean stable language sql as $$ select exists (select from inbox_message m where m.id = is_killer.id and m.event_id = 'killer') $$;
            create trigger die before delete on inbox_work for each row when (old.attempts <= 3 and is_killer(old.message_id)) execute function die();
            """);
        var hand = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(world.ConnectionString) { Pooling = false }.ConnectionString);
        await hand.OpenAsync(Cancel);
        await using var take = new NpgsqlCommand("select pg_advisory_lock(35)", hand);
        await take.ExecuteNonQueryAsync(Cancel);
        return hand;
    }

    private static async Task<(TowerNode Victim, Guid? Held)> HolderAsync(ChaosWorld world, ResumeGaps gaps)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        while (true)
        {
            if (await world.OwnerOfAsync("bc-eu") is { } owner && await gaps.HeldByAsync(owner) is { } held)
            {
                return (owner, held);
            }

            await look.WaitForNextTickAsync(Cancel);
        }
    }

    /// <summary>How long a timer that is due now waits until somebody has told it.</summary>
    private static async Task<TimeSpan> TimerAsync(ChaosWorld world)
    {
        await world.ExecuteAsync("insert into deadline (flow_id, name, due_at) select id, 'wake', now() from flow order by id limit 1 on conflict (flow_id, name) do update set due_at = now()");
        var began = TimeProvider.System.GetTimestamp();
        await world.UntilAsync("select not exists (select from deadline where name = 'wake')", TimeSpan.FromMinutes(1), Cancel);
        return TimeProvider.System.GetElapsedTime(began);
    }
}
