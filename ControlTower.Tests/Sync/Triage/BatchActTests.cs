using ControlTower.Data.Triage;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Sync.Triage;

/// <summary>What people rely on when they close, assign or snooze many cases at once: exactly the frozen ones, as they were frozen, with the reason in the history of each.</summary>
public sealed class BatchActTests
{
    private const string Why = "Tested orders of the fair";

    [Fact]
    public async Task Discarding_many_closes_the_frozen_ones_and_leaves_what_changed_or_came_since()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 5);
        var cases = await world.CasesAsync();
        var frozen = (await StartAsync(world, BatchKind.Discard, cases))!;
        await BatchWorld.RefuseAsync(world.World, 100, 1);
        await world.World.Get<CaseDesk>().ShelveAsync([new CaseSeen(cases[0], await VersionAsync(world, cases[0]))], ShelfKind.Snoozed, null, null, BatchWorld.Somebody, default);
        Assert.True(await RetryDeskTests.CloseAsync(world.World, cases[1], BatchWorld.Somebody));

        var row = await world.FinishAsync(frozen.Id);

        Assert.Equal(("done", 3, 0, 2), (row.State, row.Passed, row.Failed, row.Skipped));
        Assert.Equal(3, await world.Database.ScalarAsync<long>($"select count(*) from exception_case where state = 'discarded' and closed_by = 'Ida Holm' and resolution = '{Why}' and not proven"));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'"));
        Assert.Equal("It changed after it was frozen, and was left", await DetailAsync(world, cases[0]));
        Assert.Equal("Closed by Ida Holm before its turn", await DetailAsync(world, cases[1]));
        // Nothing went out beside the six that were refused.
        Assert.Equal(6, world.World.Erp.Client.Calls.Count);
        Assert.Equal(3, await world.Database.ScalarAsync<long>(
            $"select count(distinct c) from audit a, unnest(string_to_array(a.detail::jsonb ->> 'cases', ' ')) c where a.detail::jsonb ->> 'batch' = '{frozen.Id}' and a.action = 'exceptions:case:discard' and a.reason = '{Why}'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from audit where subject = 'batch:{frozen.Id}' and reason = '{Why}' and detail::jsonb ->> 'kind' = 'discard'"));
    }

    [Fact]
    public async Task Assigning_many_holds_them_off_the_board_where_a_time_is_given_and_letting_go_takes_them_out_of_everybodys_hands()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 3);
        var person = await world.Database.ScalarAsync<Guid>("insert into account (id, email, name, role, security_stamp, created_at) values (gen_random_uuid(), 'ada@example.com', 'Ada', 'Operations', gen_random_uuid(), now()) returning id");
        var order = new BatchOrder(BatchKind.Assign) { Assignee = person, AssigneeName = "Ada", Ticket = "OPS-7", Until = TimeProvider.System.GetUtcNow().AddHours(2) };
        await world.FinishAsync((await StartAsync(world, order, await world.CasesAsync()))!.Id);
        Assert.Equal(3, await world.Database.ScalarAsync<long>($"select count(*) from exception_case where assignee = '{person}' and ticket = 'OPS-7' and shelf = 'held' and shelf_until > now()"));

        var row = await world.FinishAsync((await StartAsync(world, BatchKind.Assign, await world.CasesAsync()))!.Id);
        Assert.Equal((3, 0), (row.Passed, row.Skipped));
        Assert.Equal("exceptions:case:assign Ada, exceptions:case:release ", await world.Database.ScalarAsync<string>(
            "select string_agg(action || ' ' || coalesce(detail::jsonb ->> 'to', ''), ', ' order by seq) from audit where subject like '% cases'"));
        Assert.Equal(3, await world.Database.ScalarAsync<long>("select count(*) from exception_case where assignee is null and ticket is null"));

        await world.FinishAsync((await StartAsync(world, BatchKind.Wake, await world.CasesAsync()))!.Id);
        Assert.Equal(3, await world.Database.ScalarAsync<long>("select count(*) from exception_case where shelf is null and state = 'open'"));
    }

    [Fact]
    public async Task More_cases_than_one_transaction_takes_go_slice_by_slice_and_a_node_that_takes_over_does_none_twice()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 1);
        await world.Database.ExecuteAsync(
            """
            insert into exception_case (fingerprint, failure, code, title, message, subject, value, currency)
            select 'f', 'value', 'c', 't', 'm', 'message/' || n, 2, 'EUR' from generate_series(1, 2500) n
            """);
        var frozen = (await StartAsync(world, BatchKind.Resolve, await world.CasesAsync()))!;
        await world.Database.ExecuteAsync("update batch set next_send_at = now() - interval '1 second'");
        await world.Pump.RunOnceAsync(default);
        Assert.Equal((1_000, 1_501), ((await world.ReadAsync(frozen.Id)).Passed, (await world.ReadAsync(frozen.Id)).Waiting));
        await world.Pump.StopAsync(default);

        var row = await world.FinishAsync(frozen.Id);

        Assert.Equal(("done", 2_501, 0), (row.State, row.Passed, row.Skipped));
        Assert.Equal(2_501, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'resolved' and version = 2"));
        Assert.Equal(3, await world.Database.ScalarAsync<long>($"select count(*) from audit where detail::jsonb ->> 'batch' = '{frozen.Id}'"));
    }

    [Fact]
    public async Task Stopped_before_its_turn_it_changes_nothing_and_lets_go_of_the_cases()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 2);
        var cases = await world.CasesAsync();
        var frozen = (await StartAsync(world, BatchKind.Discard, cases))!;
        Assert.Null(await StartAsync(world, BatchKind.Resolve, cases));

        Assert.Null((await world.Desk.StopAsync(frozen.Id, 1, BatchWorld.Somebody, default)).Refusal);
        await world.TurnAsync();

        Assert.Equal(("cancelled", 0, 2), ((await world.ReadAsync(frozen.Id)).State, (await world.ReadAsync(frozen.Id)).Passed, (await world.ReadAsync(frozen.Id)).Skipped));
        Assert.Equal("Not done: Ida Holm stopped the batch", await DetailAsync(world, cases[0]));
        Assert.Equal(2, (await StartAsync(world, BatchKind.Resolve, cases))!.Count);
    }

    [Theory]
    [InlineData(BatchKind.Retry, null)]
    [InlineData(BatchKind.Resolve, "  no ")]
    [InlineData(BatchKind.Discard, null)]
    public async Task Without_a_reason_nothing_is_started(BatchKind kind, string? reason)
    {
        await using var world = await BatchWorld.CreateAsync(refused: 2);
        var cases = await world.CasesAsync();

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => world.Desk.StartAsync(
            new NewBatch(Guid.NewGuid(), cases, "some", reason, BatchPlan.Act) { Order = new BatchOrder(kind) }, BatchWorld.Somebody, default));

        Assert.Contains("Say why", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from batch"));
    }

    [Fact]
    public async Task The_database_refuses_a_closing_without_a_reason_and_an_order_that_does_not_fit_its_kind()
    {
        await using var world = await BatchWorld.CreateAsync(refused: 1);
        await world.FinishAsync((await StartAsync(world, BatchKind.Discard, await world.CasesAsync()))!.Id);
        foreach (var change in new[] { "reason = '   '", "kind = 'retry', ticket = 'OPS-1'", "kind = 'snooze', assignee = gen_random_uuid(), assignee_name = 'Ada'", "shelf_until = now()" })
        {
            Assert.Equal("23514", (await Assert.ThrowsAsync<PostgresException>(() => world.Database.ExecuteAsync($"update batch set {change}"))).SqlState);
        }
    }

    private static Task<FrozenBatch?> StartAsync(BatchWorld world, BatchKind kind, long[] cases) => StartAsync(world, new BatchOrder(kind), cases);

    private static async Task<FrozenBatch?> StartAsync(BatchWorld world, BatchOrder order, long[] cases) =>
        (await world.Desk.StartAsync(new NewBatch(Guid.NewGuid(), cases, "some", Why, BatchPlan.Act) { Order = order }, BatchWorld.Somebody, default))?.Batch;

    private static Task<string?> DetailAsync(BatchWorld world, long id) => world.Database.ScalarAsync<string>($"select detail from batch_item where case_id = {id} order by batch_id limit 1");

    private static Task<int> VersionAsync(BatchWorld world, long id) => world.Database.ScalarAsync<int>($"select version from exception_case where id = {id}");
}
