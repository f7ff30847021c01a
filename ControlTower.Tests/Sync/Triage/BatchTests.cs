using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connectors;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Triage;

/// <summary>What people rely on when they retry many cases at once.</summary>
public sealed class BatchTests
{
    private static readonly BatchPlan Small = new([1, 2, 3], 8, 0.10m);

    [Fact]
    public async Task A_batch_grows_stage_by_stage_and_counts_as_proven_what_the_target_has()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 8);
        var frozen = await world.StartAsync(plan: Small);
        Assert.Equal((8, 0, new Money(8 * 119m, "EUR")), (frozen.Count, frozen.LeftOut, Assert.Single(frozen.Values)));

        foreach (var (stage, sent, settled) in new[] { (1, 1, 0), (2, 2, 1), (3, 3, 3), (4, 2, 6) })
        {
            await world.TurnAsync();
            await world.TurnAsync();
            var row = await world.ReadAsync(frozen.Id);
            Assert.Equal((stage, sent, settled), (row.Stage, row.Sent, row.Proven));
            await world.World.WorkOutboxAsync();
        }

        await world.TurnAsync();
        var done = await world.ReadAsync(frozen.Id);
        Assert.Equal(("done", 8, 0, 0), (done.State, done.Proven, done.Failed, done.Skipped));
        Assert.NotNull(done.FinishedAt);
        Assert.Equal(8, world.World.Erp.Client.Ledger.Select(c => c.Key).Distinct().Count());
        Assert.Equal(8, world.World.Erp.Client.Ledger.Count);
        Assert.Equal(16, world.World.Erp.Client.Calls.Count);
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from audit where subject = 'batch:{frozen.Id}' and detail::jsonb ->> 'count' = '8'"));
        Assert.Equal(8, await world.Database.ScalarAsync<long>(
            $"select count(distinct c) from audit a, unnest(string_to_array(a.detail::jsonb ->> 'cases', ' ')) c where a.detail::jsonb ->> 'batch' = '{frozen.Id}' and a.actor_name = 'Ida Holm'"));
    }

    [Fact]
    public async Task No_more_is_sent_per_second_than_the_batch_says()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 5);
        var frozen = await world.StartAsync(plan: new BatchPlan([5], 2, 0.1m));

        for (var i = 0; i < 5; i++)
        {
            await world.Pump.RunOnceAsync(default);
        }

        // The second of the first two may be over by now on a slow machine; never those of all five.
        var sent = (await world.ReadAsync(frozen.Id)).Sent;
        var elapsed = await world.Database.ScalarAsync<double>("select extract(epoch from now() - min(sent_at))::float8 from batch_item");
        Assert.InRange(sent, 2, 2 * (1 + (int)elapsed));
        Assert.True(await world.Database.ScalarAsync<bool>("select next_send_at - interval '1 second' = max(i.sent_at) from batch, batch_item i where i.sent_at is not null group by next_send_at"));
    }

    [Fact]
    public async Task What_comes_after_the_confirmation_stays_out_and_what_left_meanwhile_is_skipped()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 4);
        var shown = await world.CasesAsync();
        await BatchWorld.RefuseAsync(world.World, 100, 1);
        var later = (await world.CasesAsync()).Except(shown).Single();
        var frozen = await world.StartAsync(shown, new BatchPlan([10], 10, 0.1m));
        await BatchWorld.RefuseAsync(world.World, 101, 1);
        Assert.True(await RetryDeskTests.CloseAsync(world.World, shown[1], BatchWorld.Somebody));
        await world.World.Get<ControlTower.Sync.Triage.RetryDesk>().RetryAsync([shown[2]], BatchWorld.Somebody, default);

        var row = await world.FinishAsync(frozen.Id);

        Assert.Equal((4, 2, 2), (row.Count, row.Proven, row.Skipped));
        Assert.Equal("open", await world.Database.ScalarAsync<string>($"select state from exception_case where id = {later}"));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'"));
        Assert.Equal("Closed by Ida Holm before its turn", await DetailAsync(world, shown[1]));
        Assert.Equal("Somebody else was retrying it", await DetailAsync(world, shown[2]));
        Assert.Equal(3, world.World.Erp.Client.Ledger.Count);
    }

    [Fact]
    public async Task A_double_click_starts_one_batch()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 6);
        var (key, cases) = (Guid.NewGuid(), await world.CasesAsync());

        var ids = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(async () => (await world.StartAsync(cases, key: key)).Id)));

        Assert.Single(ids.Distinct());
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from batch"));
        Assert.Equal(6, await world.Database.ScalarAsync<long>("select count(*) from batch_item"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where subject like 'batch:%'"));
    }

    [Fact]
    public async Task A_case_is_in_the_hands_of_one_batch_only_and_the_other_says_what_it_left_out()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 6);
        var cases = await world.CasesAsync();

        var started = await Task.WhenAll(
            Task.Run(() => world.Desk.StartAsync(Of(cases[..4]), BatchWorld.Somebody, default)), Task.Run(() => world.Desk.StartAsync(Of(cases[2..]), BatchWorld.Somebody, default)));

        Assert.Equal([2, 4], started.Select(s => s!.Batch.Count).Order());
        Assert.Equal(2, started.Sum(s => s!.Batch.LeftOut));
        Assert.Null(await world.Desk.StartAsync(Of(cases), BatchWorld.Somebody, default));
        foreach (var batch in started)
        {
            Assert.Equal("done", (await world.FinishAsync(batch!.Batch.Id)).State);
        }

        Assert.Equal(6, world.World.Erp.Client.Ledger.Count);
    }

    [Fact]
    public async Task A_batch_in_which_too_much_fails_stops_by_itself_says_why_and_lets_go_of_the_rest()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 12);
        var frozen = await world.StartAsync(plan: new BatchPlan([1, 9, 2], 20, 0.25m));
        var keys = world.World.Erp.Client.Calls.Select(c => c.Key).Distinct().ToList();
        world.World.Erp.Client.Answer = command => keys.IndexOf(command.Key) is 1 or 4 or 6 ? new Outcome.Refused(FailureKind.Value, "still", "Still no.") : null;

        var row = await world.FinishAsync(frozen.Id);

        Assert.Equal(("stopped", "3 of 10 failed in stage 2, more than 25%"), (row.State, row.Why));
        Assert.Equal((7, 3, 2), (row.Proven, row.Failed, row.Skipped));
        Assert.Equal(3, await world.Database.ScalarAsync<long>("select count(*) from batch_item where state = 'failed' and detail like '%Still no.%'"));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from batch_item where state = 'skipped' and detail = 'Not sent: the batch stopped by itself'"));
        world.World.Erp.Client.Answer = _ => null;
        var again = await world.StartAsync(plan: new BatchPlan([50], 50, 0.1m));
        Assert.Equal(5, again.Count);
        Assert.Equal(5, (await world.FinishAsync(again.Id)).Proven);
    }

    [Fact]
    public async Task A_first_stage_of_one_that_fails_stops_the_batch()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 3);
        world.World.Erp.Client.Answer = _ => new Outcome.Refused(FailureKind.Value, "no", "No.");
        var frozen = await world.StartAsync();

        var row = await world.FinishAsync(frozen.Id);

        Assert.Equal(("stopped", "1 of 1 failed in stage 1, more than 10%", 1, 2), (row.State, row.Why, row.Failed, row.Skipped));
        Assert.Equal(4, world.World.Erp.Client.Calls.Count);
    }

    [Fact]
    public async Task An_outage_of_the_target_fails_nothing_and_the_batch_says_what_it_waits_for()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 3);
        world.World.Erp.Client.Answer = _ => new Outcome.NotDone(FailureKind.Connection, "Down.");
        var frozen = await world.StartAsync(plan: Small);
        await world.TurnAsync();
        await world.World.WorkOutboxAsync();
        await world.Database.ExecuteAsync("update connection_gate set breaker = 'open' where connection_id = 'erp'");
        for (var i = 0; i < 3; i++)
        {
            await world.TurnAsync();
        }

        var picture = (await world.World.Get<BatchQueries>().PictureAsync(frozen.Id))!;
        Assert.Equal(("running", 1, 0, 2), (picture.Row.State, picture.Row.Sent, picture.Row.Failed, picture.Row.Waiting));
        Assert.Equal(new BatchWait("Test ERP", 1, Paused: false), Assert.Single(picture.Waits));

        world.World.Erp.Client.Answer = _ => null;
        await world.World.HurryAsync();
        await world.World.WorkOutboxAsync();
        for (var i = 0; i < 3; i++)
        {
            await world.TurnAsync();
            await world.World.HurryAsync();
            await world.World.WorkOutboxAsync();
        }

        Assert.Equal(3, (await world.FinishAsync(frozen.Id)).Proven);
    }

    [Fact]
    public async Task A_hundred_thousand_cases_are_frozen_in_one_act_with_their_value()
    {
        await using var database = await TestDatabase.CreateAsync();
        // What triggers add to a case takes longer than all that is looked at here.
        await database.ExecuteAsync(
            """
            set session_replication_role = replica;
            insert into exception_case (fingerprint, failure, code, title, message, subject, value, currency)
            select 'f', 'value', 'c', 't', 'm', 'posting/' || n, 2, case when n % 2 = 0 then 'EUR' else 'GBP' end from generate_series(1, 100000) n;
            set session_replication_role = default
            """);

        var queries = new CaseQueries(database.Sources);
        var ids = await queries.WholeAsync(new CaseFilter(), 250_000);
        Assert.Equal(100_000, (await queries.SetAsync(ids)).Ids.Count);
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        var plan = BatchPlan.Standard;

        var frozen = await BatchStore.FreezeAsync(connection, new NewBatch(Guid.NewGuid(), ids, "all", null, plan), Actor.Tower("test"), default);

        Assert.Equal((100_000, 0), (frozen!.Count, frozen.LeftOut));
        foreach (var present in new[] { 1, 4, 300, 1004 })
        {
            await database.ExecuteAsync($"update batch set stage = {present}");
            var bars = (await new BatchQueries(database.Sources).PictureAsync(frozen.Id))!.Bars;
            Assert.InRange(bars.Count, 5, 7);
            Assert.Equal(100_000, bars.Sum(bar => bar.Count));
            Assert.Contains(bars, bar => bar.First <= present && bar.Last >= present);
            Assert.Equal((1, plan.StagesFor(100_000)), (bars[0].First, bars[^1].Last));
        }

        Assert.Equal([new Money(100_000m, "EUR"), new Money(100_000m, "GBP")], frozen.Values.OrderBy(v => v.Currency, StringComparer.Ordinal));
        // The stages that the database numbered are those that the plan draws.
        Assert.Equal(plan.StagesFor(100_000), await database.ScalarAsync<int>("select max(stage) from batch_item"));
        foreach (var stage in new[] { 1, 2, 3, 4, 5, 6, 500 })
        {
            var (first, last) = plan.RangeOf(stage);
            Assert.True(await database.ScalarAsync<bool>($"select min(ordinal) = {first} and max(ordinal) = {last} from batch_item where stage = {stage}"), $"stage {stage}");
            Assert.Equal((stage, stage), (plan.StageOf(first), plan.StageOf(last)));
        }
    }

    private static NewBatch Of(long[] cases) => new(Guid.NewGuid(), cases, "some", "They are mended", BatchPlan.Standard);

    private static Task<string?> DetailAsync(BatchWorld world, long id) => world.Database.ScalarAsync<string>($"select detail from batch_item where case_id = {id}");

    [Fact]
    public async Task A_retry_of_checks_that_helped_nothing_has_failed_and_leaves_its_cases_in_the_hands_they_are_in()
    {
        await using var world = new BatchWorld(await EngineWorld.CreateAsync());
        var wrong = EngineWorld.Order("1");
        await world.World.ReceiveAsync(
            EngineWorld.Message(wrong with { Totals = wrong.Totals with { Total = 1m } }), EngineWorld.Message(EngineWorld.Order("2", sku: "NOWHERE")), EngineWorld.Message(EngineWorld.Order("3", sku: "NOWHERE")));
        await world.World.WorkInboxAsync();
        await world.Database.ExecuteAsync("update exception_case set ticket = 'OPS-' || id, opened_at = opened_at - interval '1 day'");
        var before = await CasesAsync(world);

        var row = await world.FinishAsync((await world.StartAsync(plan: new BatchPlan([3], 8, 0.1m))).Id);

        Assert.Equal(("stopped", 0, 0, 3), (row.State, row.Proven, row.Passed, row.Failed));
        Assert.Equal("3 of 3 failed in stage 1, more than 10%", row.Why);
        Assert.Equal(before, await CasesAsync(world));
        Assert.Equal(3, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open' and attempts = 1 and occurrences = 2"));

        // What is mended goes on: that is no failure, and no proof either.
        await world.Database.ExecuteAsync("insert into stock (sku, location, on_hand) values ('NOWHERE', 'WEB', 10)");
        var mended = await world.FinishAsync((await world.StartAsync(plan: new BatchPlan([3], 8, 0.5m))).Id);
        Assert.Equal(("done", 0, 2, 1), (mended.State, mended.Proven, mended.Passed, mended.Failed));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'resolved' and closed_by = 'tower' and not proven"));
        Assert.Equal(before, await CasesAsync(world));
    }

    private static Task<string?> CasesAsync(BatchWorld world) => world.Database.ScalarAsync<string>("select string_agg(concat_ws('/', id, code, ticket, opened_at), ' ' order by id) from exception_case where code <> 'other'");
}
