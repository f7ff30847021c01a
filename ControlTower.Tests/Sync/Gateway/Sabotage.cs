using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

/// <summary>Each guard taken away once: the harm that the tests beside this rule out must then be seen, or they prove nothing.</summary>
public sealed class Sabotage
{
    [Sabotage(5)]
    [Fact]
    public async Task P5_trusting_absent_at_once_doubles_a_document_that_the_target_commits_late()
    {
        await using var world = await EngineWorld.CreateAsync(maxProcessingSeconds: 0);
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        await world.WorkInboxAsync();
        world.Erp.Client.Answer = _ => new Outcome.Unknown("no answer");
        await world.WorkOutboxAsync();
        var late = world.Erp.Client.Calls.First();
        world.Erp.Client.Answer = _ => null;
        await world.HurryAsync();
        await world.WorkOutboxAsync();
        world.Erp.Client.Ledger.Enqueue(late);

        Assert.Equal(2, world.Erp.Client.Ledger.Count(c => c.Key == late.Key));
    }

    [Sabotage(4)]
    [Fact]
    public async Task P4_resending_without_a_look_up_doubles_a_document_whose_answer_was_lost()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        await world.WorkInboxAsync();
        world.Erp.Client.Answer = _ => new Outcome.Unknown("no answer");
        world.Erp.Client.CommitsAnyway = _ => true;
        await world.WorkOutboxAsync();

        // The state "unknown" is taken away: the delivery looks as if it had never been sent.
        await world.Database.ExecuteAsync("update delivery set state = 0, due_at = now()");
        world.Erp.Client.Answer = _ => null;
        await world.WorkOutboxAsync();

        Assert.Equal(2, world.Erp.Client.Ledger.Count);
    }

    [Sabotage(11)]
    [Fact]
    public async Task P11_without_the_fence_a_worker_that_lost_its_claim_writes()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        await world.WorkInboxAsync();
        var zombie = Assert.Single(await world.ClaimAsync());
        var owner = Assert.Single(await world.ClaimAsync());
        Assert.Equal(0, await OutboxWork.PostponeAsync(world.Database.Sources.Work, zombie, TimeSpan.FromHours(1), true, "x", "by the zombie", false, default));

        Assert.Equal(1, await OutboxWork.PostponeAsync(world.Database.Sources.Work, zombie with { Fence = owner.Fence }, TimeSpan.FromHours(1), true, "x", "by the zombie", false, default));
    }

    [Sabotage(13)]
    [Fact]
    public async Task P13_a_breaker_that_never_trips_knocks_on_a_dead_door_without_end()
    {
        Assert.True(Knocks(new BreakerRule()) <= 20);
        Assert.Equal(200, Knocks(new BreakerRule(FailedShare: 2)));
    }

    [Sabotage(13)]
    [Fact]
    public async Task P13_a_second_retry_layer_under_the_transport_repeats_what_the_tower_sends_once()
    {
        Assert.Equal(1, await RequestsOfOneCallAsync(new HttpErp()));
        Assert.Equal(3, await RequestsOfOneCallAsync(new HttpErp { Above = wire => new Stubborn { InnerHandler = wire } }));
    }

    // What OutageTests ask of the whole engine: a call that failed is one request at the vendor.
    private static async Task<int> RequestsOfOneCallAsync(HttpErp erp)
    {
        erp.Fault = _ => HttpErp.Status(System.Net.HttpStatusCode.ServiceUnavailable, "1");
        await using var world = await EngineWorld.CreateAsync(erp);
        using var gate = world.OpenGate();
        await world.Get<ControlTower.Sync.Gateway.Gateway>().TestAsync(gate, default);
        return erp.Seen.Count;
    }

    /// <summary>A handler as libraries add it: it tries again by itself.</summary>
    private sealed class Stubborn : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            for (var again = 0; again < 2 && !answer.IsSuccessStatusCode; again++)
            {
                answer = await base.SendAsync(request, cancellationToken);
            }

            return answer;
        }
    }

    private static int Knocks(BreakerRule rule)
    {
        var breaker = new CircuitBreaker(rule, new Microsoft.Extensions.Time.Testing.FakeTimeProvider());
        var knocks = 0;
        for (var i = 0; i < 200; i++)
        {
            if (breaker.Admit(1) == 1)
            {
                breaker.TryBegin(out var call);
                breaker.Failed(call, "refused");
                knocks++;
            }
        }

        return knocks;
    }
}
