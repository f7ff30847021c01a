using ControlTower.Sync.Connections;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static ControlTower.Tests.Support.TillFiles;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>Files of tills as people bring them. The test is the worker.</summary>
public sealed class ImportBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new();

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_day_is_uploaded_once_read_and_its_rows_are_looked_at_and_the_stores_with_them()
    {
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Operations, at: "/imports");
        await Expect(visitor.Part("panel:imports").Locator("[data-ct=empty]")).ToContainTextAsync("No tills send files yet");
        await PosWorld.AddTillsAsync(world.Tower.Database);
        await world.Tower.Services.GetRequiredService<ConnectionDirectory>().RefreshAsync(default);
        await visitor.Page.ReloadAsync();
        await visitor.LiveAsync();

        await UploadAsync(visitor, File(Sale(1), Sale(2, total: "120.00"), Sale(3, status: "Voided"), Sale(6), Sale(1, store: "S002", day: Today)));
        await Expect(visitor.Part("upload-said")).ToContainTextAsync("I-1 is stored and will be read");
        await Expect(visitor.Part("import:1")).ToContainTextAsync("Waits for a worker");
        await ReadAsync();
        await Expect(visitor.Part("import:1")).ToContainTextAsync("Done, with findings");
        await Expect(visitor.Part("store:S001")).ToContainTextAsync("Silent");
        await Expect(visitor.Part("store:S002")).ToContainTextAsync("Heard");
        await UploadAsync(visitor, "<!DOCTYPE a><POSLog/>"u8.ToArray());
        await Expect(visitor.Part("upload-said")).ToContainTextAsync("I-2 is stored");
        await ReadAsync();
        await Expect(visitor.Part("import:2")).ToContainTextAsync("Refused");
        await visitor.PicturesAsync("imports");

        await visitor.Page.ClickAsync("[data-ct='panel:stores'] a:has-text('Numbers missing')");
        await Expect(visitor.Part("store:S001")).ToContainTextAsync("till 1: 4 to 5");
        await Expect(visitor.Part("store:S002")).ToHaveCountAsync(0);
        await visitor.Page.FocusAsync("[data-ct='import:1'] a");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await visitor.AtAsync("/imports/1");
        await Expect(visitor.Part("finding:grand-total")).ToContainTextAsync("The grand total is 120.00");
        await Expect(visitor.Part("finding:gap").Last).ToContainTextAsync("numbers 4 to 5 of till 1 are missing");
        await Expect(visitor.Part("import-counts")).ToContainTextAsync("3 of 5 transactions");
        var download = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.Page.ClickAsync("[data-ct=report]"));
        Assert.Equal("I-1-report.csv", download.SuggestedFilename);
        await visitor.PicturesAsync("import");
    }

    private static string Today => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static async Task UploadAsync(Visitor visitor, byte[] file)
    {
        await visitor.ChooseAsync("[data-ct=upload-file]", new FilePayload { Name = "day.xml", MimeType = "text/xml", Buffer = file });
        await visitor.Page.ClickAsync("[data-ct=upload]");
    }

    private async Task ReadAsync()
    {
        var pump = ActivatorUtilities.CreateInstance<PosImportPump>(world.Tower.Services);
        while ((await pump.RunOnceAsync(default)).Again)
        {
        }
    }
}
