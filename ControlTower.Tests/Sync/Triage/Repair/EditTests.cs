using ControlTower.Data.Audit;
using ControlTower.Sync.Triage;
using ControlTower.Sync.Triage.Repair;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Sync.Triage.Repair;

public sealed class EditTests
{
    [Fact]
    [Promise(18)]
    public async Task An_edited_document_goes_out_under_the_same_key_and_the_shops_statement_stays_as_it_was()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        var key = await world.Database.ScalarAsync<string>("select posting_key from delivery");
        var stated = await world.Database.ScalarAsync<string>("select body::text from order_document");

        var done = Assert.IsType<EditAnswer.Done>(await EditAsync(world, id, RepairWorld.WithSku(await world.TextAsync(id))));
        Assert.Equal((1, "lines[0].sku"), (done.Revision, Assert.Single(done.Changes).Path));
        await world.SendAsync();

        var posted = Assert.Single(world.Posted());
        Assert.Equal((key, RepairWorld.Known), (posted.Key.Value, posted.Order.Lines[0].Sku));
        Assert.Equal("resolved", await world.StateAsync(id));
        Assert.Equal(stated, await world.Database.ScalarAsync<string>("select body::text from order_document"));
        Assert.Equal("Ida Holm/the item has another number there/0/1", await world.Database.ScalarAsync<string>("select who || '/' || why || '/' || base || '/' || revision from posting_revision"));
        var entry = Assert.Single(await world.Get<AuditReader>().LatestAsync(1));
        Assert.Equal(("exceptions:case:edit", $"case:{id}", "done"), (entry.Action, entry.Subject, entry.Outcome));
        Assert.Matches("lines\\[0\\].sku: .*SKU-1.*ERP-1", entry.Detail);
    }

    [Fact]
    public async Task The_newest_revision_is_what_is_sent()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        await EditAsync(world, id, RepairWorld.WithSku(await world.TextAsync(id), "STILL-WRONG"));
        await world.SendAsync();
        Assert.Equal("open", await world.StateAsync(id));

        var again = await world.Desk().OpenAsync(id, default);
        Assert.Equal((1, "Ida Holm"), (again!.Revision, again.By));
        Assert.Contains("STILL-WRONG", again.Text);
        Assert.DoesNotContain("STILL-WRONG", again.Original);
        await EditAsync(world, id, RepairWorld.WithSku(again.Text!), startedFrom: 1);
        await world.SendAsync();

        Assert.Equal(["SKU-1", "STILL-WRONG", RepairWorld.Known], world.Erp.Client.Calls.OfType<ControlTower.Sync.Connectors.PostSalesOrder>().Select(c => c.Order.Lines[0].Sku));
        Assert.Equal("resolved", await world.StateAsync(id));
    }

    [Fact]
    [Promise(18)]
    public async Task Of_two_editors_one_wins_and_the_other_hears_who_and_what()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        var text = await world.TextAsync(id);
        await EditAsync(world, id, RepairWorld.WithSku(text));

        var second = await world.Desk().EditAsync(id, 0, RepairWorld.WithSku(text, "MINE"), "another number", RepairWorld.Mads, default);

        var conflict = Assert.IsType<EditAnswer.Conflict>(second);
        Assert.Equal(("Ida Holm", 1), (conflict.By, conflict.Revision));
        Assert.Equal(new FieldChange("lines[0].sku", "\"SKU-1\"", "\"ERP-1\""), Assert.Single(conflict.Changes));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from posting_revision"));
    }

    [Fact]
    [Promise(18)]
    public async Task Of_eight_editors_at_once_exactly_one_wins_and_the_order_is_posted_once()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        var text = RepairWorld.WithSku(await world.TextAsync(id));

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => EditAsync(world, id, text))));

        Assert.Single(answers.OfType<EditAnswer.Done>());
        Assert.Equal(7, answers.OfType<EditAnswer.Conflict>().Count());
        await world.SendAsync();
        Assert.Single(world.Posted());
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:case:edit'"));
    }

    [Fact]
    [Promise(18)]
    public async Task An_edit_that_races_a_retry_is_whole_or_refused()
    {
        await using var world = await RepairWorld.StuckAsync(8);
        var cases = new List<long>();
        var texts = new List<string>();
        for (var order = 1; order <= 8; order++)
        {
            cases.Add(await world.CaseAsync(order));
            texts.Add(RepairWorld.WithSku(await world.TextAsync(cases[^1])));
        }

        var edits = cases.Zip(texts).Select(c => Task.Run(() => EditAsync(world, c.First, c.Second))).ToList();
        var retries = cases.Select(id => Task.Run(() => world.Get<RetryDesk>().RetryAsync([id], RepairWorld.Mads, default))).ToList();
        var answers = await Task.WhenAll(edits);
        var receipts = await Task.WhenAll(retries);
        await world.SendAsync();

        for (var i = 0; i < cases.Count; i++)
        {
            var edited = answers[i] is EditAnswer.Done;
            Assert.True(edited || answers[i] is EditAnswer.NotNow, answers[i].ToString());
            Assert.NotEqual(edited, receipts[i].Frozen.Count == 1);
            Assert.Equal(edited ? "resolved" : "open", await world.StateAsync(cases[i]));
        }
    }

    [Fact]
    [Promise(18)]
    public async Task After_success_neither_a_retry_nor_an_edit_nor_an_undo_changes_anything()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        var text = RepairWorld.WithSku(await world.TextAsync(id));
        var done = (EditAnswer.Done)await EditAsync(world, id, text);
        await world.SendAsync();

        Assert.Empty((await world.Get<RetryDesk>().RetryAsync([id], RepairWorld.Mads, default)).Frozen);
        Assert.IsType<EditAnswer.NotNow>(await EditAsync(world, id, text));
        Assert.Equal(([], 1), (await world.Desk().UndoAsync(done.Repair, RepairWorld.Ida, default)) is { } undo ? (undo.Cases.ToArray(), undo.Left) : default);
        Assert.Equal(0, await world.SendAsync());
        Assert.Single(world.Posted());
    }

    [Fact]
    [Promise(18)]
    public async Task A_process_that_dies_between_revision_and_retry_leaves_neither()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        var text = RepairWorld.WithSku(await world.TextAsync(id));
        await world.Database.ExecuteAsync(
            """
            create function gone() returns trigger language plpgsql as $$ begin raise exception 'gone' using errcode = '57P01'; end $$;
            create trigger gone before update on exception_case for each row when (new.state = 'retrying') execute function gone();
            """);

        await Assert.ThrowsAsync<PostgresException>(() => EditAsync(world, id, text));

        Assert.Equal("0/open/3/0", await world.Database.ScalarAsync<string>(
            "select (select count(*) from posting_revision) || '/' || (select state from exception_case) || '/' || (select state from delivery) || '/' || (select count(*) from audit where action like 'exceptions:%')"));
        await world.Database.ExecuteAsync("drop trigger gone on exception_case");
        Assert.IsType<EditAnswer.Done>(await EditAsync(world, id, text));
        await world.SendAsync();
        Assert.Single(world.Posted());
    }

    [Fact]
    public async Task An_edit_is_undone_until_it_went_out_and_the_next_one_starts_from_the_shops_statement()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        var done = (EditAnswer.Done)await EditAsync(world, id, RepairWorld.WithSku(await world.TextAsync(id), "A-SLIP"));
        // Not due before the moment for an undo has gone by.
        Assert.Equal(0, await world.WorkOutboxAsync());

        var undo = await world.Desk().UndoAsync(done.Repair, RepairWorld.Ida, default);

        Assert.Equal(id, Assert.Single(undo.Cases));
        Assert.Equal("open/3/refused", await world.Database.ScalarAsync<string>("select c.state || '/' || d.state || '/' || p.state from exception_case c, delivery d, posting p"));
        var paper = await world.Desk().OpenAsync(id, default);
        Assert.Equal((0, paper!.Original), (paper.Revision, paper.Text));
        Assert.Equal(2, ((EditAnswer.Done)await EditAsync(world, id, RepairWorld.WithSku(paper.Text!))).Revision);
        await world.SendAsync();
        Assert.Equal(RepairWorld.Known, Assert.Single(world.Posted()).Order.Lines[0].Sku);
    }

    [Fact]
    public async Task What_is_on_its_way_is_not_undone()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        var done = (EditAnswer.Done)await EditAsync(world, id, RepairWorld.WithSku(await world.TextAsync(id)));
        await world.HurryAsync();
        var claim = Assert.Single(await world.ClaimAsync());

        Assert.Equal(([], 1), (await world.Desk().UndoAsync(done.Repair, RepairWorld.Ida, default)) is { } undo ? (undo.Cases.ToArray(), undo.Left) : default);

        await world.Get<ControlTower.Sync.Gateway.DeliveryDesk>().CarryOutAsync(world.Gate(), claim, default);
        Assert.Equal("resolved", await world.StateAsync(id));
        Assert.Equal(RepairWorld.Known, Assert.Single(world.Posted()).Order.Lines[0].Sku);
    }

    [Fact]
    public async Task What_may_already_be_at_the_target_is_not_edited()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        var text = RepairWorld.WithSku(await world.TextAsync(id));
        await world.Database.ExecuteAsync("update posting set state = 'unknown'");

        var answer = Assert.IsType<EditAnswer.NotNow>(await EditAsync(world, id, text));

        Assert.Contains("not known whether the target has it", answer.Why);
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from posting_revision"));
    }

    [Fact]
    [Promise(18)]
    public async Task Making_it_another_order_is_refused_by_field_and_written_down()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        var text = RepairWorld.With(await world.TextAsync(id), d => (d["name"], d["key"]!["id"]) = ("NL-2", "2"));

        var refused = Assert.IsType<EditAnswer.Refused>(await EditAsync(world, id, text));

        Assert.Equal(["key.id", "name"], refused.Problems.Select(p => p.Path).Order(StringComparer.Ordinal));
        var entry = Assert.Single(await world.Get<AuditReader>().LatestAsync(1));
        Assert.Equal(("exceptions:case:edit", "refused"), (entry.Action, entry.Outcome));
        Assert.Contains("key.id name", entry.Detail);
        Assert.Equal("open", await world.StateAsync(id));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from posting_revision"));
    }

    [Fact]
    public async Task Formulas_and_script_go_out_as_the_text_that_they_are()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        const string Hostile = "=HYPERLINK(\"x\") <script>alert(1)</script> '); drop table posting; --";
        var text = RepairWorld.With(RepairWorld.WithSku(await world.TextAsync(id)), d => d["lines"]![0]!["title"] = Hostile);

        Assert.IsType<EditAnswer.Done>(await EditAsync(world, id, text));
        await world.SendAsync();

        Assert.Equal(Hostile, Assert.Single(world.Posted()).Order.Lines[0].Title);
    }

    [Theory]
    [InlineData("update posting_revision set why = 'nicer'")]
    [InlineData("update posting_revision set undone_at = now(), undone_by = 'x', body = '{}'")]
    [InlineData("delete from posting_revision")]
    [Promise(18)]
    public async Task What_was_changed_cannot_be_rewritten(string sql)
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        await EditAsync(world, id, RepairWorld.WithSku(await world.TextAsync(id)));

        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => world.Database.ExecuteAsync(sql))).SqlState);
    }

    [Sabotage(18)]
    [Fact]
    public async Task P18_sabotage_without_the_guard_in_the_database_who_changed_what_and_why_is_rewritten_unseen()
    {
        await using var world = await RepairWorld.StuckAsync();
        var id = await world.CaseAsync();
        await EditAsync(world, id, RepairWorld.WithSku(await world.TextAsync(id)));
        await world.Database.ExecuteAsync("alter table posting_revision disable trigger posting_revision_no_change");

        await world.Database.ExecuteAsync("update posting_revision set who = 'Somebody', why = 'nicer', body = '{}'");

        Assert.Equal("Somebody/nicer/{}", await world.Database.ScalarAsync<string>("select who || '/' || why || '/' || body::text from posting_revision"));
    }

    private static Task<EditAnswer> EditAsync(EngineWorld world, long id, string text, int startedFrom = 0) =>
        world.Desk().EditAsync(id, startedFrom, text, "the item has another number there", RepairWorld.Ida, default);
}
