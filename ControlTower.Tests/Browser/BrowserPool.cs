using System.Collections.Concurrent;
using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(ControlTower.Tests.Browser.BrowserPool))]

namespace ControlTower.Tests.Browser;

/// <summary>
/// As many Chromiums as tests run beside each other, started by the first tests that need them. A world has one to itself while it stands, so that the pages of one test never share a focus with those of another.
/// </summary>
public sealed class BrowserPool : IAsyncDisposable
{
    // The one without a window comes first: it draws the same pages with a third less of the processor.
    private static readonly string[] Places = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private static readonly Lazy<Task<IPlaywright>> Driver = new(StartAsync);

    private static readonly ConcurrentBag<IBrowser> Free = [];

    public static string? Place { get; } = Environment.GetEnvironmentVariable("CT_CHROMIUM") ?? Places.FirstOrDefault(File.Exists);

    public static async Task<IBrowser> TakeAsync() => Free.TryTake(out var browser) ? browser : await (await Driver.Value).Chromium.LaunchAsync(new BrowserTypeLaunchOptions
    {
        ExecutablePath = Place,
        Args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        Timeout = 90_000,
    });

    public static void GiveBack(IBrowser browser) => Free.Add(browser);

    public async ValueTask DisposeAsync()
    {
        foreach (var browser in Free)
            await browser.DisposeAsync();
        if (Driver.IsValueCreated)
            (await Driver.Value).Dispose();
    }

    private static Task<IPlaywright> StartAsync()
    {
        // How long a guard may wait on a machine that does other things as well: no test takes this long when it passes.
        Assertions.SetDefaultExpectTimeout(20_000);
        return Playwright.CreateAsync();
    }
}
