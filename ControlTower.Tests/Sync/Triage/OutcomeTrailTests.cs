using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Triage;

/// <summary>What became of a single retry stands in the trail under the name of whoever asked for it, once and true.</summary>
public sealed class OutcomeTrailTests
{
    private static readonly Actor Ida = new(Guid.Parse("00000000-0000-4000-8000-00000000000a"), "Ida Holm", "Operations");
    private static readonly Actor Ben = new(Guid.Parse("00000000-0000-4000-8000-00000000000b"), "Ben Ito", "Operations");

    [Fact]
    public async Task Proven_is_said_once_the_target_was_read_back_and_not_before()
    {
        await using var batches = await BatchWorld.CreateAsync(refused: 1);
        var world = batches.World;
        await world.Get<RetryDesk>().RetryAsync([1], Ida, default);
        await batches.TurnAsync();
        Assert.Null(await SaidAsync(world));

        await world.WorkOutboxAsync();
        await batches.TurnAsync();
        await batches.TurnAsync();

        Assert.Equal("case:1 proven done Ida Holm", await SaidAsync(world));
        var told = (await world.Get<CaseDetailQueries>().LoadAsync(1))!.History;
        Assert.Equal(["proven", null], told.Where(act => act.Action == "exceptions:case:retry").Select(act => act.Result));
    }

    [Fact]
    public async Task Failed_again_names_what_with_and_a_second_retry_has_its_own_outcome()
    {
        await using var world = (await BatchWorld.CreateAsync(refused: 1)).World;
        world.Erp.Client.Answer = _ => new Outcome.Refused(FailureKind.Missing, "taxCode", "No such tax code.");
        await world.Get<RetryDesk>().RetryAsync([1], Ida, default);
        await world.WorkOutboxAsync();

        // Nobody has looked yet, and Ben is faster.
        world.Erp.Client.Answer = _ => null;
        await world.Get<RetryDesk>().RetryAsync([1], Ben, default);
        await world.Get<OutcomeTrail>().WriteAsync(default);
        await world.WorkOutboxAsync();
        await world.Get<OutcomeTrail>().WriteAsync(default);

        Assert.Equal("case:1 failed-again failed Ida Holm missing taxCode, case:1 proven done Ben Ito", await SaidAsync(world));
    }

    [Fact]
    public async Task Called_off_by_somebody_else_is_the_outcome_of_who_asked()
    {
        await using var world = (await BatchWorld.CreateAsync(refused: 1)).World;
        await world.Get<RetryDesk>().RetryAsync([1], Ida, default);
        Assert.Null(await world.Get<RetryDesk>().CallOffAsync(new CaseSeen(1, await world.Database.ScalarAsync<int>("select version from exception_case")), Ben, default));

        await world.Get<OutcomeTrail>().WriteAsync(default);

        Assert.Equal("case:1 called-off done Ida Holm Ben Ito", await SaidAsync(world));
    }

    [Fact]
    public async Task Taken_back_in_time_is_called_off_too()
    {
        await using var world = (await BatchWorld.CreateAsync(refused: 1)).World;
        var retry = await world.Get<RetryDesk>().RetryAsync([1], CaseDesk.UndoTime, Ida, default);
        await world.Get<RetryDesk>().TakeBackAsync(retry, Ida, default);
        await world.Get<OutcomeTrail>().WriteAsync(default);
        Assert.Equal("case:1 called-off done Ida Holm Ida Holm", await SaidAsync(world));
    }

    [Fact]
    public async Task A_check_that_finds_the_same_again_has_failed_again()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", sku: "NOWHERE")));
        await world.WorkInboxAsync();
        await world.Get<RetryDesk>().RetryAsync([1], Ida, default);
        await world.Get<OutcomeTrail>().WriteAsync(default);
        Assert.Equal("case:1 failed-again failed Ida Holm missing out-of-stock", await SaidAsync(world));
    }

    [Fact]
    public async Task Many_that_ended_alike_are_one_entry_and_a_batch_speaks_for_itself()
    {
        await using var batches = await BatchWorld.CreateAsync(refused: 4);
        var world = batches.World;
        await world.Get<RetryDesk>().RetryAsync([1, 2, 3], Ida, default);
        var batch = await batches.StartAsync();
        await batches.FinishAsync(batch.Id);
        await world.Get<OutcomeTrail>().WriteAsync(default);

        Assert.Equal("3 cases proven done Ida Holm", await SaidAsync(world));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from awaited_outcome"));
        var told = (await world.Get<CaseDetailQueries>().LoadAsync(2))!.History;
        Assert.Contains(told, act => act is { Result: "proven", Who: "Ida Holm" });
    }

    [Fact]
    public async Task Two_nodes_that_look_at_once_say_it_once()
    {
        await using var world = (await BatchWorld.CreateAsync(refused: 3)).World;
        await world.Get<RetryDesk>().RetryAsync([1, 2, 3], Ida, default);
        await world.WorkOutboxAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => world.Get<OutcomeTrail>().WriteAsync(default)));
        Assert.Equal("3 cases proven done Ida Holm", await SaidAsync(world));
    }

    private static Task<string?> SaidAsync(EngineWorld world) => world.Database.ScalarAsync<string>(
        """
        select string_agg(concat_ws(' ', subject, detail::jsonb ->> 'result', outcome, actor_name, detail::jsonb ->> 'by', detail::jsonb ->> 'failure', detail::jsonb ->> 'code'), ', ' order by seq)
        from audit where detail::jsonb ->> 'act' = 'outcome' and action = 'exceptions:case:retry' and subject not like 'batch%'
        """);
}
