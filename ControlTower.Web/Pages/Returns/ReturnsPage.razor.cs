using ControlTower.Data.Live;
using ControlTower.Data.Returns;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Returns;

/// <summary>The queue of returns by stage.</summary>
public sealed partial class ReturnsPage : ComponentBase, IDisposable
{
    private const int PageSize = 60;

    private readonly CancellationTokenSource gone = new();
    private ReturnsQuery query = ReturnsQuery.All;
    private Keymap keymap = new("Returns", []);
    private PanelGuard? panel;
    private IReadOnlyList<ReturnRow> rows = [];
    private ReturnCursor? next;
    private long? current;
    private IDisposable? feed;
    private IDisposable? keys;

    [Inject] private ReturnQueries Queries { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ReturnsPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayStart { get; set; }

    private IReadOnlyList<FilterView> Views =>
        [.. ReturnsQuery.Views.Select(v => new FilterView(v.Key, v.Name, (ReturnsQuery.All with { View = v.Key, Text = query.Text }).Href(), query.View == v.Key))];

    private string EmptyText => query switch
    {
        { After: not null } => "No more returns.",
        { Text.Length: > 0 } => $"No return of this view is known by \"{query.Text}\".",
        { View: "attention" } => "No return needs somebody.",
        { View: "open" } => "No return is under way.",
        _ => "No return stands here.",
    };

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        Navigation.LocationChanged -= OnLocation;
        feed?.Dispose();
        keys?.Dispose();
        Shell.Live(null);
    }

    protected override async Task OnInitializedAsync()
    {
        query = ReturnsQuery.Parse(Navigation.Uri);
        MayStart = SignedIn.From((await Auth).User)?.May(Permissions.ReturnsStart) == true;
        keymap = new Keymap("Returns",
        [
            new("j", "next", () => MoveAsync(1), Hint: true), new("k", "previous", () => MoveAsync(-1), Hint: true), new("ArrowDown", "next", () => MoveAsync(1)),
            new("ArrowUp", "previous", () => MoveAsync(-1)), new("Enter", "open", OpenAsync, Hint: true), new("/", "filter", Hint: true),
        ]);
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        panel = new PanelGuard("The returns", Clock, Log);
        keys = Keys.Use(keymap);
        Navigation.LocationChanged += OnLocation;
        feed = Feed.Subscribe(LiveTopics.Flows | LiveTopics.Cases, () => InvokeAsync(LoadAsync));
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        if (gone.IsCancellationRequested)
        {
            return;
        }

        var asked = query;
        await panel!.AskAsync(async () =>
        {
            var page = await Queries.ListAsync(asked.Filter, asked.After, PageSize, gone.Token);
            if (asked == query)
            {
                (rows, next) = (page.Rows, page.Next);
            }
        });
        Shell.Live(panel.Fault is null && Feed.IsConnected ? Shared.Feed.Live : Shared.Feed.Late, panel.AnsweredAt);
        StateHasChanged();
    }

    private void Go(ReturnsQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private Task MoveAsync(int by)
    {
        if (rows.Count > 0)
        {
            current = rows[Math.Clamp(rows.ToList().FindIndex(row => row.Id == current) + by, 0, rows.Count - 1)].Id;
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        if (current is { } id)
        {
            Navigation.NavigateTo(Links.Return(id));
        }

        return Task.CompletedTask;
    }

    private void OnLocation(object? sender, LocationChangedEventArgs change) => _ = InvokeAsync(() =>
    {
        if (!new Uri(change.Location).AbsolutePath.Equals(Links.Returns, StringComparison.OrdinalIgnoreCase))
        {
            return Task.CompletedTask;
        }

        (query, current) = (ReturnsQuery.Parse(change.Location), null);
        return LoadAsync();
    });
}
