using ControlTower.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace ControlTower.Tests.Browser;

/// <summary>
/// A tower for browser tests, and a Chromium that is its own while it stands. Skips with the reason where Chromium is not installed; <c>./tower test</c> installs it.
/// </summary>
public sealed class BrowserWorld : IAsyncLifetime
{
    private IBrowser? browser;

    public static string? Chromium => BrowserPool.Place;

    /// <summary>False: the tests bring a tower of their own.</summary>
    public bool Own { get; init; } = true;

    public TestTower Tower { get; private set; } = default!;

    /// <summary>Settings of the tower beside the usual ones.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    public async ValueTask InitializeAsync()
    {
        if (Chromium is null)
            return;
        if (Own)
            Tower = await TestTower.StartAsync(null, null, ["Tower:StoreZone=Europe/Amsterdam", "Tower:Company=Northlane Group", .. Settings]);
        browser = await BrowserPool.TakeAsync();
    }

    /// <summary>A new person at a browser of their own. Everything that the console or the policy complains about fails the test at disposal.</summary>
    public async Task<Visitor> VisitAsync(bool dark = false, int width = 1440, int height = 900, TestTower? tower = null)
    {
        Assert.SkipWhen(Chromium is null, "Chromium is not installed. ./tower test installs it (Debian package chromium), or set CT_CHROMIUM.");
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            BaseURL = (tower ?? Tower).Url,
            Locale = "en-GB",
        });
        context.SetDefaultTimeout(30_000);
        return new Visitor(tower ?? Tower, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            BrowserPool.GiveBack(browser);
        if (Tower is not null)
            await Tower.DisposeAsync();
    }
}
