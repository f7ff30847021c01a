using System.Text;
using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Exports;
using ControlTower.Data.Live;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Reconciliation;
using ControlTower.Tests.Support;
using ControlTower.Tests.Sync.Reconciliation;
using Microsoft.Extensions.Logging.Abstractions;
using MiniExcelLibs;
using Xunit;
using static ControlTower.Tests.Sync.Reconciliation.LedgerWorld;

namespace ControlTower.Tests.Sync.Exports;

/// <summary>A month of reconciliation as people take it along.</summary>
public sealed class MonthBookTests
{
    private static readonly Actor Ida = ExportWorld.Person();
    private static readonly MonthFilter October = new(Erp, new DateOnly(2026, 10, 1));

    [Fact]
    public async Task A_month_is_one_workbook_of_what_it_comes_to_what_matched_what_did_not_what_was_decided_and_every_line()
    {
        await using var world = await CreateAsync();
        await MonthAsync(world);
        var book = await BytesAsync(world, MonthBook.Ask(October, "/reconciliation/month"));
        Assert.Equal(["Summary", "Matched", "Breaks", "Adjustments", "Lines"], MiniExcel.GetSheetNames(new MemoryStream(book)));
        var order = Sheet(book, "Summary").Single(r => (string)r["A"]! == "order");
        Assert.Equal((1_205d, 1_204d, -10d), (order["D"], order["E"], order["J"]));
        // 1,205 orders, all but one matched in the books and all with their processor; Stripe told none of the month before.
        Assert.Equal((1_204, 1_205), (Sheet(book, "Matched").Count(r => (string)r["A"]! == "order"), Sheet(book, "Matched").Count(r => (string)r["A"]! == "settlement")));
        Assert.Equal(Sheet(book, "Matched").Count, Sheet(book, "Matched").Select(r => (r["A"], r["K"])).Distinct().Count());
        Assert.Equal(("NL-1", -10d), (Sheet(book, "Breaks").Single()["B"], Sheet(book, "Breaks").Single()["M"]));
        Assert.Equal(await world.Database.ScalarAsync<long>("select count(*) from ledger_line where status <> 'Gone'"), Sheet(book, "Lines").Count);
        Assert.Equal(Sheet(book, "Lines").Count, Sheet(book, "Lines").Select(r => r["A"]).Distinct().Count());
    }

    [Fact]
    public async Task The_evidence_of_a_month_has_no_limit_and_is_made_by_a_worker_line_by_line()
    {
        await using var world = await CreateAsync();
        await MonthAsync(world);
        var export = new EvidenceExport(new ReconExports(world.Database.Sources));
        Assert.Equal(long.MaxValue, ((IExport)export).Most);
        var lines = Encoding.UTF8.GetString(await BytesAsync(world, EvidenceExport.Ask(October, ExportFormat.Csv, "/reconciliation/lines"))).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(await world.Database.ScalarAsync<long>("select count(*) from ledger_line"), lines.Length - 1);
        Assert.Contains(lines, l => l.Contains("order: open", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(BreaksExport.Name)]
    [InlineData(EvidenceExport.Name)]
    [InlineData(DecisionsExport.Name)]
    [InlineData(MonthBook.Name)]
    [InlineData(OwnershipWritesExport.Name)]
    [InlineData(MappingsExport.Name)]
    public async Task Every_list_can_be_asked_of_a_worker(string kind)
    {
        await using var world = await CreateAsync();
        await using var open = await world.Database.Sources.Work.OpenConnectionAsync();
        Assert.True(await ExportStore.AddAsync(open, Guid.NewGuid(), new ExportAsked(kind, ExportFormat.Xlsx, "{}", "/x"), 20_000, Ida, default) > 0);
    }

    /// <summary>More orders than a slice has rows; the ERP has ten more of the first.</summary>
    private static async Task MonthAsync(LedgerWorld world)
    {
        await world.OrdersAsync(1_205);
        await world.TellAsync(Erp, [.. Enumerable.Range(1, 1_205).Select(n => Invoice(n, n == 1 ? Total(n) + 10m : null))]);
        await world.TellAsync(Stripe, [.. Enumerable.Range(1, 1_205).Select(n => Charge(n))]);
        await world.SettleAsync();
        await world.ProveAsync();
    }

    private static async Task<byte[]> BytesAsync(LedgerWorld world, ExportAsked asked)
    {
        var (data, exports) = (world.Database.Sources, new ReconExports(world.Database.Sources));
        var (audit, changes, bell) = (new AuditLog(data, TimeProvider.System), new ChangeNotifier(data, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), new Doorbell());
        IExport[] all = [new MonthBook(exports), new EvidenceExport(exports)];
        var store = new ExportStore(data);
        var id = (await new ExportDesk(data, audit, store, all, changes, bell).StartAsync(Guid.NewGuid(), asked, Ida, default)).Id!.Value;
        using var pump = new ExportPump(data, all, audit, NodeIdentity.New("test"), changes, bell, NullLogger<ExportPump>.Instance);
        Assert.Equal(1, (await pump.RunOnceAsync(default)).Taken);
        await pump.Making;
        var export = (await store.FindAsync(id, Ida.Id!.Value))!;
        Assert.Equal("done", export.State);
        return await ExportWorld.FileAsync(world.Database, export);
    }

    private static List<IDictionary<string, object?>> Sheet(byte[] book, string name) => [.. MiniExcel.Query(new MemoryStream(book), sheetName: name).Cast<IDictionary<string, object?>>().Skip(1)];
}
