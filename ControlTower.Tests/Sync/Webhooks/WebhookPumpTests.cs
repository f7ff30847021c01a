using System.Text.Json.Nodes;
using ControlTower.Data.Webhooks;
using ControlTower.Sync.Relay;
using ControlTower.Sync.Webhooks;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Webhooks;

/// <summary>What a partner may rely on: every event comes, signed, whatever dies, and one receiver's trouble is its own.</summary>
public sealed class WebhookPumpTests : IAsyncLifetime
{
    private WebhookWorld world = null!;
    private WebhookReceiver receiver = null!;
    private long order;

    public async ValueTask InitializeAsync()
    {
        (world, receiver) = (await WebhookWorld.CreateAsync(), new WebhookReceiver());
        order = await world.Orders.OrderAsync("NL-1");
    }

    public async ValueTask DisposeAsync()
    {
        await receiver.DisposeAsync();
        await world.DisposeAsync();
    }

    [Fact]
    public async Task Events_come_once_signed_and_as_their_schema_says_from_the_making_of_the_webhook_on()
    {
        await world.WriteAsync(order, 1, 3);
        await world.SettledAsync();
        var id = await world.HookAsync(receiver);
        await world.WriteAsync(order, 4, 30);
        var node = world.Node();

        await WebhookWorld.UntilAsync(node, () => receiver.Taken.Count >= 27);

        Assert.Equal(Ids(4, 30), receiver.TakenOnce);
        Assert.Equal((27, 0), (receiver.Taken.Count, receiver.Forged));
        Assert.All(receiver.Heard, e => Assert.Equal([], JsonSchemas.Objections(EventSchemas.Of(EventTypes.Find("controltower.order.posted.v1")!), e.DeepClone())));
        Assert.DoesNotContain("Ada", string.Join('\n', receiver.Heard.Select(e => e.ToJsonString())), StringComparison.Ordinal);
        var hook = await world.SeeAsync(id);
        Assert.Equal((27L, 0, WebhookState.On), (hook.Sent, hook.Misses, hook.State));
        Assert.Equal(0, await world.HeldAsync());
    }

    [Fact]
    public async Task A_webhook_gets_the_types_and_brands_it_asked_for_of_its_clients_channels()
    {
        var theirs = await world.Orders.OrderAsync("FJ-1", source: OrderWorld.OtherShop);
        await using var other = new WebhookReceiver();
        await world.HookAsync(receiver, await world.ClientAsync("Northlane", OrderWorld.Shop), types: ["controltower.order.paid.v1"]);
        await world.HookAsync(other, brands: ["Fjord"]);
        await using var neither = new WebhookReceiver();
        await world.HookAsync(neither, await world.ClientAsync("Northlane too"), brands: ["Fjord"]);
        await world.Database.ExecuteAsync("update api_client set brands = array['Northlane'] where name = 'Northlane too'");
        await world.WriteAsync(order, 1, 3);
        await world.WriteAsync(order, 4, 5, "order.paid");
        await world.WriteAsync(theirs, 1, 2, "order.paid");
        var node = world.Node();

        await WebhookWorld.UntilAsync(node, () => receiver.Taken.Count >= 2 && other.Taken.Count >= 2);

        Assert.Equal(Ids(4, 5), receiver.TakenOnce);
        Assert.Equal([$"{theirs}/1", $"{theirs}/2"], other.TakenOnce);
        Assert.Empty(neither.Heard);
    }

    [Fact]
    public async Task A_slow_receiver_keeps_no_other_waiting()
    {
        var hanging = new TaskCompletionSource();
        await using var slow = new WebhookReceiver
        {
            Answers = async _ =>
            {
                await hanging.Task;
                return 200;
            },
        };
        var id = await world.HookAsync(slow);
        await world.HookAsync(receiver);
        var node = world.Node();
        await world.WriteAsync(order, 1, 4);
        await WebhookWorld.UntilAsync(node, () => receiver.Taken.Count >= 4 && slow.Heard.Count >= 4);
        await world.WriteAsync(order, 5, 40);
        await WebhookWorld.UntilAsync(node, () => receiver.Taken.Count >= 40);
        Assert.Empty(slow.Taken);

        // Fifteen seconds, and it has not answered.
        world.Patience.Advance(EventPost.Patience);
        await WebhookWorld.UntilAsync(node, async () => await world.HeldAsync() >= 4);
        Assert.Equal("No answer within 15 seconds.", (await world.SeeAsync(id)).LastError);
        hanging.SetResult();
        slow.Answers = _ => Task.FromResult(200);
        await WebhookWorld.UntilAsync(node, async () => { await world.PassAsync(); return slow.TakenOnce.Count() >= 40; });
    }

    [Fact]
    public async Task A_receiver_that_is_down_is_tried_less_and_less_holds_little_and_gets_everything_when_it_is_back()
    {
        var id = await world.HookAsync(receiver);
        receiver.Answers = _ => Task.FromResult(503);
        await world.WriteAsync(order, 1, 200);
        var node = world.Node();

        await WebhookWorld.UntilAsync(node, async () => (await world.SeeAsync(id)).Misses >= WebhookSchedule.Down);
        Assert.InRange(await world.HeldAsync(), 12, 24);
        var heard = receiver.Heard.Count;
        Assert.False((await node.RunOnceAsync(default)).Again);
        Assert.Equal(heard, receiver.Heard.Count);
        await WebhookWorld.UntilAsync(node, async () => { await world.PassAsync(); return (await world.SeeAsync(id)).Misses >= 8; });
        Assert.InRange(receiver.Heard.Count, heard + 5, heard + 7);
        Assert.InRange(await world.HeldAsync(), 13, 31);
        await WebhookWorld.UntilAsync(node, async () => (await world.SeeAsync(id)).RestUntil > TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(9));

        receiver.Answers = _ => Task.FromResult(200);
        await world.PassAsync();
        await WebhookWorld.UntilAsync(node, async () => { await world.PassAsync(); return receiver.TakenOnce.Count() >= 200; });
        Assert.Equal(Ids(1, 200), receiver.TakenOnce);
        Assert.Equal((0L, null), (await world.HeldAsync(), (await world.SeeAsync(id)).FailingSince));
    }

    [Fact]
    public async Task An_event_that_is_never_taken_holds_up_no_other_and_after_three_days_the_webhook_is_switched_off_and_people_are_told()
    {
        await world.Database.ExecuteAsync("insert into notification_channel (id, name, kind, settings, events, gather_minutes) values (gen_random_uuid(), 'Ops', 'webhook', '{\"host\": \"x\"}', array['webhook'], 0)");
        var id = await world.HookAsync(receiver);
        receiver.Answers = e => Task.FromResult(Id(e) == $"{order}/3" ? 500 : 200);
        await world.WriteAsync(order, 1, 20);
        var node = world.Node();
        await WebhookWorld.UntilAsync(node, () => receiver.Taken.Count >= 19);
        for (var tries = 0; tries < 6; tries++)
        {
            await world.PassAsync();
            await node.RunOnceAsync(default);
        }

        await world.WriteAsync(order, 21, 22);
        await WebhookWorld.UntilAsync(node, () => receiver.Taken.Count >= 21);
        Assert.Equal(WebhookState.On, (await world.SeeAsync(id)).State);

        await world.AgeAsync(hours: 73);
        await world.PassAsync();
        await WebhookWorld.UntilAsync(node, async () => (await world.SeeAsync(id)).State == WebhookState.Disabled);
        var off = await world.SeeAsync(id);
        Assert.Equal((WebhookState.ByTower, "Events were not taken for 72 hours. The last answer: The receiver answered 500."), (off.StoppedBy, off.Why));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from notification where event = 'webhook' and about ->> 'found' like '%was switched off%'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'admin:webhook:manage' and actor_role = 'tower'"));

        // Nothing was lost: what it never took is still there when somebody has mended it.
        receiver.Answers = _ => Task.FromResult(200);
        await world.WriteAsync(order, 23, 23);
        Assert.IsType<WebhookAnswer.Done>(await world.Desk.ResumeAsync(id, null, "mended", world.Admin));
        await WebhookWorld.UntilAsync(node, () => receiver.Taken.Count >= 23);
        Assert.Equal(Ids(1, 23), receiver.TakenOnce);
    }

    [Fact]
    public async Task Gone_is_gone_at_once_and_a_wish_to_wait_is_kept()
    {
        var id = await world.HookAsync(receiver);
        (receiver.Answers, receiver.RetryAfter) = (_ => Task.FromResult(429), "120");
        await world.WriteAsync(order, 1, 1);
        var node = world.Node();
        await WebhookWorld.UntilAsync(node, async () => (await world.SeeAsync(id)).RestUntil is not null);
        Assert.InRange((await world.SeeAsync(id)).RestUntil!.Value - TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(121));

        (receiver.Answers, receiver.RetryAfter) = (_ => Task.FromResult(410), null);
        await world.PassAsync();
        await WebhookWorld.UntilAsync(node, async () => (await world.SeeAsync(id)).State == WebhookState.Disabled);
        Assert.Contains("410", (await world.SeeAsync(id)).Why, StringComparison.Ordinal);
        var heard = receiver.Heard.Count;
        await world.WriteAsync(order, 2, 3);
        await world.PassAsync();
        await node.RunOnceAsync(default);
        Assert.Equal(heard, receiver.Heard.Count);
    }

    [Fact]
    public async Task A_pause_sends_nothing_going_on_sends_all_of_it_and_a_replay_sends_the_same_ids_again()
    {
        var id = await world.HookAsync(receiver);
        var node = world.Node();
        await world.WriteAsync(order, 1, 5);
        await WebhookWorld.UntilAsync(node, () => receiver.Taken.Count >= 5);
        await world.Desk.StopAsync(id, null, WebhookState.Paused, "maintenance", world.Admin);
        await world.WriteAsync(order, 6, 9);
        await node.RunOnceAsync(default);
        Assert.Equal(5, receiver.Taken.Count);
        await world.Desk.ResumeAsync(id, null, "done", world.Admin);
        await WebhookWorld.UntilAsync(node, () => receiver.Taken.Count >= 9);

        Assert.IsType<WebhookAnswer.Done>(await world.Desk.ReplayAsync(id, TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(1), "their database was lost", world.Admin));
        await WebhookWorld.UntilAsync(node, () => receiver.Taken.Count >= 18);
        Assert.Equal(Ids(1, 9), receiver.TakenOnce);
        Assert.Equal("pause, resume, replay", await world.Database.ScalarAsync<string>("select string_agg(detail::jsonb ->> 'act', ', ' order by seq) from audit where action = 'admin:webhook:manage' and reason is not null"));
    }

    [Fact]
    public async Task Two_secrets_sign_during_an_exchange_and_a_repeated_wish_makes_no_third()
    {
        var id = await world.HookAsync(receiver);
        var node = world.Node();
        var rotated = Assert.IsType<WebhookAnswer.Done>(await world.Desk.RotateAsync(id, "once", world.Admin));
        Assert.Equal(rotated.Secret, Assert.IsType<WebhookAnswer.Done>(await world.Desk.RotateAsync(id, "once", world.Admin)).Secret);
        await world.WriteAsync(order, 1, 1);
        await WebhookWorld.UntilAsync(node, () => receiver.Taken.Count == 1);
        Assert.Equal(2, receiver.Signatures.Last().Split(' ').Length);

        world.Patience.Advance(WebhookDesk.Overlap + TimeSpan.FromMinutes(1));
        receiver.Secrets[0] = rotated.Secret!;
        await world.WriteAsync(order, 2, 2);
        await WebhookWorld.UntilAsync(node, () => receiver.Signatures.Count >= 2);
        Assert.Single(receiver.Signatures.Last().Split(' '));
    }

    private IEnumerable<string> Ids(int from, int to) => Enumerable.Range(from, to - from + 1).Select(step => $"{order}/{step}").Order(StringComparer.Ordinal);

    private static string Id(JsonObject e) => e["id"]!.GetValue<string>();
}
