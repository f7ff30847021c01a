using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using ControlTower.Data.Accounts;
using ControlTower.Tests.Support;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;
using Xunit;

namespace ControlTower.Tests.Browser;

/// <summary>A person at a browser. Waits for what is on screen, never for time.</summary>
public sealed class Visitor : IAsyncDisposable
{
    private static readonly string axe = new BundledAxeScriptProvider().GetScript();

    private static readonly string[] Colours = ["color-contrast", "link-in-text-block"];

    private readonly ConcurrentQueue<string> complaints = new();
    // What a hand sets off at the moment in which a render takes the element away comes too late: Blazor says so, and every test looks for what its clicks and keys were to do.
    private readonly List<string> expected = ["There is no event handler associated with this event"];
    private readonly TestTower tower;
    private readonly TestLog log;

    public Visitor(TestTower tower, IPage page)
    {
        (this.tower, log) = (tower, tower.Log);
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error")
                complaints.Enqueue(message.Text);
        };
        page.PageError += (_, error) => complaints.Enqueue(error);
    }

    public IPage Page { get; }

    public TestTower Tower => tower;

    /// <summary>The test provokes this answer: Chromium's own line about it is no complaint.</summary>
    public void Expect(int status) => expected.Add(string.Create(CultureInfo.InvariantCulture, $"responded with a status of {status} "));

    /// <summary>The test takes the tower away: what Chromium and SignalR say about it is no complaint.</summary>
    public void ExpectLoss() => expected.AddRange(["net::ERR_", "WebSocket", "Connection disconnected", "Failed to start the connection", "Failed to complete negotiation"]);

    public async Task<Account> SignInAsAsync(string role, bool finance = false, string at = "/")
    {
        var person = await tower.PersonAsync(role, finance);
        await SignInAsync(person, at);
        return person;
    }

    public async Task SignInAsync(Account person, string at = "/")
    {
        await Page.GotoAsync($"/sign-in?returnUrl={Uri.EscapeDataString(at)}");
        await Page.FillAsync("input[type=email]", person.Email);
        await Page.FillAsync("#password", TestTower.Password);
        await Page.ClickAsync("[data-ct=sign-in]");
        await LiveAsync();
    }

    /// <summary>Until the page is interactive: the keys are in force.</summary>
    public Task LiveAsync() => Page.WaitForSelectorAsync("html[data-keys=on]");

    /// <summary>Until the address is this path, whatever its query. Asks again and again: an address that a script changes may change before anybody listens for it.</summary>
    public Task AtAsync(string path, float? timeout = null) =>
        Assertions.Expect(Page).ToHaveURLAsync(new Regex($"^{Regex.Escape(tower.Url.TrimEnd('/') + path)}([?#]|$)", RegexOptions.None, TimeSpan.FromSeconds(1)), new PageAssertionsToHaveURLOptions { Timeout = timeout });

    /// <summary>
    /// Types into a field, and looks whether it is there: a dialog that closes gives the focus back to where it came from, and whoever types at that very moment types into nothing. A person sees that.
    /// </summary>
    public async Task FillAsync(string selector, string text)
    {
        var field = Page.Locator(selector);
        for (var tries = 0; tries < 3; tries++)
        {
            await field.FillAsync(text);
            if (await field.InputValueAsync() == text)
            {
                break;
            }
        }
    }

    /// <summary>Chooses a file once the page listens for it, which it does a moment after it shows the field.</summary>
    public async Task ChooseAsync(string selector, FilePayload file)
    {
        var field = Page.Locator(selector);
        await field.EvaluateAsync("async field => { while (field._blazorInputFileNextFileId === undefined) await new Promise(requestAnimationFrame); }");
        await field.SetInputFilesAsync(file);
    }

    public ILocator Part(string name) => Page.Locator($"[data-ct='{name}']");

    /// <summary>
    /// No accessibility finding at all, of any weight. Looks from within the page: no page here has frames, which is all that a look from outside would add. On a busy machine the look can
    /// hold the page for longer than a silence of the server may last; the page then comes back by itself, and that it said so is no complaint.
    /// </summary>
    /// <param name="colours">Only what another theme can change of a page that was looked at whole.</param>
    public async Task AccessibleAsync(bool colours = false)
    {
        expected.Add("Server timeout elapsed without receiving a message from the server");
        // What fades in or out has no contrast to judge; with motion reduced it is there or it is not.
        await Page.EmulateMediaAsync(new PageEmulateMediaOptions { ReducedMotion = ReducedMotion.Reduce });
        // The head is drawn again when the page comes alive: a page that never has a title waits here in vain.
        await Page.WaitForFunctionAsync("document.title !== ''");
        await Page.EvaluateAsync(axe);
        var found = await Page.EvaluateAsync<string[]>(
            """
            async only => (await axe.run(document, { resultTypes: ['violations'], runOnly: only ?? undefined })).violations
                .map(v => `${v.id} (${v.impact}): ${v.help}: ${v.nodes.map(n => n.html).join(' | ')}`)
            """,
            colours ? Colours : null);
        await Page.EmulateMediaAsync(new PageEmulateMediaOptions { ReducedMotion = ReducedMotion.NoPreference });
        Assert.True(found.Length == 0, string.Join('\n', found));
        await Page.WaitForSelectorAsync("body:not(.ct-lost)");
    }

    /// <summary>A picture for people, when CT_SCREENSHOTS names a folder.</summary>
    public async Task PictureAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("CT_SCREENSHOTS") is { Length: > 0 } folder)
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png") });
    }

    /// <summary>The page as it is, accessible in light and in dark, and on a small screen with nothing that runs out of it; a picture of each.</summary>
    public async Task PicturesAsync(string name)
    {
        foreach (var (scheme, suffix) in new[] { (ColorScheme.Dark, "-dark"), (ColorScheme.Light, "") })
        {
            await Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
            await AccessibleAsync(colours: scheme == ColorScheme.Dark);
            await PictureAsync(name + suffix);
        }

        var usual = Page.ViewportSize!;
        await Page.SetViewportSizeAsync(1024, usual.Height);
        await Page.WaitForFunctionAsync("innerWidth === 1024");
        var beyond = await Page.EvaluateAsync<int>("document.scrollingElement.scrollWidth - innerWidth");
        await PictureAsync(name + "-1024");
        await Page.SetViewportSizeAsync(usual.Width, usual.Height);
        // What is clicked next lies where it lay before.
        await Page.WaitForFunctionAsync("width => innerWidth === width", usual.Width);
        Assert.True(beyond <= 0, $"{beyond} pixels of {name} lie beside a screen of 1024.");
    }

    public async ValueTask DisposeAsync()
    {
        // Shown only where the test fails: what the person had before the eyes, and what the tower had to say.
        if (Page.Url.StartsWith("http", StringComparison.Ordinal))
            TestContext.Current.TestOutputHelper?.WriteLine($"Last seen, {Page.Url}:\n{await Page.InnerTextAsync("body")}\n{string.Join('\n', complaints.Concat(log.Errors))}");
        await Page.Context.CloseAsync();
        var unexpected = complaints.Where(complaint => !expected.Any(line => complaint.Contains(line, StringComparison.Ordinal))).ToList();
        Assert.True(unexpected.Count == 0, $"The browser complained:\n{string.Join('\n', unexpected)}");
    }
}
