using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Data.Exports;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Promotions;
using ControlTower.Tests.Sync.Promotions;
using MiniExcelLibs;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Exports;

/// <summary>A release as people take it along, and who changed a price of it.</summary>
public sealed class ReleaseBookTests
{
    [Fact]
    public async Task A_release_is_one_workbook_of_its_plan_its_prices_what_was_not_written_and_what_happened()
    {
        await using var world = await CreateAsync();
        var id = await DriftedAsync(world);
        var book = await BytesAsync(world, ReleaseBook.Ask(id, "/promotions/101/release"));
        Assert.Equal(["Plan", "Prices", "Not written", "Log"], MiniExcel.GetSheetNames(new MemoryStream(book)));
        Assert.Contains(Sheet(book, "Plan"), r => (string?)r["A"] == "Approved by" && (string?)r["B"] == Ida.Name);
        var prices = Sheet(book, "Prices");
        Assert.Equal(3, prices.Count);
        var drifted = prices.Single(r => (string?)r["A"] == "A" && (string?)r["C"] == "Site shop");
        Assert.Equal(("drifted", 100d, 70d, 65d), ((string?)drifted["G"], drifted["L"], drifted["N"], drifted["P"]));
        Assert.Equal("Not known", drifted["V"]);
        Assert.Equal(("ONLY-SITE", "The channel does not list the SKU"), (Sheet(book, "Not written").Single()["A"], Sheet(book, "Not written").Single()["G"]));
        Assert.Contains(Sheet(book, "Log"), r => ((string)r["B"]!).Contains("approved", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_way_back_says_when_it_was_begun_and_proven_and_how_long_it_took()
    {
        await using var world = await CreateAsync();
        var id = await DriftedAsync(world);
        Done(await world.Releases.RollBackAsync(id, "Enough.", ends: false, Sofie, default));
        var promotions = world.Engine.Get<PromotionQueries>();
        var going = (await promotions.FindAsync(id, null, default))!;
        Assert.Equal((going.StateAt, null), (going.BackAt, going.BackTook));
        await world.TurnUntilAsync(id, "rolled-back");
        await world.Database.ExecuteAsync($"update promotion set back_at = state_at - interval '95 seconds' where id = {id}");
        Assert.Equal(TimeSpan.FromSeconds(95), (await promotions.FindAsync(id, null, default))!.BackTook);
        var plan = Sheet(await BytesAsync(world, ReleaseBook.Ask(id, "/promotions/101/release")), "Plan");
        Assert.Equal(95d, plan.Single(r => (string?)r["A"] == "Way back took, s")["B"]);
        Assert.All(["Way back begun", "Way back proven"], what => Assert.NotNull(plan.Single(r => (string?)r["A"] == what)["B"]));
    }

    [Fact]
    public async Task Its_prices_are_a_text_of_one_line_each()
    {
        await using var world = await CreateAsync();
        var id = await DriftedAsync(world);
        var lines = Encoding.UTF8.GetString(await BytesAsync(world, ReleasePricesExport.Ask(id, ExportFormat.Csv, "/promotions/101/release"))).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.Contains(lines, l => l.Contains("drifted", StringComparison.Ordinal) && l.Contains("70", StringComparison.Ordinal) && l.Contains("65", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("insert into catalog_batch (key, connection_id, changes, settled_at, outcome) values ('batch-00001', 'web', '[{\"item\": \"A\", \"toPrice\": 65}]', '2031-11-28T13:00:00Z', 'done')", "The tower, which told the price of")]
    [InlineData("insert into ownership_write (at, source, domain, field, subject, channel, new, verdict, set_number) values ('2031-11-28T13:00:00Z', 'web', 'price', 'price', 'A', 'web', '65 EUR', 'let-through', 1)", "Changed at Site shop itself, heard 2031-11-28 13:00 UTC")]
    [InlineData("insert into ownership_write (at, source, domain, field, subject, channel, new, verdict, set_number) values ('2031-11-28T13:00:00Z', 'client:pim', 'price', 'price', 'A', 'web', '65 EUR', 'let-through', 1)", "API client pim")]
    [InlineData("insert into ownership_write (at, source, domain, field, subject, channel, new, verdict, set_number) values ('2031-11-28T13:00:00Z', 'web', 'price', 'price', 'A', 'web', '64 EUR', 'let-through', 1)", null)]
    public async Task Who_changed_a_price_is_told_as_far_as_anybody_knows(string known, string? words)
    {
        await using var world = await CreateAsync();
        var id = await DriftedAsync(world);
        await world.Database.ExecuteAsync(known);
        var cell = Assert.Single(await world.Engine.Get<ReleaseQueries>().CellsAsync(id, new CellFilter(Phase: CellPhase.Drifted), 10, default));
        if (words is null)
        {
            Assert.Null(cell.ChangedBy);
        }
        else
        {
            Assert.StartsWith(words, cell.ChangedBy, StringComparison.Ordinal);
        }
    }

    /// <summary>Two prices stand, one of them changed by somebody; a third SKU is not listed at one channel.</summary>
    private static async Task<long> DriftedAsync(PromotionWorld world)
    {
        await world.ListAsync(Site, new CatalogVariant("A", null, "Jacket", "A", null, true, [new CatalogPrice("EUR", 100m)], Noon));
        await world.ListAsync(Site, new CatalogVariant("ONLY-SITE", null, "Hat", "ONLY-SITE", null, true, [new CatalogPrice("EUR", 50m)], Noon));
        await world.ListAsync(Outlet, new CatalogVariant("A", null, "Jacket", "A", null, true, [new CatalogPrice("EUR", 100m)], Noon));
        var id = await world.ApprovedAsync(Plan("A", "ONLY-SITE") with
        {
            Connections = [Site, Outlet],
            Stores = [],
            Stages = [new PromotionStage("All", [], [])],
            Rules = new PromotionRules(Parity: 1),
        });
        await world.TurnUntilAsync(id, "live");
        world.Systems.Of(Site).Edit("A", 65m);
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "drifted 1, proven 2");
        return id;
    }

    private static async Task<byte[]> BytesAsync(PromotionWorld world, ExportAsked asked)
    {
        using var file = new MemoryStream();
        await world.Engine.Get<ExportDesk>().WriteAsync(asked, Ida, file, default);
        return file.ToArray();
    }

    private static List<IDictionary<string, object?>> Sheet(byte[] book, string name) => [.. MiniExcel.Query(new MemoryStream(book), sheetName: name).Cast<IDictionary<string, object?>>().Skip(1)];
}
