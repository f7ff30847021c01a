using System.Text;
using ControlTower.Data.Audit;
using ControlTower.Data.Exports;
using ControlTower.Data.Live;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Sync.Exports;

/// <summary>Long lists as files, made by a worker.</summary>
public sealed class ExportPumpTests : IAsyncLifetime
{
    private static readonly Actor Ida = ExportWorld.Person();

    private EngineWorld node = null!;
    private ExportDesk desk = null!;
    private ExportStore store = null!;

    public async ValueTask InitializeAsync()
    {
        node = await EngineWorld.CreateAsync();
        (desk, store) = (node.Get<ExportDesk>(), node.Get<ExportStore>());
    }

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Theory]
    [InlineData(ExportFormat.Csv)]
    [InlineData(ExportFormat.Xlsx)]
    public async Task The_file_holds_exactly_the_rows_of_the_filter_in_their_order_and_of_no_other_brand(ExportFormat format)
    {
        await ExportWorld.CasesAsync(node.Database, 5_000);
        var id = await StartAsync(ExportWorld.Cases(format, "Northlane"));
        await RunAsync(node.Get<ExportPump>());

        var export = (await store.FindAsync(id, Ida.Id!.Value))!;
        var expected = await node.Database.ScalarAsync<string[]>(
            "select array_agg('C-' || id order by rank desc, id desc) from exception_case where brand = 'Northlane' and state = 'open'");
        var file = await ExportWorld.FileAsync(node.Database, export);
        var found = format is ExportFormat.Csv
            ? Encoding.UTF8.GetString(file).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')[0])
            : XlsxFileTests.Read(file).Select(row => (string)row["A"]!);
        Assert.Equal(expected, found);
        Assert.Equal(("done", 2_000L, 2_000L, (long)file.Length), (export.State, export.RowsDone, export.RowsTotal, export.Size));
        Assert.True(format is ExportFormat.Xlsx || export.Parts > 1);
        Assert.Equal("ask, made", await node.Database.ScalarAsync<string>(
            $"select string_agg(detail::jsonb ->> 'act', ', ' order by seq) from audit where subject = 'export:{id}' and actor_name = 'Ida Holm' and detail::jsonb ->> 'rows' = '2000' and detail::jsonb ->> 'filter' = '/exceptions?view=oldest'"));
    }

    [Fact]
    public async Task The_same_request_is_one_export_however_often_and_fast_it_comes()
    {
        await ExportWorld.CasesAsync(node.Database, 3);
        var key = Guid.NewGuid();

        var receipts = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => desk.StartAsync(key, ExportWorld.Cases(), Ida, default)));

        Assert.Single(receipts.Select(receipt => receipt.Id).Distinct());
        Assert.Equal((1L, 1L), (await CountAsync("export"), await CountAsync("audit where action = 'exceptions:case:export'")));
        var stranger = await desk.StartAsync(key, ExportWorld.Cases(), ExportWorld.Person("Eve"), default);
        Assert.Null(stranger.Id);
        Assert.NotNull(stranger.Refusal);
    }

    [Fact]
    public async Task One_person_has_three_under_way_and_a_list_of_more_than_a_million_is_refused()
    {
        for (var i = 0; i < ExportDesk.MostOpen; i++)
        {
            await StartAsync(ExportWorld.Cases());
        }

        Assert.Contains("3 exports under way", (await desk.StartAsync(Guid.NewGuid(), ExportWorld.Cases(), Ida, default)).Refusal, StringComparison.Ordinal);
        Assert.NotNull((await desk.StartAsync(Guid.NewGuid(), ExportWorld.Cases(), ExportWorld.Person("Tom"), default)).Id);
        var huge = new ExportDesk(node.Database.Sources, node.Get<AuditLog>(), store, [new TestTable(ExportDesk.Most + 1)], node.Get<ChangeNotifier>(), node.Get<Doorbell>());
        Assert.Contains("1,000,001 cases fit", (await huge.StartAsync(Guid.NewGuid(), ExportWorld.Cases(), ExportWorld.Person("Ann"), default)).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_dead_node_began_another_begins_anew_and_the_dead_one_writes_nothing_any_more()
    {
        await ExportWorld.CasesAsync(node.Database, 20);
        var id = await StartAsync(ExportWorld.Cases());
        var work = node.Database.Sources.Work;
        var dead = (await ExportWork.TakeAsync(work, Guid.NewGuid(), ExportPump.Lease, default))!;
        Assert.True(await ExportWork.PutAsync(work, dead, ExportPump.Lease, "torn"u8.ToArray(), default));
        Assert.Equal(0, (await node.Get<ExportPump>().RunOnceAsync(default)).Taken);

        await node.Database.ExecuteAsync("update export set lease_until = now() - interval '1 second'");
        await RunAsync(node.Get<ExportPump>());

        Assert.False(await ExportWork.PutAsync(work, dead, ExportPump.Lease, "late"u8.ToArray(), default));
        Assert.False(await ExportWork.KeepAsync(work, dead, ExportPump.Lease, 1, default));
        var export = (await store.FindAsync(id, Ida.Id!.Value))!;
        Assert.Equal("done", export.State);
        Assert.Equal(19, Encoding.UTF8.GetString(await ExportWorld.FileAsync(node.Database, export)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task A_long_file_keeps_its_lease_says_how_far_it_is_and_is_dropped_when_it_is_called_off()
    {
        var id = await StartAsync(ExportWorld.Cases());
        var (slice, asked, held) = (0, new TaskCompletionSource(), new TaskCompletionSource());
        using var pump = Pump(new TestTable(3 * ExportFile.Slice, cancel =>
        {
            if (++slice < 3)
            {
                return Task.CompletedTask;
            }

            asked.SetResult();
            return held.Task.WaitAsync(cancel);
        }));
        await pump.RunOnceAsync(default);
        await asked.Task;
        await node.Database.ExecuteAsync("update export set lease_until = now() + interval '1 second'");
        Assert.Equal(PumpRun.Nothing, await pump.RunOnceAsync(default));
        Assert.True(await node.Database.ScalarAsync<bool>("select lease_until > now() + interval '2 seconds' from export"));
        var running = (await store.FindAsync(id, Ida.Id!.Value))!;
        Assert.Equal(("running", 2_000L, 3_000L), (running.State, running.RowsDone, running.RowsTotal));

        Assert.Null(await desk.CancelAsync(running, Ida, default));
        await pump.RunOnceAsync(default);
        await pump.Making;

        Assert.Equal("cancelled", (await store.FindAsync(id, Ida.Id!.Value))!.State);
        Assert.Equal(0, await CountAsync("export_part"));
        Assert.Equal("It is not under way any more. Nothing was changed.", await desk.CancelAsync(running, Ida, default));
        Assert.Equal(1, await CountAsync($"audit where subject = 'export:{id}' and detail::jsonb ->> 'act' = 'cancel'"));
    }

    [Fact]
    public async Task Nobody_calls_off_what_another_asked_for()
    {
        var id = await StartAsync(ExportWorld.Cases());
        var export = (await store.FindAsync(id, Ida.Id!.Value))!;

        Assert.NotNull(await desk.CancelAsync(export, ExportWorld.Person("Eve"), default));
        Assert.Equal("queued", (await store.FindAsync(id, Ida.Id!.Value))!.State);
    }

    [Fact]
    public async Task A_node_that_stops_hands_its_export_to_the_next_one()
    {
        var id = await StartAsync(ExportWorld.Cases());
        using var pump = Pump(new TestTable(10, cancel => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel)));
        await pump.RunOnceAsync(default);

        await pump.StopAsync(default);

        Assert.Equal("queued", (await store.FindAsync(id, Ida.Id!.Value))!.State);
        Assert.Equal(0, await node.Database.ScalarAsync<int>("select attempts from export"));
        await RunAsync(node.Get<ExportPump>());
        Assert.Equal("done", (await store.FindAsync(id, Ida.Id!.Value))!.State);
    }

    [Fact]
    public async Task What_cannot_be_made_fails_with_words_and_an_id_and_what_nodes_die_of_is_not_begun_for_ever()
    {
        var broken = await StartAsync(ExportWorld.Cases());
        using var pump = Pump(new TestTable(10, _ => throw new InvalidOperationException("secret inside")));
        await RunAsync(pump);
        var deadly = await StartAsync(ExportWorld.Cases());
        await node.Database.ExecuteAsync($"update export set attempts = {ExportPump.MostAttempts} where id = {deadly}");
        await RunAsync(node.Get<ExportPump>());

        var export = (await store.FindAsync(broken, Ida.Id!.Value))!;
        Assert.Equal(("failed", 0), (export.State, export.Parts));
        Assert.Matches("^It could not be made, and that is our fault. Quote [0-9a-f]{8}.$", export.Why);
        Assert.Contains("begun 5 times", (await store.FindAsync(deadly, Ida.Id!.Value))!.Why, StringComparison.Ordinal);
        Assert.Equal(2, await CountAsync("audit where action = 'exceptions:case:export' and outcome = 'failed'"));
    }

    [Fact]
    public async Task A_file_can_be_fetched_for_a_day_and_is_then_erased()
    {
        await ExportWorld.CasesAsync(node.Database, 20);
        var (old, young, ancient) = (await StartAsync(ExportWorld.Cases()), await StartAsync(ExportWorld.Cases()), await StartAsync(ExportWorld.Cases()));
        for (var i = 0; i < 3; i++)
        {
            await RunAsync(node.Get<ExportPump>());
        }

        await node.Database.ExecuteAsync($"update export set finished_at = now() - make_interval(hours => case id when {old} then 25 when {young} then 23 else 24 * 31 end)");
        Assert.Equal(("expired", "done"), ((await store.FindAsync(old, Ida.Id!.Value))!.State, (await store.FindAsync(young, Ida.Id!.Value))!.State));
        await store.ForgetAsync(TimeSpan.FromDays(30), default);
        await store.ForgetAsync(TimeSpan.FromDays(30), default);

        Assert.Equal(young, await node.Database.ScalarAsync<long>("select distinct export_id from export_part"));
        Assert.Equal([young, old], (await store.ListAsync(Ida.Id!.Value)).Select(export => export.Id));
        Assert.Null(await store.FindAsync(ancient, Ida.Id!.Value));
    }

    private async Task<long> StartAsync(ExportAsked asked) => (await desk.StartAsync(Guid.NewGuid(), asked, Ida, default)).Id!.Value;

    private ExportPump Pump(IExport table) => new(
        node.Database.Sources, [table], node.Get<AuditLog>(), node.Get<NodeIdentity>(), node.Get<ChangeNotifier>(), node.Get<Doorbell>(), NullLogger<ExportPump>.Instance);

    private Task<long> CountAsync(string what) => node.Database.ScalarAsync<long>($"select count(*) from {what}");

    private static async Task RunAsync(ExportPump pump)
    {
        Assert.Equal(1, (await pump.RunOnceAsync(default)).Taken);
        await pump.Making;
    }
}
