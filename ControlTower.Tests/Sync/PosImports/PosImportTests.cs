using System.Text;
using ControlTower.Data.PosImports;
using ControlTower.Sync.Connections;
using ControlTower.Sync.PosImports;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Support.TillFiles;

namespace ControlTower.Tests.Sync.PosImports;

/// <summary>Files of tills from their arrival to the inbox and on into orders. The test is the worker.</summary>
public sealed class PosImportTests : IAsyncLifetime
{
    private PosWorld world = null!;

    public async ValueTask InitializeAsync() => world = await PosWorld.CreateAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_day_becomes_orders_once_and_what_is_no_sale_is_left_out_and_counted()
    {
        var file = await world.ImportAsync(File(Sale(1), Sale(2, status: "Voided"), Sale(3, marks: "TrainingModeFlag=\"true\""), Sale(4, status: "Suspended"), Sale(5, status: "Canceled"), Sale(6, status: "Replaced"), Sale(7)));

        Assert.Equal(("done", new PosCounts(Taken: 2, Training: 1, Voided: 1, Suspended: 1, Cancelled: 1, Reentered: 1), 0L), (file.State, file.Counts, file.Findings));
        await world.Engine.WorkInboxAsync();
        Assert.Equal(["S001/1/2026-11-20/1", "S001/1/2026-11-20/7"], await world.Database.ScalarAsync<string[]>("select array_agg(source_id order by source_id) from flow where source = 'tills'") ?? []);
        Assert.Equal(0, await world.CountAsync("pos_file_part"));
        Assert.Equal(1, await world.CountAsync($"audit where action = '{PosImportDesk.Act}' and subject = 'pos-file:{file.Id}' and actor_name = 'Ida Holm'"));
    }

    [Fact]
    public async Task The_bytes_of_a_receipt_are_kept_as_the_till_wrote_them()
    {
        var sale = Sale(1, item: "Käse &amp; Brot");
        await world.ImportAsync(File(sale));

        Assert.Contains(sale, Encoding.UTF8.GetString((await world.Database.ScalarAsync<byte[]>("select body from inbox_message where connection_id = 'tills'"))!), StringComparison.Ordinal);
    }

    [Promise(27)]
    [Fact]
    public async Task The_same_file_twice_is_once_however_fast_it_comes()
    {
        var bytes = File(Sale(1), Sale(2));
        var receipts = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => world.UploadAsync(bytes, $"copy-{i}.xml")));
        await world.ReadAsync();
        var late = await world.UploadAsync(bytes);

        Assert.Single(receipts.Append(late).Select(r => r.Id).Distinct());
        Assert.Equal(1, receipts.Count(r => r.IsNew));
        Assert.False(late.IsNew);
        Assert.Equal((1L, 2L), (await world.CountAsync("pos_file"), await world.ReceivedAsync()));
        await world.ReadAsync();
        Assert.Equal(2, await world.ReceivedAsync());
    }

    [Promise(27)]
    [Fact]
    public async Task The_same_receipt_in_two_files_and_twice_in_one_is_once()
    {
        await world.ImportAsync(File(Sale(1), Sale(2)));
        var second = await world.ImportAsync(File(Sale(2), Sale(3), Sale(3)));

        Assert.Equal((1L, 2L, 0L), (second.Counts.Taken, second.Counts.Repeated, second.Findings));
        Assert.Equal(3, await world.ReceivedAsync());
    }

    [Fact]
    public async Task The_same_number_with_other_content_is_told_and_the_first_one_stays()
    {
        await world.ImportAsync(File(Sale(1)));
        var second = await world.ImportAsync(File(Sale(1, item: "SKU-2"), Sale(2)));

        var finding = Assert.Single(await world.Files.FindingsAsync(second.Id, 0, 10));
        Assert.Equal(("changed", 3L, 1L, "S001-1-1"), (finding.Code, finding.Line, finding.Column, finding.Transaction));
        Assert.Equal(2, await world.ReceivedAsync());
    }

    [Promise(27)]
    [Fact]
    public async Task A_lie_costs_its_own_receipt_and_is_told_with_its_place_and_what_to_do()
    {
        var file = await world.ImportAsync(File(Sale(1), Sale(2, total: "120.00"), Sale(3)));

        Assert.Equal((2L, 1L, "done"), (file.Counts.Taken, file.Counts.Faulty, file.State));
        var finding = (await world.Files.FindingsAsync(file.Id, 0, 10))[0];
        Assert.Equal(("grand-total", 11L, 1L), (finding.Code, finding.Line, finding.Column));
        Assert.Contains("The grand total is 120.00, lines and tax come to 119.00", finding.Message, StringComparison.Ordinal);
        Assert.Contains("send the file again", finding.Message, StringComparison.Ordinal);
        Assert.Equal(0, await world.CountAsync("inbox_message where event_id like '%/2'"));

        var corrected = await world.ImportAsync(File(Sale(1), Sale(2), Sale(3)));
        Assert.Equal((1L, 2L), (corrected.Counts.Taken, corrected.Counts.Repeated));
    }

    [Fact]
    public async Task A_hole_between_numbers_is_told_and_closed_by_the_file_that_fills_it()
    {
        var file = await world.ImportAsync(File(Sale(1), Sale(2), Sale(5), Sale(1, till: "2"), Sale(2, till: "2")));
        var gap = Assert.Single(await world.Files.FindingsAsync(file.Id, 0, 10));
        Assert.Equal(("gap", "S001-1-5", 19L), (gap.Code, gap.Transaction, gap.Line));
        Assert.Contains("numbers 3 to 4 of till 1 are missing", gap.Message, StringComparison.Ordinal);
        var store = Assert.Single(await world.Files.StoresAsync());
        Assert.Equal((1L, 2L, "till 1: 3 to 4"), (store.Holes, store.Missing, store.FirstHole));

        await world.ImportAsync(File(Sale(3), Sale(4, status: "Voided")));
        Assert.Equal(0, Assert.Single(await world.Files.StoresAsync()).Holes);
    }

    [Fact]
    public async Task A_till_that_begins_anew_each_day_has_no_hole_and_one_that_goes_on_over_night_may_have()
    {
        var daily = await world.ImportAsync(File(Sale(1), Sale(2), Sale(1, day: "2026-11-21"), Sale(2, day: "2026-11-21")));
        var ongoing = await world.ImportAsync(File(Sale(10, till: "9"), Sale(12, till: "9", day: "2026-11-21")));

        Assert.Equal(0, daily.Findings);
        Assert.Equal(["gap"], await world.CodesAsync(ongoing.Id));
    }

    [Theory]
    [InlineData("<!DOCTYPE POSLog [<!ENTITY a \"b\">]><POSLog/>", "<!DOCTYPE or <!ENTITY")]
    [InlineData("<Orders/>", "This is no POSLog")]
    public async Task A_file_that_may_not_be_read_is_refused_with_words(string text, string words)
    {
        var file = await world.ImportAsync(Encoding.UTF8.GetBytes(text));

        Assert.Equal("refused", file.State);
        Assert.Contains(words, file.Why, StringComparison.Ordinal);
        Assert.Equal(0, await world.ReceivedAsync());
    }

    [Fact]
    public async Task What_came_before_the_cut_is_taken_and_the_whole_file_adds_the_rest()
    {
        var whole = File(Enumerable.Range(1, 6).Select(i => Sale(i)));
        var torn = await world.ImportAsync(whole[..(whole.Length * 2 / 3)]);
        Assert.Equal(("refused", 4L - 1), (torn.State, torn.Counts.Taken));
        Assert.Contains("ends in the middle", torn.Why, StringComparison.Ordinal);

        var again = await world.ImportAsync(whole);
        Assert.Equal((3L, 3L, "done"), (again.Counts.Taken, again.Counts.Repeated, again.State));
        Assert.Equal(6, await world.ReceivedAsync());
    }

    [Promise(27)]
    [Fact]
    public async Task A_node_that_dies_between_two_steps_is_followed_by_another_and_nothing_is_lost_or_doubled()
    {
        await world.UploadAsync(File(Enumerable.Range(1, 600).Select(i => Sale(i))));
        Assert.True((await world.Engine.Get<PosImportPump>().RunOnceAsync(default)).Again);
        Assert.Equal(250, await world.ReceivedAsync());
        // Its lease still runs: nobody else touches the file.
        var other = world.OtherPump();
        Assert.Equal(0, (await other.RunOnceAsync(default)).Taken);

        await world.Database.ExecuteAsync("update pos_file set lease_until = now() - interval '1 second'");
        while ((await other.RunOnceAsync(default)).Again)
        {
        }

        Assert.Equal(("done", 600L), ((await world.Files.ListAsync())[0].State, (await world.Files.ListAsync())[0].Counts.Taken));
        Assert.Equal(600, await world.ReceivedAsync());
    }

    [Promise(27)]
    [Fact]
    public async Task A_step_that_breaks_in_the_middle_leaves_nothing_behind_and_is_made_again()
    {
        await world.UploadAsync(File(Enumerable.Range(1, 600).Select(i => Sale(i))));
        var pump = world.Engine.Get<PosImportPump>();
        await pump.RunOnceAsync(default);
        await world.Database.ExecuteAsync(
            """
            create function fail_once() returns trigger language plpgsql as $$ begin raise exception 'gone'; end $$;
            create trigger fail_once before insert on inbox_message for each row when (new.event_id like '%/400') execute function fail_once()
            """);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => pump.RunOnceAsync(default));
        Assert.Equal((250L, 250L), (await world.ReceivedAsync(), await world.CountAsync("pos_transaction")));

        await world.Database.ExecuteAsync("drop trigger fail_once on inbox_message");
        await world.ReadAsync();
        Assert.Equal((600L, 600L), (await world.ReceivedAsync(), (await world.Files.ListAsync())[0].Counts.Taken));
    }

    [Sabotage(27)]
    [Fact]
    public async Task Sabotage_without_a_fence_that_rises_a_node_that_lost_its_lease_writes_into_the_turn_of_another()
    {
        await world.Database.ExecuteAsync(
            """
            create function fence_stays() returns trigger language plpgsql as $$ begin new.fence := old.fence; return new; end $$;
            create trigger fence_stays before update on pos_file for each row execute function fence_stays()
            """);
        await world.UploadAsync(File(Sale(1), Sale(2)));
        Assert.True(await LateNodeWritesAsync(), "The test must notice when nothing tells the turns of two nodes apart.");
    }

    [Promise(27)]
    [Fact]
    public async Task A_node_that_lost_its_lease_writes_nothing_into_the_turn_of_another()
    {
        await world.UploadAsync(File(Sale(1), Sale(2)));
        Assert.False(await LateNodeWritesAsync());
    }

    /// <summary>A node takes a file, its lease runs out, another takes it; then the first comes with what it read.</summary>
    private async Task<bool> LateNodeWritesAsync()
    {
        var late = (await PosFileWork.TakeAsync(world.Database.Sources.Work, Guid.NewGuid(), PosImportPump.Lease, default))!;
        await world.Database.ExecuteAsync("update pos_file set lease_until = now() - interval '1 second'");
        Assert.NotNull(await PosFileWork.TakeAsync(world.Database.Sources.Work, Guid.NewGuid(), PosImportPump.Lease, default));
        await using var connection = await world.Database.Sources.Work.OpenConnectionAsync();
        return await PosFileWork.AdvanceAsync(connection, late, new PosStep([], [], 1, null, 10, 1, 10), default);
    }

    [Promise(27)]
    [Fact]
    public async Task A_node_that_lost_its_lease_writes_nothing()
    {
        await world.UploadAsync(File(Sale(1), Sale(2)));
        var late = (await PosFileWork.TakeAsync(world.Database.Sources.Work, Guid.NewGuid(), PosImportPump.Lease, default))!;
        await world.Database.ExecuteAsync("update pos_file set lease_until = now() - interval '1 second'");
        await world.ReadAsync();

        await using var connection = await world.Database.Sources.Work.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            Assert.False(await PosFileWork.AdvanceAsync(connection, late, new PosStep([], [], 1, null, 10, 1, 10), default));
        }

        Assert.Equal(("done", 0L), ((await world.Files.ListAsync())[0].State, (await world.Files.ListAsync())[0].Counts.Faulty));
    }

    [Fact]
    public async Task What_nodes_die_of_is_not_begun_for_ever()
    {
        var id = (await world.UploadAsync(File(Sale(1)))).Id;
        await world.Database.ExecuteAsync($"update pos_file set attempts = {PosImportPump.MostAttempts} where id = {id}");
        await world.ReadAsync();

        var file = (await world.Files.FindAsync(id!.Value))!;
        Assert.Equal("refused", file.State);
        Assert.Contains("never came further", file.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_number_that_no_till_reaches_costs_its_own_receipt_and_stops_no_file()
    {
        var file = await world.ImportAsync(File(Sale(1), Sale(long.MaxValue), Sale(2)));

        Assert.Equal(("done", 2L, 1L), (file.State, file.Counts.Taken, file.Counts.Faulty));
        Assert.Equal(["sequence"], await world.CodesAsync(file.Id));
    }

    [Fact]
    public async Task A_file_that_came_to_nothing_stands_behind_those_of_other_tills()
    {
        await AddKioskAsync();
        var stuck = (await world.UploadAsync(File(Sale(1)))).Id;
        await world.Database.ExecuteAsync($"update pos_file set attempts = 1 where id = {stuck}");
        using var bytes = new MemoryStream(File(Sale(2)));
        await world.Desk.TakeAsync("kiosk", "day.xml", "upload", bytes, PosWorld.Ida, default);

        Assert.Equal("kiosk", (await PosFileWork.TakeAsync(world.Database.Sources.Work, Guid.NewGuid(), PosImportPump.Lease, default))!.Connection);
    }

    [Fact]
    public async Task What_was_put_aside_or_practised_gives_way_to_the_sale_of_its_number()
    {
        await world.ImportAsync(File(Sale(1, status: "Suspended"), Sale(2, marks: "TrainingModeFlag=\"true\"")));
        var second = await world.ImportAsync(File(Sale(1), Sale(2), Sale(3, status: "InProcess"), Sale(3)));

        Assert.Equal((3L, 1L, 0L), (second.Counts.Taken, second.Counts.Repeated, second.Findings));
        Assert.Equal(3, await world.ReceivedAsync());
        var late = await world.ImportAsync(File(Sale(1, status: "Suspended"), Sale(4)));
        Assert.Equal((1L, 1L, 0L), (late.Counts.Taken, late.Counts.Repeated, late.Counts.Suspended));
    }

    [Fact]
    public async Task A_sale_that_shows_up_behind_its_voiding_is_for_a_person_to_judge()
    {
        await world.ImportAsync(File(Sale(1, status: "Voided")));
        var second = await world.ImportAsync(File(Sale(1)));

        Assert.Equal(["changed"], await world.CodesAsync(second.Id));
        Assert.Equal(0, await world.ReceivedAsync());
    }

    [Fact]
    public async Task A_store_counts_each_receipt_once_and_is_not_heard_in_the_future()
    {
        await world.ImportAsync(File(Sale(1, day: "2099-01-01")));
        await world.ImportAsync(File(Sale(1, day: "2099-01-01"), Sale(2, day: "2099-01-01")));

        var store = Assert.Single(await world.Files.StoresAsync());
        Assert.Equal(2, store.Receipts);
        Assert.True(store.BusinessAt <= store.HeardAt);
    }

    [Fact]
    public async Task A_file_of_which_something_was_not_taken_may_be_sent_again_and_doubles_nothing()
    {
        var bytes = File(Sale(1), Sale(2, total: "120.00"));
        var first = await world.ImportAsync(bytes);
        var again = await world.UploadAsync(bytes);
        Assert.True(again.IsNew);
        Assert.Equal(again.Id, (await world.UploadAsync(bytes)).Id);
        await world.ReadAsync();

        Assert.NotEqual(first.Id, again.Id);
        Assert.Equal((0L, 1L, 1L), ((await world.Files.FindAsync(again.Id!.Value))!.Counts.Taken, (await world.Files.FindAsync(again.Id!.Value))!.Counts.Repeated, await world.ReceivedAsync()));
    }

    [Fact]
    public async Task A_file_in_which_nothing_was_found_is_not_called_done()
    {
        var file = await world.ImportAsync(File("<Batch/>"));

        Assert.Equal("refused", file.State);
        Assert.Equal(["no-transaction"], await world.CodesAsync(file.Id));
    }

    [Fact]
    public async Task A_node_that_stops_hands_its_file_to_the_next_one()
    {
        await world.UploadAsync(File(Enumerable.Range(1, 300).Select(i => Sale(i))));
        await world.Engine.Get<PosImportPump>().RunOnceAsync(default);
        await world.Engine.Get<PosImportPump>().StopAsync(default);

        var other = world.OtherPump();
        while ((await other.RunOnceAsync(default)).Again)
        {
        }

        Assert.Equal(("done", 300L), ((await world.Files.ListAsync())[0].State, await world.ReceivedAsync()));
    }

    [Fact]
    public async Task An_empty_file_a_huge_one_and_one_for_no_tills_are_refused_at_the_door()
    {
        await using var small = await PosWorld.CreateAsync(o => o.MaxMegabytes = 1);

        Assert.Contains("empty", (await world.UploadAsync([])).Refusal, StringComparison.Ordinal);
        Assert.Contains("larger than 1 MB", (await small.UploadAsync(new byte[(1024 * 1024) + 1])).Refusal, StringComparison.Ordinal);
        using var bytes = new MemoryStream(File(Sale(1)));
        Assert.Contains("no connection of tills", (await world.Desk.TakeAsync("shop", "a.xml", "upload", bytes, PosWorld.Ida, default)).Refusal, StringComparison.Ordinal);
        Assert.Equal((0L, 0L), (await world.CountAsync("pos_file"), await small.CountAsync("pos_file_part")));
    }

    [Fact]
    public async Task A_store_is_known_by_its_last_receipt()
    {
        await world.ImportAsync(File(Sale(1, day: "2026-11-20"), Sale(1, store: "S002", day: "2026-11-18")));
        await world.ImportAsync(File(Sale(2, day: "2026-11-19")));

        var stores = await world.Files.StoresAsync();
        Assert.Equal(["S002", "S001"], stores.Select(s => s.Store));
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 10, 1, 0, TimeSpan.Zero), stores[1].BusinessAt);
    }

    private async Task AddKioskAsync()
    {
        await world.Database.ExecuteAsync(
            """
            insert into connection (id, kind, role, name, brand, currency, time_zone) values ('kiosk', 'poslog', 'shop', 'Kiosk', 'northlane', 'EUR', 'UTC');
            insert into connection_gate (connection_id) values ('kiosk')
            """);
        await world.Engine.Get<ConnectionDirectory>().RefreshAsync(default);
    }
}
