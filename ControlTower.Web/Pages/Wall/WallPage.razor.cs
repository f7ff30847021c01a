using System.Globalization;
using ControlTower.Data.Flows;
using ControlTower.Sync.Administration;
using ControlTower.Web.Auth;
using ControlTower.Web.Pages.Overview;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Wall;

/// <summary>
/// Boards for screens on a wall, by turns. Nobody touches them: what they show follows from the address and the clock, and <c>wall.js</c> opens them anew when they fell silent.
/// </summary>
public sealed partial class WallPage : ComponentBase, IDisposable
{
    private readonly List<IDisposable> watching = [];
    private WallQuery query = default!;
    private WallScreen? screen;
    private SignedIn? person;
    private ScopeFeed? feed;
    private IReadOnlyList<string> wrong = [];
    private WallAge age = new("No data yet", Behind: true, Old: false);
    private IReadOnlyList<WallFigure> figures = [];
    private IReadOnlyList<OutageNotice> notices = [];
    private IReadOnlyList<WallConnection>? connections;
    private IReadOnlyList<WallCause>? causes;
    private FlowLane? orders;
    private FlowLane? returns;
    private int turn;
    private TimeSpan? next;
    private string? tick;

    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private ScopeFeeds Feeds { get; set; } = default!;
    [Inject] private AgeTicker Ticker { get; set; } = default!;
    [Inject] private StageLimitBook Limits { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;

    private Viewer Eyes => Viewer ?? Shared.Viewer.Default;

    private DateTimeOffset Now { get; set; }

    private WallBoard Board => query.Boards[turn];

    private string Title
    {
        get
        {
            var scope = WallModel.Scope(query.Brand, feed?.ConnectionsNow);
            var name = Board switch { WallBoard.Connections => "Connections", WallBoard.Exceptions => "Exceptions", _ => "Order flow" };
            return scope.Length == 0 ? name : $"{name}, {scope}";
        }
    }

    private string Turn => next is { } left
        ? string.Create(CultureInfo.InvariantCulture, $"Page {turn + 1} of {query.Boards.Count}, next in {Math.Max(1, (int)Math.Ceiling(left.TotalSeconds))} s")
        : "Page 1 of 1";

    private string Who => screen is not null ? $"wallboard token “{screen.Name}”, read only" : $"{person?.Name}, read only";

    public void Dispose()
    {
        foreach (var watch in watching)
            watch.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        var user = (await Auth).User;
        (person, screen) = (SignedIn.From(user), WallScreen.From(user));
        query = WallQuery.Parse(Navigation.Uri);
        wrong = query.Wrong;
        // A token of one brand shows that brand, to people as well who opened the board in its browser.
        if (screen?.Brand is { } only)
        {
            if (query.Brand is { } asked && asked != only)
                wrong = [.. wrong, $"brand: this wallboard's token is for {only} alone."];
            query = query with { Brand = only };
        }

        if (RendererInfo.IsInteractive)
        {
            watching.Add(Feeds.Of(null).Connections.Watch(() => _ = InvokeAsync(Refresh)));
            watching.Add(Ticker.Listen(() => TimeSpan.FromSeconds(1), () => _ = InvokeAsync(Refresh)));
        }

        Compose();
    }

    private void Refresh()
    {
        tick = Clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        Compose();
        StateHasChanged();
    }

    private void Compose()
    {
        Now = Clock.GetUtcNow();
        (turn, next) = query.TurnAt(Now);
        if (feed is null && wrong.Count == 0)
            Choose();
        var all = feed?.ConnectionsNow;
        figures = WallModel.Figures(feed?.Figures.Now.Value, all, Now, Eyes.StoreZone, Eyes.Culture);
        notices = all is null ? [] : OutageNotice.Of(all, Now, Eyes.StoreZone, Eyes.Culture);
        connections = all is null ? null : WallModel.Connections(all, Now, Eyes.StoreZone, Eyes.Culture);
        causes = feed?.Causes.Now.Value is { } known ? WallModel.Causes(known, Eyes.Culture) : null;
        orders = feed?.Stages.Now.Value is { } stages ? OverviewModel.Lane(stages, Limits.Current, Now, orders: false) : null;
        returns = feed?.Returns.Now.Value is { } back ? OverviewModel.ReturnLane(back, Limits.Current, Now, returns: false) : null;
        age = WallModel.Age(Oldest(), Now, Eyes.StoreZone);
    }

    // A brand that no connection has is a slip in the address. Which there are is known with the first answer.
    private void Choose()
    {
        if (query.Brand is { } brand && screen?.Brand is null)
        {
            if (Feeds.Of(null).Connections.Now.Value is not { } known)
                return;
            if (!known.Any(status => status.Brand == brand))
            {
                wrong = [$"brand: no connection has this brand. There are {string.Join(", ", known.Select(status => status.Brand).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))}."];
                return;
            }
        }

        feed = Feeds.Of(query.Brand);
        if (RendererInfo.IsInteractive)
            watching.AddRange(new[] { feed.Stages.Watch(Changed), feed.Returns.Watch(Changed), feed.Figures.Watch(Changed), feed.Causes.Watch(Changed) });

        void Changed() => _ = InvokeAsync(Refresh);
    }

    // The board is as old as the oldest answer on it; null while one of them was never given.
    private DateTimeOffset? Oldest()
    {
        DateTimeOffset?[] answers = feed is null ? [null] : Board switch
        {
            WallBoard.Connections => [feed.Connections.Now.At],
            WallBoard.Exceptions => [feed.Causes.Now.At, feed.Figures.Now.At, feed.Connections.Now.At],
            _ => [feed.Stages.Now.At, feed.Returns.Now.At, feed.Figures.Now.At, feed.Causes.Now.At, feed.Connections.Now.At],
        };
        return answers.Any(at => at is null) ? null : answers.Min();
    }

    private string Time(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Eyes.StoreZone).ToString("HH:mm", CultureInfo.InvariantCulture);
}
