using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using ControlTower.Tests.Sync.Exports;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>Lists as files, and the audit trail, as people use them. The test is the worker.</summary>
public sealed class ExportBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_short_list_is_downloaded_and_a_long_one_is_made_watched_fetched_and_another_called_off()
    {
        await using var visitor = await world.VisitAsync();
        await OrderWorldStory.PlayAsync(world.Tower.Database, stuck: 3);
        await visitor.SignInAsAsync(Roles.Operations, at: "/exceptions/exports");
        await Expect(visitor.Part("empty")).ToContainTextAsync("You asked for no file yet");
        await visitor.Page.GotoAsync("/exceptions");
        await visitor.LiveAsync();
        await visitor.Page.ClickAsync("[data-ct=export-menu] summary");
        await Expect(visitor.Part("export-count")).ToContainTextAsync("exactly as filtered");
        Assert.NotEmpty(XlsxFileTests.Read(await DownloadAsync(visitor, "export-xlsx")));

        await ExportWorld.CasesAsync(world.Tower.Database, 12_500);
        await visitor.Page.GotoAsync("/exceptions?brand=Fjord&brand=Northlane&failure=missing");
        await visitor.LiveAsync();
        await visitor.Page.ClickAsync("[data-ct=export-menu] summary");
        await Expect(visitor.Part("export-csv")).ToContainTextAsync("made in the background");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("export-menu");
        await visitor.Page.ClickAsync("[data-ct=export-xlsx]");
        await Expect(visitor.Part("export-said")).ToContainTextAsync("E-1 is being made");
        await visitor.Page.ClickAsync("[data-ct=export-csv]");
        await Expect(visitor.Part("export-said")).ToContainTextAsync("E-2 is being made");
        await visitor.Page.ClickAsync("[data-ct=my-exports]");
        await visitor.AtAsync("/exceptions/exports");
        await Expect(visitor.Part("export:1")).ToContainTextAsync("Waits for a worker");
        await visitor.Part("export:2").Locator("[data-ct=cancel]").ClickAsync();
        await Expect(visitor.Part("export:2")).ToContainTextAsync("Cancelled");
        await MakeAsync();
        await Expect(visitor.Part("export:1")).ToContainTextAsync("Ready");
        Assert.Equal(
            await world.Tower.Database.ScalarAsync<long>("select count(*) from exception_case where failure = 'missing' and state in ('open', 'retrying') and brand in ('Fjord', 'Northlane')"),
            XlsxFileTests.Read(await DownloadAsync(visitor, "fetch")).Count);
        await world.Tower.Database.ExecuteAsync("update export set state = 'running', finished_at = null, rows_done = 4000, lease_owner = gen_random_uuid(), lease_until = now() where id = 2");
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Part("export:2")).ToContainTextAsync("Being made");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("exports");
        await visitor.Page.EmulateMediaAsync(new() { ColorScheme = Microsoft.Playwright.ColorScheme.Dark });
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Part("export:2")).ToContainTextAsync("Being made");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("exports-dark");
    }

    [Fact]
    public async Task The_trail_is_narrowed_read_and_taken_along_and_its_address_holds_it_all()
    {
        await using var visitor = await world.VisitAsync();
        var (_, problem) = await OrderWorldStory.PlayAsync(world.Tower.Database, stuck: 2);
        var person = await visitor.SignInAsAsync(Roles.Admin, at: "/admin");
        await visitor.Page.ClickAsync("[data-ct=all-audit]");
        await visitor.AtAsync("/admin/audit");
        await Expect(visitor.Part("nav:audit")).ToHaveAttributeAsync("aria-current", "page");
        await Expect(visitor.Part("chain")).ToContainTextAsync("Chain never verified");
        await world.Tower.Services.GetRequiredService<ControlTower.Data.Audit.AuditLog>().AppendAsync(new(
            new(person.Id, person.Name, person.Role), "exceptions:case:resolve", $"case:{problem}", Reason: "posted by hand", Detail: new Dictionary<string, string> { ["ending"] = "Resolved" }));
        await visitor.Page.ReloadAsync();
        await visitor.LiveAsync();
        await visitor.Page.ClickAsync("[data-ct=filter-menu] summary");
        await visitor.FillAsync("[data-ct=about]", $"C-{problem}");
        await visitor.Page.SelectOptionAsync("[data-ct=who]", person.Id.ToString());
        await visitor.Page.ClickAsync("[data-ct=narrow]");
        await Expect(visitor.Part("chip:subject")).ToContainTextAsync($"C-{problem}");
        await Expect(visitor.Part("audit-total")).ToContainTextAsync("1 entry");
        await visitor.Page.ClickAsync("[data-ct=audit] tbody a:has-text('Closed by hand')");
        await Expect(visitor.Part("entry-why")).ToHaveTextAsync("posted by hand");
        await Expect(visitor.Part("entry-hash")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^[0-9a-f]{64}$", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)));
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Part("detail:ending")).ToHaveTextAsync("Resolved");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("audit");
        await visitor.Page.ClickAsync("[data-ct=export-menu] summary");
        Assert.Single(XlsxFileTests.Read(await DownloadAsync(visitor, "export-xlsx")));
        await visitor.Page.GotoAsync("/admin/audit?subject=nowhere&outcome=fine");
        await Expect(visitor.Part("empty")).ToContainTextAsync("Nothing matches");
        await Expect(visitor.Part("filter-wrong")).ToContainTextAsync("Choose one of done, refused, failed");
        await visitor.Page.EmulateMediaAsync(new() { ColorScheme = Microsoft.Playwright.ColorScheme.Dark });
        await visitor.Page.GotoAsync("/admin/audit?q=posted");
        await Expect(visitor.Part("audit-total")).ToContainTextAsync("1 entry");
        await visitor.AccessibleAsync();
        await visitor.PictureAsync("audit-dark");
    }

    private static async Task<byte[]> DownloadAsync(Visitor visitor, string part)
    {
        var download = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.Page.ClickAsync($"[data-ct={part}]"));
        await using var file = await download.CreateReadStreamAsync();
        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private async Task MakeAsync()
    {
        using var pump = ActivatorUtilities.CreateInstance<ExportPump>(world.Tower.Services);
        await pump.RunOnceAsync(default);
        await pump.Making;
    }
}
