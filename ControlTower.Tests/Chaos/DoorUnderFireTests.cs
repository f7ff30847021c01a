using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ControlTower.Tests.Chaos.Wire;
using ControlTower.Tests.Conformance.Shopify;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Chaos;

/// <summary>Two webs and no worker: nothing polls and nothing is worked, so that what the door or the database loses is brought back by nobody.</summary>
public sealed class TwoDoors : IAsyncLifetime
{
    internal ChaosWorld World { get; private set; } = null!;

    public async ValueTask InitializeAsync() => World = await ChaosWorld.StartAsync(seed: 1, CancellationToken.None, workers: 0);

    public ValueTask DisposeAsync() => World.DisposeAsync();
}

/// <summary>
/// Promise 1, what was acknowledged is stored, promise 2, the answer comes in time, promise 3, one event is one row and one effect, and promise 15, what is too much is refused, at the door; each
/// guard taken away once, to see that the test would notice.
/// </summary>
[Collection(UnderFire.Name)]
public sealed class DoorUnderFireTests(TwoDoors doors) : IClassFixture<TwoDoors>
{
    private const string Shop = "shopify-eu";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Promise(1)]
    [Fact]
    public async Task P1_what_was_acknowledged_survives_kill_minus_9_of_the_webs_and_immediate_stops_of_the_database()
    {
        var world = doors.World;
        using var senders = await OneTimeSenders.StartAsync(world, Shop, 16, "kept", world.Postman.CarryAsync);

        for (var round = 0; round < 4; round++)
        {
            await world.Acks.WaitForMoreAsync(60, Cancel);
            await world.Webs.ElementAt(round % 2).KillAsync(TimeSpan.Zero);
            await world.Acks.WaitForMoreAsync(60, Cancel);
            await DatabaseAwayAsync(world);
        }

        await world.Acks.WaitForMoreAsync(60, Cancel);
        await Task.WhenAll(world.Webs.Select(w => w.KillAsync(TimeSpan.Zero)));
        await DatabaseAwayAsync(world);
        await senders.StopAsync();

        var acked = world.Acks.All.Where(a => a.EventId!.StartsWith("kept", StringComparison.Ordinal)).ToList();
        Assert.Empty(await world.LostAsync(acked));
        Assert.True(acked.Count >= 540, $"Only {acked.Count} events were acknowledged.");
    }

    [Sabotage(1)]
    [Fact]
    public async Task P1_sabotage_a_door_that_answers_before_the_commit_loses_what_it_acknowledged()
    {
        var world = doors.World;
        await Task.WhenAll(world.Webs.Select(w => w.UntilUpAsync(Cancel)));
        world.Nodes.ForEach(n => n.Database.Set(new WireFault(WireFaultKind.HalfOpen)));
        using var promised = new AckFile(Path.Combine(world.Folder, "hasty"));
        using var senders = await OneTimeSenders.StartAsync(world, Shop, 4, "hasty", letter =>
        {
            // The guard that is taken away: the sender is told yes while the tower still has to write.
            promised.Add(letter.Connection, letter.EventId, letter.Body);
            return world.Postman.CarryAsync(letter);
        });
        await promised.WaitForMoreAsync(4, Cancel);
        await Task.WhenAll(world.Webs.Select(w => w.KillAsync(TimeSpan.Zero)));
        await senders.StopAsync();
        world.Nodes.ForEach(n => n.Database.CutAll());
        world.Nodes.ForEach(n => n.Database.Heal());

        Assert.NotEmpty(await world.LostAsync(promised.All));
    }

    [Sabotage(1)]
    [Fact]
    public async Task P1_sabotage_a_database_that_does_not_wait_for_its_disk_loses_what_it_acknowledged()
    {
        await using var world = await ChaosWorld.StartAsync(seed: 1, Cancel, workers: 0, lax: true);
        // The guard that is taken away; and the log is written so rarely that no run is lucky.
        await world.ExecuteAsync("alter role tower set synchronous_commit = off");
        await world.ExecuteAsync("alter system set wal_writer_delay = '10s'");
        await world.ExecuteAsync("select pg_reload_conf()");
        foreach (var web in world.Webs)
        {
            await web.RestartAsync(Cancel);
            await web.UntilUpAsync(Cancel);
        }

        using var senders = await OneTimeSenders.StartAsync(world, Shop, 16, "lax", world.Postman.CarryAsync);
        for (var round = 0; round < 5 && (await world.LostAsync(world.Acks.All)).Count == 0; round++)
        {
            await world.Acks.WaitForMoreAsync(60, Cancel);
            await DatabaseAwayAsync(world);
        }

        await senders.StopAsync();
        Assert.NotEmpty(await world.LostAsync(world.Acks.All));
    }

    [Promise(2)]
    [Theory]
    [InlineData("stopped")]
    [InlineData("frozen")]
    [InlineData("silent")]
    [InlineData("locked")]
    [InlineData("full")]
    public async Task P2_whatever_state_the_database_is_in_both_doors_answer_within_4_s_and_take_letters_again_afterwards(string state)
    {
        var world = doors.World;
        await OpenAgainAsync(world, $"before-{state}");
        using var watch = new DoorWatch(world, Shop);

        await using (await DatabaseTroubles.OfAsync(world, state, Cancel))
        {
            await watch.PushAsync($"while-{state}", hands: 8, TimeSpan.FromSeconds(7), Cancel);
        }

        Assert.Contains(watch.Letters, a => a.Status == HttpStatusCode.ServiceUnavailable);
        Assert.All(watch.Letters, a => Assert.True(a.Status == HttpStatusCode.Accepted || (a.Status == HttpStatusCode.ServiceUnavailable && a.SaysWhen), $"{a}"));
        Assert.All(watch.Letters, a => Assert.True(a.Took < TimeSpan.FromSeconds(4), $"{a}"));
        Assert.All(watch.Signs, a => Assert.True(a.Status == HttpStatusCode.OK && a.Took < TimeSpan.FromSeconds(4), $"{a}"));
        await OpenAgainAsync(world, $"after-{state}");
        Assert.Empty(await world.LostAsync([.. world.Acks.All.Where(a => a.EventId!.Contains(state, StringComparison.Ordinal))]));
    }

    [Promise(15)]
    [Fact]
    public async Task P15_a_burst_is_taken_or_told_to_come_later_and_every_letter_of_it_is_stored_once_in_the_end()
    {
        var world = doors.World;
        await OpenAgainAsync(world, "before-burst");
        var (domain, secret) = await world.ShopAsync(Shop);
        var answers = new ConcurrentBag<int?>();

        // Five hundred hands at once where eight are the usual.
        await Task.WhenAll(Enumerable.Range(0, 500).Select(hand => Task.Run(async () =>
        {
            for (var number = hand; number < 2_000; number += 500)
            {
                var letter = SignedWebhook.Of(Shop, domain, secret, "orders/create", $"burst-{number}", Encoding.UTF8.GetBytes(MadeOrder.Of(number).AsWebhook()));
                int? status;
                do
                {
                    (status, var _) = await world.Postman.CarryAsync(letter);
                    answers.Add(status);
                }
                while (status != 202);
            }
        }))).WaitAsync(TimeSpan.FromMinutes(3), Cancel);

        // Null: the sender did not wait any longer.
        Assert.All(answers, status => Assert.Contains(status, (int?[])[202, 429, 503, null]));
        Assert.Equal(2_000, await RowsAsync(world, "burst-"));
        Assert.Empty(await world.LostAsync([.. world.Acks.All.Where(a => a.EventId!.StartsWith("burst-", StringComparison.Ordinal))]));
    }

    [Promise(3)]
    [Fact]
    public async Task P3_one_event_sent_fifty_times_at_once_to_both_webs_is_one_row_and_has_one_effect()
    {
        await using var world = await ChaosWorld.StartAsync(seed: 1, Cancel, workers: 1);

        Assert.Equal(50, await FiftyAsync(world, "one-event"));

        Assert.Equal(2, world.Postman.Taken.Count);
        Assert.Equal(1, await RowsAsync(world, "one-event"));
        await world.UntilAsync("select not exists (select from inbox_work)", TimeSpan.FromMinutes(3), Cancel);
        Assert.Equal(1, await world.TryAsync<long>("select count(*) from inbox_outcome o join inbox_message m on m.id = o.message_id where m.event_id like 'one-event%'"));
        Assert.Equal(1, await world.TryAsync<long>("select count(*) from flow"));
        Assert.Equal(1, await world.TryAsync<long>("select count(*) from event_log where step = 1"));
    }

    [Sabotage(3)]
    [Fact]
    public async Task P3_sabotage_without_the_key_of_the_event_each_copy_is_a_row()
    {
        var world = doors.World;
        await world.ExecuteAsync(
            """
            create function forget() returns trigger language plpgsql as $$ begin new.event_id := new.event_id || '-' || gen_random_uuid(); return new; end $$;
            create trigger forget before insert on inbox_message for each row execute function forget();
            """);
        try
        {
            await FiftyAsync(world, "forgotten");
        }
        finally
        {
            await world.ExecuteAsync("drop function forget cascade");
        }

        Assert.True(await RowsAsync(world, "forgotten") > 1);
    }

    [Sabotage(3)]
    [Fact]
    public async Task P3_sabotage_without_the_unique_index_the_door_takes_nothing_rather_than_everything_twice()
    {
        var world = doors.World;
        await world.ExecuteAsync("alter table inbox_message drop constraint inbox_message_connection_id_topic_event_id_key");
        try
        {
            Assert.Equal(0, await FiftyAsync(world, "unguarded", insist: false));
        }
        finally
        {
            await world.ExecuteAsync("alter table inbox_message add constraint inbox_message_connection_id_topic_event_id_key unique (connection_id, topic, event_id)");
        }

        Assert.Equal(0, await RowsAsync(world, "unguarded"));
        Assert.Equal(50, await FiftyAsync(world, "unguarded"));
        Assert.Equal(1, await RowsAsync(world, "unguarded"));
    }

    /// <summary>Until each door has taken a letter.</summary>
    private static async Task OpenAgainAsync(ChaosWorld world, string eventId)
    {
        var (domain, secret) = await world.ShopAsync(Shop);
        await Task.WhenAll(world.Webs.Select(w => w.UntilUpAsync(Cancel)));
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        var before = world.Postman.Taken.ToDictionary();
        for (var number = 0; world.Webs.Any(w => world.Postman.Taken.GetValueOrDefault(w.Address!) == before.GetValueOrDefault(w.Address!)); number++)
        {
            await world.Postman.CarryAsync(SignedWebhook.Of(Shop, domain, secret, "orders/create", $"{eventId}-{number}", Encoding.UTF8.GetBytes(MadeOrder.Of(1).AsWebhook())));
            await look.WaitForNextTickAsync(limit.Token);
        }
    }

    private static Task<long> RowsAsync(ChaosWorld world, string eventId) => world.TryAsync<long>("select count(*) from inbox_message where event_id like $1 || '%'", eventId);

    /// <summary>Down, and answering again with a server of another number.</summary>
    private static async Task DatabaseAwayAsync(ChaosWorld world)
    {
        var before = world.DatabaseProcess;
        world.StopDatabaseImmediately();
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        while (world.DatabaseProcess == before || !await world.TryAsync<bool>("select true"))
        {
            await look.WaitForNextTickAsync(Cancel);
        }
    }

    /// <summary>The same letter fifty times by 32 hands to both webs.</summary>
    /// <param name="insist">Each is sent until a web has taken it, as senders do: a busy machine may refuse some for a while.</param>
    /// <returns>How many were taken.</returns>
    private static async Task<int> FiftyAsync(ChaosWorld world, string eventId, bool insist = true)
    {
        await Task.WhenAll(world.Webs.Select(w => w.UntilUpAsync(Cancel)));
        var (domain, secret) = await world.ShopAsync(Shop);
        var letter = SignedWebhook.Of(Shop, domain, secret, "orders/create", eventId, Encoding.UTF8.GetBytes(MadeOrder.Of(1).AsWebhook()));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(4));
        var (left, taken) = (50, 0);
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                int? status;
                do
                {
                    limit.Token.ThrowIfCancellationRequested();
                    (status, var _) = await world.Postman.CarryAsync(letter);
                }
                while (insist && status != 202);

                Interlocked.Add(ref taken, status == 202 ? 1 : 0);
            }
        })));
        return taken;
    }
}
