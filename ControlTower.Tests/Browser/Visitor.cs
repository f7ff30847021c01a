using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using ControlTower.Data.Accounts;
using ControlTower.Tests.Support;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace ControlTower.Tests.Browser;

/// <summary>A person at a browser. Waits for what is on screen, never for time.</summary>
public sealed class Visitor : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> complaints = new();
    private readonly List<string> expected = [];
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

    public ILocator Part(string name) => Page.Locator($"[data-ct='{name}']");

    /// <summary>No accessibility finding at all, of any weight.</summary>
    public async Task AccessibleAsync()
    {
        var result = await Page.RunAxe();
        Assert.True(result.Violations.Length == 0, string.Join('\n', result.Violations.Select(v => $"{v.Id} ({v.Impact}): {v.Help}: {string.Join(" | ", v.Nodes.Select(n => n.Html))}")));
    }

    /// <summary>A picture for people, when CT_SCREENSHOTS names a folder.</summary>
    public async Task PictureAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("CT_SCREENSHOTS") is { Length: > 0 } folder)
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png") });
    }

    public async ValueTask DisposeAsync()
    {
        // Shown only where the test fails: what the person had before the eyes, and what the tower had to say.
        if (Page.Url.StartsWith("http", StringComparison.Ordinal))
            TestContext.Current.TestOutputHelper?.WriteLine($"Last seen, {Page.Url}:\n{await Page.InnerTextAsync("body")}\n{string.Join('\n', log.Errors)}");
        await Page.Context.CloseAsync();
        Assert.DoesNotContain(complaints, complaint => !expected.Any(line => complaint.Contains(line, StringComparison.Ordinal)));
    }
}
