using ControlTower.Data.Exports;
using ControlTower.Data.Triage;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Triage.Mappings;
using ControlTower.Tests.Support;
using ControlTower.Tests.Sync.Triage.Repair;
using Xunit;

namespace ControlTower.Tests.Sync.Triage.Mappings;

public sealed class MappingDeskTests
{
    private static readonly MappingSaid Sku = new("erp", "sku", "SKU-1", RepairWorld.Known);

    [Fact]
    public async Task A_list_says_what_it_would_do_does_it_whole_and_does_nothing_when_it_comes_again()
    {
        await using var world = await RepairWorld.StuckAsync(3);
        await PutAsync(world, new("erp", "location", "WEB", "HAM"));
        await PutAsync(world, new("erp", "location", "OLD", "GONE"));
        await PutAsync(world, new("erp", "tax", "0.07", "VAT7"));
        IReadOnlyList<MappingSaid> list = [Sku with { Line = 2 }, new("erp", "location", "WEB", "BER", 3)];
        var look = await Desk(world).LookAsync(list, remove: true, default);
        Assert.Equal([("SKU-1", null, RepairWorld.Known), ("WEB", "HAM", "BER"), ("OLD", "GONE", null)], look.Changes.Select(c => (c.Key.From, c.Was, c.Becomes)));

        var done = Assert.IsType<MappingAnswer.Done>(await Desk(world).ImportAsync(list, true, look.Mark, retry: true, "Names of the year", RepairWorld.Mads, default));
        Assert.Equal(new MappingAnswer.Done(1, 1, 1, 3), done);
        Assert.IsType<MappingAnswer.Same>(await Desk(world).ImportAsync(list, true, look.Mark, retry: true, "Names of the year", RepairWorld.Mads, default));
        Assert.Equal("location WEB BER, sku SKU-1 ERP-1, tax 0.07 VAT7", await world.Database.ScalarAsync<string>(
            "select string_agg(kind || ' ' || from_value || ' ' || to_value, ', ' order by kind) from mapping where removed_at is null"));
        Assert.Equal("1 1 1", await world.Database.ScalarAsync<string>(
            "select (detail::jsonb ->> 'added') || ' ' || (detail::jsonb ->> 'changed') || ' ' || (detail::jsonb ->> 'removed') from audit where action = 'exceptions:mapping:import'"));

        await world.WorkOutboxAsync();
        Assert.Equal(3, world.Posted().Count());
        Assert.All(world.Posted(), p => Assert.Equal((RepairWorld.Known, "BER"), (p.Order.Lines[0].Sku, p.Allocations[0].Location)));
    }

    [Fact]
    public async Task Who_did_not_see_the_newest_state_changes_nothing()
    {
        await using var world = await RepairWorld.StuckAsync();
        IReadOnlyList<MappingSaid> list = [Sku];
        var look = await Desk(world).LookAsync(list, false, default);
        await PutAsync(world, Sku with { To = "WRONG" });
        Assert.IsType<MappingAnswer.Moved>(await Desk(world).ImportAsync(list, false, look.Mark, false, "Names of the year", RepairWorld.Mads, default));
        Assert.IsType<MappingAnswer.Moved>(await Desk(world).PutAsync(Sku, seen: null, false, "Names of the year", RepairWorld.Mads, default));

        var row = Assert.Single(await Desk(world).ListAsync(new MappingFilter("erp", "", "wro"), 0, 10, default));
        Assert.Equal(new MappingAnswer.Done(0, 1, 0, 0), await Desk(world).PutAsync(Sku, row.Id, false, "Named wrongly", RepairWorld.Mads, default));
        Assert.Equal([RepairWorld.Known, "WRONG"], (await Desk(world).HistoryAsync(row.Id, default)).Select(m => m.To));
        Assert.Equal("WRONG", await world.Database.ScalarAsync<string>("select detail::jsonb ->> 'was' from audit where action = 'exceptions:mapping:put' order by seq desc limit 1"));
    }

    [Fact]
    public async Task Of_eight_lists_at_once_one_wins()
    {
        await using var world = await RepairWorld.StuckAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            IReadOnlyList<MappingSaid> list = [Sku with { To = $"ERP-{i}" }, new("erp", "tax", "0.07", $"VAT{i}")];
            return await Desk(world).ImportAsync(list, false, (await Desk(world).LookAsync([Sku with { To = "none" }, new("erp", "tax", "0.07", "none")], false, default)).Mark, false, "Names of the year", RepairWorld.Mads, default);
        })));
        // Those that looked after another was through have seen it: nobody writes over what they did not see.
        var wins = answers.OfType<MappingAnswer.Done>().Count();
        Assert.InRange(wins, 1, 8);
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from mapping where removed_at is null"));
        Assert.Equal(2 * wins, await world.Database.ScalarAsync<long>("select count(*) from mapping"));
        Assert.Equal(wins, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'exceptions:mapping:import'"));
    }

    [Theory]
    [InlineData("connection", "nobody", "sku", "A", "B", "because")]
    [InlineData("kind", "erp", "colour", "A", "B", "because")]
    [InlineData("from", "erp", "sku", "", "B", "because")]
    [InlineData("to", "erp", "sku", "A", "A", "because")]
    [InlineData("to", "erp", "sku", "A", "B\nC", "because")]
    [InlineData("reason", "erp", "sku", "A", "B", "  ")]
    public async Task Bad_words_are_refused_with_their_field(string field, string connection, string kind, string from, string to, string reason)
    {
        await using var world = await RepairWorld.StuckAsync();
        Assert.Equal(field, Assert.IsType<MappingAnswer.Refused>(await Desk(world).PutAsync(new MappingSaid(connection, kind, from, to), null, false, reason, RepairWorld.Ida, default)).Problem.Where);
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from mapping"));
    }

    [Fact]
    public async Task The_list_is_taken_along_as_it_is_filtered_and_can_be_brought_in_again()
    {
        await using var world = await RepairWorld.StuckAsync();
        await PutAsync(world, Sku with { To = "=cmd" });
        await PutAsync(world, new("erp", "tax", "0.07", "VAT7"));
        var table = new MappingsExport(world.Database.Sources);
        var filter = MappingsExport.Ask(new MappingFilter("erp", "sku", ""), ExportFormat.Csv, "").Filter;
        Assert.Equal(1, await table.CountAsync(filter, default));
        var rows = await table.RowsAsync(await table.KeysAsync(filter, 10, default), default);
        var text = CsvText.Line(table.Columns.Select(c => (object?)c.Title)) + string.Concat(rows.Select(CsvText.Line));
        Assert.Equal(Sku with { To = "=cmd", Line = 2 }, Assert.Single(MappingList.Read(ControlTower.Sync.Tables.CsvLines.Read(new StringReader(text)), id => id).Said));
    }

    private static MappingDesk Desk(EngineWorld world) => world.Get<MappingDesk>();

    private static async Task PutAsync(EngineWorld world, MappingSaid said) =>
        Assert.IsType<MappingAnswer.Done>(await Desk(world).PutAsync(said, null, false, "as the books say", RepairWorld.Ida, default));
}
