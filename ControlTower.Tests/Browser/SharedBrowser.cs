using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(ControlTower.Tests.Browser.SharedBrowser))]

namespace ControlTower.Tests.Browser;

/// <summary>One Chromium for the whole run, started by the first test that needs it: each visitor has a context of their own in it, which shares nothing with the others.</summary>
public sealed class SharedBrowser : IAsyncDisposable
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private static readonly Lazy<Task<(IPlaywright Playwright, IBrowser Browser)>> Started = new(StartAsync);

    public static string? Place { get; } = Environment.GetEnvironmentVariable("CT_CHROMIUM") ?? Places.FirstOrDefault(File.Exists);

    public static async Task<IBrowser> OpenAsync() => (await Started.Value).Browser;

    public async ValueTask DisposeAsync()
    {
        if (!Started.IsValueCreated)
            return;
        var (playwright, browser) = await Started.Value;
        await browser.DisposeAsync();
        playwright.Dispose();
    }

    private static async Task<(IPlaywright Playwright, IBrowser Browser)> StartAsync()
    {
        // How long a guard may wait on a machine that does other things as well: no test takes this long when it passes.
        Assertions.SetDefaultExpectTimeout(20_000);
        var playwright = await Playwright.CreateAsync();
        return (playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Place,
            Args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
            Timeout = 90_000,
        }));
    }
}
