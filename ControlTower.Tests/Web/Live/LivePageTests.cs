using Bunit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Tests.Web.Shared;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Web.Live;

/// <summary>What every live page does without saying so. Changes come from the feed's own beats, every five seconds: they look like announcements to a page.</summary>
public sealed class LivePageTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(250);

    private readonly PartsContext parts = new();
    private readonly TowerDataSources nowhere = new("Host=127.0.0.1;Port=1");
    private readonly List<string> calls = [];
    private readonly SemaphoreSlim read = new(0);
    private readonly ShellState shell;
    private readonly KeyFeed keys = new();
    private Func<CancellationToken, Task<string>> answer;
    private readonly Who who = new(Roles.Admin);
    private bool asks = true;

    public LivePageTests()
    {
        shell = new ShellState(parts.Clock);
        answer = _ => Task.FromResult($"answer {calls.Count(call => call == "read")}");
        parts.Services.AddSingleton(new LiveFeed(new ChangeListener(nowhere, new DatabaseWatch(nowhere, parts.Clock, NullLogger<DatabaseWatch>.Instance), parts.Clock, NullLogger<ChangeListener>.Instance), parts.Clock));
        parts.Services.AddSingleton(keys);
        parts.Services.AddSingleton(shell);
        parts.Services.AddSingleton<AuthenticationStateProvider>(who);
        parts.RenderTree.Add<CascadingAuthenticationState>();
    }

    private NavigationManager Navigation => parts.Services.GetRequiredService<NavigationManager>();

    private int Reads => calls.Count(call => call == "read");

    /// <summary>
    /// Until it was read so often. A read that changes nothing draws nothing, so nobody can wait for its drawing; and the page begins to wait for the next one a moment after it has read, so the clock goes on
    /// until it is heard.
    /// </summary>
    private async Task ReadAsync(int times)
    {
        for (var tries = 0; Reads < times; tries++)
        {
            Assert.True(tries < 1_000, $"It was read {Reads} times, not {times}.");
            await PassAsync(Soon);
            await read.WaitAsync(TimeSpan.FromMilliseconds(20), Xunit.TestContext.Current.CancellationToken);
        }
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await parts.DisposeAsync();
        await nowhere.DisposeAsync();
        read.Dispose();
    }

    [Fact]
    public async Task A_page_that_is_rendered_in_advance_knows_its_address_and_its_keys_and_reads_and_follows_nothing()
    {
        Navigation.NavigateTo("/probe?q=shoes");
        var page = Open(interactive: false);
        await PassAsync(TimeSpan.FromSeconds(20));

        Assert.Equal("shoes: nothing, j", page.Find("p").TextContent);
        Assert.Equal(["show shoes"], calls);
        Assert.Empty(keys.Maps);
        Assert.Null(shell.Feed);
    }

    [Fact]
    public void An_opened_page_takes_its_address_knows_who_looks_and_then_reads()
    {
        Navigation.NavigateTo("/probe?q=shoes");
        var page = Open();

        Assert.Equal(["show shoes", "read"], calls);
        Assert.Equal("shoes: answer 1, j", page.Find("p").TextContent);
        Assert.Equal(Liveness.Live, shell.Feed);
        Assert.Equal("Probe", Assert.Single(keys.Maps).Title);
    }

    [Fact]
    public async Task Changes_are_read_once_in_their_pace_and_the_last_one_is_not_left_out()
    {
        var page = Open();
        await PassAsync(TimeSpan.FromSeconds(11.5));
        Assert.Equal(1, Reads);
        await PassAsync(TimeSpan.FromSeconds(1));
        await ReadAsync(2);
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(2, Reads);
        await PassAsync(TimeSpan.FromSeconds(3));
        await ReadAsync(3);
        Assert.Equal(3, Reads);
    }

    [Fact]
    public void Another_address_of_the_page_is_shown_and_read_and_another_pages_is_not()
    {
        Navigation.NavigateTo("/probe");
        var page = Open();
        calls.Clear();

        Navigation.NavigateTo("/probe?q=coats");
        page.WaitForAssertion(() => Assert.Equal(["show coats", "read"], calls));
        Navigation.NavigateTo("/probes?q=hats");
        Navigation.NavigateTo("/elsewhere?q=hats");
        Assert.Equal(["show coats", "read"], calls);
    }

    [Fact]
    public void A_page_whose_parameters_are_its_address_reads_with_each_of_their_changes()
    {
        var page = Open(byParameters: true);
        page.Render(own => own.Add(probe => probe.Number, 7));
        page.WaitForAssertion(() => Assert.Equal(["show ", "read", "show ", "read"], calls));
        Navigation.NavigateTo("/probe?q=coats");
        Assert.Equal(2, Reads);
    }

    [Fact]
    public async Task Leaving_a_page_cancels_what_it_reads_and_nothing_is_told_to_it_any_more()
    {
        CancellationToken read = default;
        var never = new TaskCompletionSource<string>();
        answer = cancel =>
        {
            read = cancel;
            return never.Task;
        };
        Open();
        await parts.DisposeComponentsAsync();

        Assert.True(read.IsCancellationRequested);
        never.SetResult("too late");
        Navigation.NavigateTo("/probe?q=coats");
        await PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(["show ", "read", "left"], calls);
        Assert.Empty(keys.Maps);
        Assert.Null(shell.Feed);
    }

    [Fact]
    public async Task A_read_that_fails_leaves_what_was_shown_and_says_since_when()
    {
        var page = Open();
        answer = _ => throw new TimeoutException();
        await PassAsync(TimeSpan.FromSeconds(13));
        await ReadAsync(2);
        var since = parts.Clock.GetUtcNow();
        await PassAsync(TimeSpan.FromSeconds(13));
        await ReadAsync(3);

        Assert.Equal(": answer 1, j", page.Find("p").TextContent);
        Assert.Equal("The probe could not be read: the database did not answer.", page.Instance.Fault!.Text);
        Assert.InRange(page.Instance.Fault.Since, PartsContext.Noon.AddSeconds(12), since);
        Assert.Equal((Liveness.Late, PartsContext.Noon), (shell.Feed!.Value, shell.DataAt!.Value));

        answer = _ => Task.FromResult("well again");
        await PassAsync(TimeSpan.FromSeconds(13));
        page.WaitForAssertion(() => Assert.Equal((null, Liveness.Live), (page.Instance.Fault, shell.Feed!.Value)));
    }

    [Fact]
    public async Task The_newest_read_counts_whichever_ends_last()
    {
        Navigation.NavigateTo("/probe");
        var (slow, token) = (new TaskCompletionSource<string>(), CancellationToken.None);
        answer = cancel =>
        {
            token = cancel;
            return slow.Task;
        };
        var page = Open();
        answer = _ => Task.FromResult("coats");
        Navigation.NavigateTo("/probe?q=coats");
        page.WaitForAssertion(() => Assert.Equal("coats: coats, j", page.Find("p").TextContent));

        Assert.True(token.IsCancellationRequested);
        slow.SetResult("everything");
        await page.InvokeAsync(() => { });
        Assert.Equal("coats: coats, j", page.Find("p").TextContent);
        Assert.Null(page.Instance.Fault);
    }

    [Fact]
    public async Task A_right_that_was_taken_away_is_gone_from_the_open_page()
    {
        var page = Open();
        Assert.True(page.Instance.May);
        who.Become(Roles.Operations);

        page.WaitForAssertion(() => Assert.False(page.Instance.May));
        await ReadAsync(2);
    }

    [Fact]
    public async Task Who_waits_for_a_read_that_is_overtaken_waits_for_the_newest()
    {
        Navigation.NavigateTo("/probe");
        var page = Open();
        var (older, newer) = (new TaskCompletionSource<string>(), new TaskCompletionSource<string>());
        answer = cancel => older.Task.WaitAsync(cancel);
        var act = Task.CompletedTask;
        await page.InvokeAsync(() => { act = page.Instance.AgainAsync(); });
        answer = _ => newer.Task;
        Navigation.NavigateTo("/probe?q=coats");
        await page.InvokeAsync(() => { });
        Assert.False(act.IsCompleted);
        newer.SetResult("coats");
        await act;
        Assert.Equal("coats: coats, j", page.Find("p").TextContent);
    }

    [Fact]
    public async Task A_read_that_is_overtaken_and_then_fails_is_no_failure_of_the_page()
    {
        Navigation.NavigateTo("/probe");
        var slow = new TaskCompletionSource<string>();
        answer = _ => slow.Task;
        var page = Open();
        answer = _ => Task.FromResult("coats");
        Navigation.NavigateTo("/probe?q=coats");
        page.WaitForAssertion(() => Assert.Equal("coats: coats, j", page.Find("p").TextContent));
        slow.SetException(new TimeoutException());
        await page.InvokeAsync(() => { });
        Assert.Null(page.Instance.Fault);
    }

    [Fact]
    public void A_page_that_has_nothing_to_read_reads_nothing_and_says_nothing_of_its_age()
    {
        asks = false;
        var page = Open();
        Assert.Equal(0, Reads);
        Assert.Null(shell.Feed);
        asks = true;
        Navigation.NavigateTo("/probe?q=coats");
        page.WaitForAssertion(() => Assert.Equal((1, Liveness.Live), (Reads, shell.Feed!.Value)));
    }

    [Fact]
    public async Task A_page_that_follows_nothing_says_nothing_of_its_age()
    {
        Open(topics: LiveTopics.None);
        await PassAsync(TimeSpan.FromSeconds(70));

        Assert.Equal(1, Reads);
        Assert.Null(shell.Feed);
    }

    private IRenderedComponent<Probe> Open(bool interactive = true, bool byParameters = false, LiveTopics topics = LiveTopics.Cases)
    {
        parts.SetRendererInfo(new RendererInfo(interactive ? "Server" : "Static", interactive));
        return parts.Render<Probe>(own => own.Add(probe => probe.Script, this).Add(probe => probe.Path, byParameters ? null : "/probe").Add(probe => probe.Topics, topics));
    }

    private async Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += Soon)
        {
            parts.Clock.Advance(Soon);
            await parts.Renderer.Dispatcher.InvokeAsync(() => { });
        }
    }

    private sealed class Probe : LivePage
    {
        private string asked = "";
        private string shown = "nothing";

        [Parameter] public LivePageTests Script { get; set; } = default!;

        [Parameter] public string? Path { get; set; }

        [Parameter] public LiveTopics Topics { get; set; }

        [Parameter] public int Number { get; set; }

        public Fault? Fault => Panel?.Fault;

        public bool May => Person?.May(Permissions.SessionsManage) == true;

        protected override bool Asks => Script.asks;

        public Task AgainAsync() => LoadAsync();

        protected override Following Follows => new("The probe", Topics, TimeSpan.FromSeconds(12), Path);

        protected override Keymap Hands() => new("Probe", [new("j", "next", () => Task.CompletedTask)]);

        protected override void Show(string uri)
        {
            asked = QueryText.Of(uri)("q");
            Script.calls.Add($"show {asked}");
        }

        protected override async Task ReadAsync(CancellationToken cancel)
        {
            Script.calls.Add("read");
            Script.read.Release();
            var found = await Script.answer(cancel);
            cancel.ThrowIfCancellationRequested();
            shown = found;
        }

        protected override void Left() => Script.calls.Add("left");

        protected override void BuildRenderTree(RenderTreeBuilder builder) => builder.AddMarkupContent(0, $"<p>{asked}: {shown}, {Keymap.Bindings[0].Keys}</p>");
    }

    private sealed class Who(string role) : AuthenticationStateProvider
    {
        private Task<AuthenticationState> state = Of(role);

        public override Task<AuthenticationState> GetAuthenticationStateAsync() => state;

        public void Become(string next) => NotifyAuthenticationStateChanged(state = Of(next));

        private static Task<AuthenticationState> Of(string role) => Task.FromResult(new AuthenticationState(new SignedIn(Guid.Empty, "Ida Holm", "ida@test.example", role, false).Principal("s")));
    }
}
