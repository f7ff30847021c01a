using System.Net;
using ControlTower.Data.Audit;
using ControlTower.Data.PosImports;
using ControlTower.Sync.Connections;
using ControlTower.Sync.PosImports;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Pages.PosImports;
using ControlTower.Web.Shared;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static ControlTower.Tests.Support.TillFiles;

namespace ControlTower.Tests.Web.PosImports;

/// <summary>The row report at its address, and who may do what. The test is the worker.</summary>
public sealed class ImportDoorTests : IAsyncLifetime
{
    private TestTower tower = null!;

    public async ValueTask InitializeAsync()
    {
        tower = await TestTower.StartAsync();
        await PosWorld.AddTillsAsync(tower.Database);
        await tower.Services.GetRequiredService<ConnectionDirectory>().RefreshAsync(default);
    }

    public ValueTask DisposeAsync() => tower.DisposeAsync();

    [Fact]
    public async Task The_report_names_each_row_that_was_not_taken_and_is_safe_in_a_spreadsheet()
    {
        var id = await ImportAsync(File(Sale(1), Sale(2, total: "1.00"), Sale(3, store: "=S1")));
        using var client = await tower.SignInAsAsync(Roles.Operations);
        using var answer = await client.GetAsync(new Uri(Links.ImportReport(id), UriKind.Relative));

        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("Line,Column,Transaction,What,What to do", lines[0].TrimStart('\uFEFF'));
        Assert.StartsWith("11,1,", lines[1], StringComparison.Ordinal);
        Assert.Contains("grand-total", lines[1], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(Links.ImportReport(id + 1), UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task Whoever_may_only_look_looks_and_whoever_may_not_is_refused()
    {
        using var looker = await tower.SignInAsAsync(Roles.Merchandiser, finance: true);
        using var stranger = await tower.SignInAsAsync(Roles.Executive);

        Assert.Equal(HttpStatusCode.OK, (await looker.GetAsync(new Uri(Links.Imports, UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.GetAsync(new Uri(Links.Imports, UriKind.Relative))).StatusCode);
        Assert.False(Roles.May(Roles.Merchandiser, finance: true, Permissions.ImportsUpload));
    }

    [Fact]
    public void A_store_is_silent_by_its_last_receipt_and_not_by_its_last_file()
    {
        var now = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
        var store = new PosStore("tills", "Tills", "S001", 5, now.AddHours(-27), now, 0, 0, null);

        Assert.Equal((Status.Bad, "Silent"), ImportWords.Heard(store, now, TimeSpan.FromHours(26)));
        Assert.Equal((Status.Ok, "Heard"), ImportWords.Heard(store, now, TimeSpan.FromHours(28)));
        Assert.Equal((Status.Warn, "Numbers missing"), ImportWords.Heard(store with { Holes = 1 }, now, TimeSpan.FromHours(28)));
    }

    private async Task<long> ImportAsync(byte[] file)
    {
        using var bytes = new MemoryStream(file);
        var receipt = await tower.Services.GetRequiredService<PosImportDesk>().TakeAsync(PosWorld.Tills, "day.xml", "upload", bytes, Actor.Tower("test"), default);
        var pump = ActivatorUtilities.CreateInstance<PosImportPump>(tower.Services);
        while ((await pump.RunOnceAsync(default)).Again)
        {
        }

        return receipt.Id!.Value;
    }
}
