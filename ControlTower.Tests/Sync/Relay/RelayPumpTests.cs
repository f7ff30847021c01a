using System.Text.Json;
using ControlTower.Data.EventLog;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Relay;
using ControlTower.Tests.Conformance;
using ControlTower.Tests.Simulation;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Relay;

public sealed class RelayPumpTests : IAsyncLifetime
{
    private readonly SimClock clock = new(DateTimeOffset.UnixEpoch);
    private readonly PlayedBroker broker = new();
    private RelayWorld world = null!;

    public async ValueTask InitializeAsync() => world = await RelayWorld.CreateAsync(orders: 4);

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Refusals_and_lost_confirms_lose_nothing_and_show_no_step_before_its_predecessor()
    {
        await world.WriteAsync(1, 12);
        var dice = new Random(7);
        broker.Refuses = _ => Roll(dice) < 20;
        broker.LosesConfirm = _ => Roll(dice) < 20;

        await RunUntilCaughtUpAsync(world.Relay(broker, clock));

        Assert.True(world.IsWhole(broker.Kept.Select(e => e.Id), 12));
        Assert.True(broker.Kept.Count() > 48, "Lost confirms must have made repeats.");
    }

    [Fact]
    public async Task Sabotage_a_place_that_moves_before_the_confirm_loses_events()
    {
        await world.WriteAsync(1, 12);
        var dice = new Random(7);
        var blind = new PlayedBroker { ConfirmsBlindly = true, Refuses = _ => Roll(dice) < 20 };

        await RunUntilCaughtUpAsync(world.Relay(blind, clock));

        Assert.False(world.IsWhole(blind.Kept.Select(e => e.Id), 12));
    }

    [Promise(25)]
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_broker_that_is_away_is_a_word_and_no_error_and_is_tried_gently_whoever_sets_the_clock(int days)
    {
        await world.WriteAsync(1, 1);
        broker.IsAway = true;
        var relay = world.Relay(broker, clock);
        await Wait.ForAsync(async () => (await relay.RunOnceAsync(default)).Trouble == "It is away.");
        broker.IsAway = false;
        clock.Skew = TimeSpan.FromDays(days);
        Assert.Equal("It is away.", (await relay.RunOnceAsync(default)).Trouble);
        Assert.Empty(broker.Kept);

        clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal((4, null), Said(await relay.RunOnceAsync(default)));
        Assert.Equal(0, await world.BehindAsync());
    }

    [Fact]
    public async Task Another_node_waits_for_the_turn_and_takes_it_at_once_when_the_first_one_stops()
    {
        await world.WriteAsync(1, 1);
        var (first, second) = (world.Relay(broker, clock), world.Relay(broker, clock));
        await RunUntilCaughtUpAsync(first);
        await world.WriteAsync(2, 2);
        Assert.Equal(PumpRun.Nothing, await second.RunOnceAsync(default));

        await first.StopAsync(default);
        await RunUntilCaughtUpAsync(second);

        Assert.Equal(8, broker.Kept.Count());
        Assert.True(world.IsWhole(broker.Kept.Select(e => e.Id), 2));
    }

    [Fact]
    public async Task A_node_that_loses_its_turn_midway_moves_nothing()
    {
        await world.WriteAsync(1, 3);
        var (first, second) = (world.Relay(broker, clock), world.Relay(new PlayedBroker(), clock));
        broker.BeforeTaking = async () =>
        {
            broker.BeforeTaking = () => Task.CompletedTask;
            await world.ExpireTurnAsync();
            await second.RunOnceAsync(default);
            await world.Database.ExecuteAsync("update event_cursor set txid = '0', seq = 0");
        };

        await Wait.ForAsync(async () => (await first.RunOnceAsync(default)).Taken > 0);

        Assert.Equal(12, await world.BehindAsync());
    }

    [Fact]
    public async Task A_batch_without_answer_is_given_up_before_the_turn_could_pass_on()
    {
        await world.WriteAsync(1, 1);
        var asked = new TaskCompletionSource();
        var relay = world.Relay(broker, clock);
        await Wait.ForAsync(async () => (await EventLogReader.ReadAsync(world.Database.Sources.Work, LogPosition.Start, 10, default)).Count == 4);
        broker.BeforeTaking = () =>
        {
            asked.TrySetResult();
            return Task.CompletedTask;
        };
        broker.NeverConfirms = true;
        var run = relay.RunOnceAsync(default);
        await asked.Task;

        clock.Advance(RelayPump.Lease - TimeSpan.FromSeconds(4));

        Assert.Equal((0, "The broker did not confirm in time."), Said(await run.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System)));
        Assert.Equal(4, await world.BehindAsync());
    }

    [Fact]
    public void An_event_is_a_CloudEvent_that_names_its_flow_and_carries_no_person()
    {
        var e = new LoggedEvent(
            new LogPosition(7, 8), 41, "order-to-cash", "shopify-eu", "gid://shopify/Order/5021", "Northlane", 3, "order.posted", "posted", "bc-eu", "SO-1042", "for Ada Person, ada@example.com",
            new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)), "0af7651916cd43dd8448eb211c80319c");

        var json = System.Text.Encoding.UTF8.GetString(CloudEventJson.Write(CloudEvent.Of(e, "/controltower")));

        Assert.Equal(
            """
            {"specversion":"1.0","id":"41/3","source":"/controltower","type":"controltower.order.posted.v1","subject":"order-to-cash/shopify-eu/gid://shopify/Order/5021","time":"2026-01-02T02:04:05.000000Z","datacontenttype":"application/json","partitionkey":"41","sequence":"0000000003","traceid":"0af7651916cd43dd8448eb211c80319c","data":{"flow":41,"kind":"order-to-cash","brand":"Northlane","source":"shopify-eu","sourceId":"gid://shopify/Order/5021","step":3,"stage":"posted","system":"bc-eu","reference":"SO-1042"}}
            """.Trim(), json);
        using var _ = JsonDocument.Parse(json);
    }

    [Theory]
    [InlineData("SO-1042", true)]
    [InlineData("#1001", true)]
    [InlineData("gid://shopify/Order/5021", true)]
    [InlineData("Ada Person", false)]
    [InlineData("Person", false)]
    [InlineData("ada1@example.com", false)]
    [InlineData("Main Street 5", false)]
    [InlineData("", false)]
    public void What_does_not_read_like_an_id_does_not_leave(string value, bool leaves) => Assert.Equal(leaves ? value : null, FlowStep.Named(value));

    [Theory]
    [InlineData("", "", "", true)]
    [InlineData("amqp://127.0.0.1:5672", "u", "p", true)]
    [InlineData("amqps://broker.example/retail", "u", "p", true)]
    [InlineData("amqps://broker.example/retail", "", "", false)]
    [InlineData("amqp://u:p@broker", "u", "p", false)]
    [InlineData("http://broker", "u", "p", false)]
    public void The_broker_is_an_amqp_address_with_a_user_or_none(string url, string user, string password, bool sound) =>
        Assert.Equal(sound, new RelayOptionsValidator().Validate(null, new RelayOptions { Url = url, User = user, Password = password }).Succeeded);

    private static int Roll(Random dice)
    {
        lock (dice)
        {
            return dice.Next(100);
        }
    }

    private static (int, string?) Said(PumpRun run) => (run.Taken, run.Trouble);

    private async Task RunUntilCaughtUpAsync(RelayPump relay)
    {
        await Wait.ForAsync(async () =>
        {
            await relay.RunOnceAsync(default);
            clock.Advance(TimeSpan.FromSeconds(6));
            return await world.BehindAsync() == 0;
        });
    }
}
