using ControlTower.Data.Triage;
using ControlTower.Sync.Triage.Repair;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Triage.Repair;

public sealed class RuleTests
{
    [Fact]
    public async Task One_rule_repairs_all_that_wait_and_each_is_posted_once()
    {
        await using var world = await RepairWorld.StuckAsync(12);
        var (ids, _) = await world.Desk().GroupAsync(new CaseFilter(), (await world.Database.ScalarAsync<string>("select distinct fingerprint from exception_case"))!, default);
        var preview = await world.Desk().PreviewAsync(RepairWorld.Rule("map lines[*].sku \"SKU-1\" to \"ERP-1\""), ids, default);
        Assert.Equal((12, 0, 0), (preview.Count(RepairVerdict.Changed), preview.Count(RepairVerdict.Unchanged), preview.Count(RepairVerdict.Invalid)));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from posting_revision"));

        var receipt = await world.Desk().ApplyAsync(preview.Rule, preview.Items, "the ERP renamed it", RepairWorld.Ida, default);
        await world.SendAsync();

        Assert.Equal(12, receipt.Count(RepairVerdict.Changed));
        Assert.Equal(12, world.Posted().Select(p => p.Key).Distinct().Count());
        Assert.Equal(12, world.Posted().Count());
        Assert.Equal(12, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'resolved'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:case:edit' and subject = '12 cases'"));
    }

    [Fact]
    public async Task The_preview_counts_what_changes_what_does_not_and_what_may_not_be_sent()
    {
        await using var world = await RepairWorld.StuckAsync(4);
        // One has the value already, one is being retried.
        var id = await world.CaseAsync(2);
        await world.Desk().EditAsync(id, 0, RepairWorld.WithSku(await world.TextAsync(id), "NEW"), "first try", RepairWorld.Mads, default);
        await world.SendAsync();
        await world.Get<ControlTower.Sync.Triage.RetryDesk>().RetryAsync([await world.CaseAsync(3)], RepairWorld.Mads, default);
        long[] ids = [await world.CaseAsync(1), id, await world.CaseAsync(3), await world.CaseAsync(4), 999_999];

        var preview = await world.Desk().PreviewAsync(RepairWorld.Rule("set lines[*].sku to \"NEW\""), ids, default);
        Assert.Equal(
            [RepairVerdict.Changed, RepairVerdict.Unchanged, RepairVerdict.LeftOut, RepairVerdict.Changed, RepairVerdict.LeftOut], preview.Items.Select(i => i.Verdict));

        var invalid = await world.Desk().PreviewAsync(RepairWorld.Rule("set lines[*].unitPrice to \"5\""), ids[..1], default);
        Assert.Contains("totals.total differs", Assert.Single(invalid.Items).Why);
        Assert.Equal(RepairVerdict.Invalid, invalid.Items[0].Verdict);
        var receipt = await world.Desk().ApplyAsync(invalid.Rule, invalid.Items, "it will not be taken", RepairWorld.Ida, default);
        Assert.Equal(1, receipt.Count(RepairVerdict.Invalid));
        Assert.Equal("open", await world.StateAsync(ids[0]));
    }

    [Fact]
    [Promise(18)]
    public async Task A_case_that_somebody_changed_since_the_preview_is_left_out()
    {
        await using var world = await RepairWorld.StuckAsync(2);
        long[] ids = [await world.CaseAsync(1), await world.CaseAsync(2)];
        var preview = await world.Desk().PreviewAsync(RepairWorld.Rule("set lines[*].sku to \"ERP-1\""), ids, default);
        await world.Desk().EditAsync(ids[0], 0, RepairWorld.WithSku(await world.TextAsync(ids[0]), "THEIRS"), "another number", RepairWorld.Mads, default);
        await world.SendAsync();

        var receipt = await world.Desk().ApplyAsync(preview.Rule, preview.Items, "the ERP renamed it", RepairWorld.Ida, default);

        Assert.Equal([RepairVerdict.LeftOut, RepairVerdict.Changed], receipt.Items.Select(i => i.Verdict));
        Assert.Contains("Mads Krog changed it since the preview", receipt.Items[0].Why);
        Assert.Equal("THEIRS", await world.Database.ScalarAsync<string>($"select body -> 'lines' -> 0 ->> 'sku' from posting_revision where case_id = {ids[0]}"));
    }

    [Fact]
    [Promise(18)]
    public async Task Eight_people_who_apply_the_same_rule_at_once_change_each_order_once()
    {
        await using var world = await RepairWorld.StuckAsync(200);
        var (ids, _) = await world.Desk().GroupAsync(new CaseFilter(), (await world.Database.ScalarAsync<string>("select distinct fingerprint from exception_case"))!, default);
        var preview = await world.Desk().PreviewAsync(RepairWorld.Rule("set lines[*].sku to \"ERP-1\""), ids, default);

        var receipts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => world.Desk().ApplyAsync(preview.Rule, preview.Items, "the ERP renamed it", RepairWorld.Ida, default))));
        await world.SendAsync();

        Assert.Equal(200, receipts.Sum(r => r.Count(RepairVerdict.Changed)));
        Assert.Equal(200, await world.Database.ScalarAsync<long>("select count(*) from posting_revision"));
        Assert.Equal(200, world.Posted().Count());
        Assert.Equal(200, world.Posted().Select(p => p.Key).Distinct().Count());
        Assert.Equal(receipts.Count(r => r.Count(RepairVerdict.Changed) > 0), await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:case:edit'"));
    }

    [Fact]
    public async Task A_rule_is_undone_where_its_orders_have_not_gone_out()
    {
        await using var world = await RepairWorld.StuckAsync(3);
        long[] ids = [await world.CaseAsync(1), await world.CaseAsync(2), await world.CaseAsync(3)];
        var preview = await world.Desk().PreviewAsync(RepairWorld.Rule("set lines[*].sku to \"ERP-1\""), ids, default);
        var receipt = await world.Desk().ApplyAsync(preview.Rule, preview.Items, "the ERP renamed it", RepairWorld.Ida, default);
        await world.Database.ExecuteAsync($"update delivery set due_at = now() where posting_key = (select posting_key from exception_case where id = {ids[0]})");
        Assert.Equal(1, await world.WorkOutboxAsync());

        var undo = await world.Desk().UndoAsync(receipt.Repair, RepairWorld.Ida, default);

        Assert.Equal(ids[1..], undo.Cases);
        Assert.Equal(1, undo.Left);
        Assert.Equal(["resolved", "open", "open"], [await world.StateAsync(ids[0]), await world.StateAsync(ids[1]), await world.StateAsync(ids[2])]);
        Assert.Equal(0, await world.SendAsync());
        Assert.Single(world.Posted());
        Assert.Empty((await world.Desk().UndoAsync(receipt.Repair, RepairWorld.Ida, default)).Cases);
    }

    [Fact]
    public async Task A_rule_goes_out_in_growing_stages_each_after_the_one_before_and_none_within_the_time_to_take_it_back()
    {
        await using var batches = new BatchWorld(await RepairWorld.StuckAsync(12));
        var receipt = await StagedAsync(batches.World, "ERP-1", new BatchPlan([1, 3, 5], 100, 0.1m));
        Assert.Equal((12, 12), (receipt.Count(RepairVerdict.Changed), receipt.Batch!.Count));
        await batches.Pump.RunOnceAsync(default);
        Assert.Equal(0, (await batches.ReadAsync(receipt.Batch.Id)).Sent);
        Assert.Equal(12, await batches.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'"));

        foreach (var posted in new[] { 1, 4, 9, 12 })
        {
            await batches.TurnAsync();
            await batches.World.WorkOutboxAsync();
            Assert.Equal(posted, batches.World.Posted().Count());
        }

        var done = await batches.FinishAsync(receipt.Batch.Id);
        Assert.Equal(("done", 12, 0), (done.State, done.Proven, done.Failed));
        Assert.Equal(12, batches.World.Posted().Select(p => p.Key).Distinct().Count());
        Assert.All(batches.World.Posted(), p => Assert.Equal(RepairWorld.Known, p.Order.Lines[0].Sku));
        Assert.Equal(12, await batches.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'resolved' and closed_by = 'tower'"));
    }

    [Fact]
    public async Task A_rule_that_does_not_help_stops_itself_at_the_first_order_and_the_others_are_as_before()
    {
        await using var batches = new BatchWorld(await RepairWorld.StuckAsync(12));
        var receipt = await StagedAsync(batches.World, "STILL-WRONG", BatchPlan.Standard);

        var stopped = await batches.FinishAsync(receipt.Batch!.Id);
        var undo = await batches.World.Desk().UndoAsync(receipt.Repair, RepairWorld.Ida, default);

        Assert.Equal(("stopped", 0, 1, 11), (stopped.State, stopped.Proven, stopped.Failed, stopped.Skipped));
        Assert.Equal(12, await batches.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'"));
        // The one that the ERP has seen stays as it was sent.
        Assert.Equal((11, 1), (undo.Cases.Count, undo.Left));
        Assert.Empty(batches.World.Posted());
    }

    [Fact]
    public async Task A_rule_in_stages_is_undone_where_its_orders_have_not_gone_out_and_nothing_more_is_sent()
    {
        await using var batches = new BatchWorld(await RepairWorld.StuckAsync(12));
        var receipt = await StagedAsync(batches.World, "ERP-1", new BatchPlan([1, 3, 20], 100, 0.1m));
        await batches.TurnAsync();
        await batches.World.WorkOutboxAsync();
        // The second stage is on its way, but has not gone out.
        await batches.TurnAsync();
        Assert.Equal(3, (await batches.ReadAsync(receipt.Batch!.Id)).Sent);

        var undo = await batches.World.Desk().UndoAsync(receipt.Repair, RepairWorld.Ida, default);
        await batches.TurnAsync();
        await batches.World.WorkOutboxAsync();

        Assert.Equal((11, 1), (undo.Cases.Count, undo.Left));
        Assert.Single(batches.World.Posted());
        var ended = await batches.ReadAsync(receipt.Batch.Id);
        Assert.Equal(("cancelled", RepairWorld.Ida.Name, 1, 0, 11), (ended.State, ended.StateBy, ended.Proven, ended.Sent, ended.Skipped));
        Assert.NotNull(ended.FinishedAt);
        Assert.Equal(11, await batches.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'"));
        Assert.Equal(11, await batches.Database.ScalarAsync<long>("select count(*) from delivery where state = 3"));
        Assert.Empty((await batches.World.Desk().UndoAsync(receipt.Repair, RepairWorld.Ida, default)).Cases);
    }

    [Fact]
    public async Task A_plan_that_cannot_be_carried_out_changes_nothing()
    {
        await using var world = await RepairWorld.StuckAsync(2);
        await Assert.ThrowsAsync<ArgumentException>(() => StagedAsync(world, "ERP-1", new BatchPlan([], 8, 0.1m)));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from posting_revision"));
    }

    private static async Task<RuleReceipt> StagedAsync(EngineWorld world, string sku, BatchPlan plan)
    {
        var (ids, _) = await world.Desk().GroupAsync(new CaseFilter(), (await world.Database.ScalarAsync<string>("select distinct fingerprint from exception_case"))!, default);
        var preview = await world.Desk().PreviewAsync(RepairWorld.Rule($"set lines[*].sku to \"{sku}\""), ids, default);
        return await world.Desk().ApplyAsync(preview.Rule, preview.Items, "the ERP renamed it", RepairWorld.Ida, default, plan);
    }

    [Fact]
    public async Task What_worked_for_one_order_is_suggested_for_the_others_of_its_cause()
    {
        await using var world = await RepairWorld.StuckAsync(3);
        var (first, other) = (await world.CaseAsync(1), await world.CaseAsync(2));
        Assert.Null(await world.Desk().SuggestAsync(other, new CaseFilter(), default));
        await world.Desk().EditAsync(first, 0, RepairWorld.WithSku(await world.TextAsync(first)), "the ERP renamed it", RepairWorld.Ida, default);

        var untried = await world.Desk().SuggestAsync(other, new CaseFilter(), default);
        Assert.Equal((1, 0), (untried!.Use.Used, untried.Use.Worked));
        await world.SendAsync();
        var proven = await world.Desk().SuggestAsync(other, new CaseFilter(), default);

        Assert.Equal("map lines[*].sku \"SKU-1\" to \"ERP-1\"", proven!.Rule.ToString());
        Assert.Equal((1, 1, 2), (proven.Use.Used, proven.Use.Worked, proven.Reach));
        Assert.Equal(new FieldChange("lines[0].sku", "\"SKU-1\"", "\"ERP-1\""), Assert.Single(proven.Here.Changes));
    }

    [Fact]
    public async Task A_rule_is_frozen_over_what_the_filter_shows_and_leaves_alone_what_is_put_off_or_of_another_brand()
    {
        await using var world = await RepairWorld.StuckAsync(4);
        var (other, snoozed) = (await world.CaseAsync(2), await world.CaseAsync(3));
        await world.Database.ExecuteAsync($"update exception_case set brand = 'other' where id = {other}");
        await world.Database.ExecuteAsync($"update exception_case set shelf = 'snoozed', shelf_until = 'infinity', shelf_by = 'Mads' where id = {snoozed}");
        var cause = (await world.Database.ScalarAsync<string>("select distinct fingerprint from exception_case"))!;
        var filter = new CaseFilter { Brands = ["northlane"] };

        var (ids, more) = await world.Desk().GroupAsync(filter, cause, default);

        Assert.False(more);
        Assert.Equal([await world.CaseAsync(1), await world.CaseAsync(4)], ids.Order());
        Assert.Equal([other], (await world.Desk().GroupAsync(new CaseFilter { Brands = ["other"] }, cause, default)).Ids);

        await world.Desk().EditAsync(ids[0], 0, RepairWorld.WithSku(await world.TextAsync(ids[0])), "the ERP renamed it", RepairWorld.Ida, default);
        Assert.Equal(1, (await world.Desk().SuggestAsync(ids[1], filter, default))!.Reach);
    }
}
