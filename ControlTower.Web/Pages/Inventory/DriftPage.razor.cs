using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using ControlTower.Sync.Publishing;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Logging;
using MudBlazor;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>Where channels show something else than they should, why as far as known, and setting it right in sight of what changes.</summary>
public sealed partial class DriftPage : ComponentBase, IDisposable
{
    private const int Most = 200;
    private const int MostDays = 14;
    private const int MostPreviewed = 100;

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(3);

    private static readonly IReadOnlyList<Crumb> Above = [new("Inventory", Links.Inventory)];

    private readonly CancellationTokenSource gone = new();
    private DriftQuery query = DriftQuery.Start;
    private Keymap keymap = new("Drift", []);
    private PanelGuard? panel;
    private IReadOnlyList<DriftPlace> places = [];
    private IReadOnlyList<DriftCell> cells = [];
    private IReadOnlyList<DriftDay> days = [];
    private IReadOnlyList<DriftCell>? frozen;
    private long count;
    private long left;
    private string? current;
    private SignedIn? person;
    private IDisposable? feed;
    private IDisposable? keys;

    [Inject] private DriftQueries Queries { get; set; } = default!;
    [Inject] private DriftDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<DriftPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayRepair => person?.May(Permissions.DriftRepair) == true;

    private bool MayCheck => person?.May(Permissions.DriftCheck) == true;

    private string Title => query.View switch { DriftView.Failed => "Not taken by the channel", DriftView.All => "All cells", _ => "Adrift" };

    private string Sum =>
        $"{DriftWords.Accuracy(places.Sum(p => p.Exact), places.Sum(p => p.Checked), Viewer?.Culture)} of {Say.Count(places.Sum(p => (long)p.Checked), Viewer?.Culture)} compared cells within tolerance";

    private IReadOnlyList<FilterView> Views =>
    [
        View("adrift", "Adrift", DriftView.Adrift, Shown.Sum(p => (long)p.Adrift)), View("failed", "Not taken", DriftView.Failed, Shown.Sum(p => (long)p.Failed)),
        View("all", "All", DriftView.All, Shown.Sum(p => (long)p.Cells)),
    ];

    private IEnumerable<DriftPlace> Shown => places.Where(p => (query.Connection.Length == 0 || p.ConnectionId == query.Connection) && (query.Place.Length == 0 || p.Location == query.Place));

    private IReadOnlyList<FilterField> Fields =>
    [
        .. query.Connection.Length > 0 ? new[] { new FilterField("channel", NameOf(query.Connection)) } : [],
        .. query.Place.Length > 0 ? new[] { new FilterField("place", places.FirstOrDefault(p => p.Location == query.Place)?.Name ?? query.Place) } : [],
    ];

    private string EmptyText => query switch
    {
        { View: DriftView.All } => "No cell fits.",
        { View: DriftView.Failed, Narrows: true } => "Nothing of these waits for a person.",
        { View: DriftView.Failed } => "Channels take what they are told.",
        { Narrows: true } => "None of these is adrift.",
        _ => "Nothing is adrift: at their last comparison channels showed what they should.",
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
        query = DriftQuery.Parse(Navigation.Uri);
        keymap = new Keymap("Drift",
        [
            new("j", "next", () => MoveAsync(1), Hint: true), new("k", "previous", () => MoveAsync(-1), Hint: true), new("ArrowDown", "next", () => MoveAsync(1)),
            new("ArrowUp", "previous", () => MoveAsync(-1)), new("Enter", "open", OpenAsync, Hint: true), new("r", "set right", PreviewAsync, Hint: true), new("/", "filter", Hint: true),
        ]);
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        panel = new PanelGuard("What channels show", Clock, Log);
        keys = Keys.Use(keymap);
        Navigation.LocationChanged += OnLocation;
        feed = Feed.Subscribe(LiveTopics.Stock, () => InvokeAsync(RefreshAsync));
        await LoadAsync();
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => person = SignedIn.From((await Auth).User);

    // Levels move all the time and every look costs the database something: not with each of them, but the last one is never left out.
    private Task RefreshAsync() => panel!.PacedAsync(AtMostEvery, LoadAsync, gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token);

    private async Task LoadAsync()
    {
        if (gone.IsCancellationRequested)
        {
            return;
        }

        var asked = query;
        await panel!.AskAsync(async () =>
        {
            var map = await Queries.PlacesAsync(gone.Token);
            var found = await Queries.CellsAsync(asked.Filter, Most, gone.Token);
            var history = await Queries.DaysAsync(asked.Filter.ConnectionId, asked.Filter.Location, MostDays, gone.Token);
            if (asked == query)
            {
                (places, (cells, count), days) = (map, found, history);
            }
        });
        Shell.Live(panel.Fault is null && Feed.IsConnected ? Shared.Feed.Live : Shared.Feed.Late, panel.AnsweredAt);
        StateHasChanged();
    }

    private async Task PreviewAsync()
    {
        if (!MayRepair || query.View is DriftView.All || count == 0)
        {
            return;
        }

        await Acts.RunAsync(async () =>
        {
            (frozen, var all) = await Desk.PreviewAsync(query.Filter, gone.Token);
            left = Math.Max(0, all - DriftDesk.MostCells);
        });
        StateHasChanged();
    }

    private Task RepairAsync() => Acts.RunAsync(async () =>
    {
        var set = frozen!;
        frozen = null;
        var actor = await Actor.MustAsync(Permissions.DriftRepair);
        var done = await Desk.RepairAsync(set, actor, gone.Token);
        Snackbar.Add(
            done == set.Count ? $"{Cells(done)} on the way to what the tower expects." : $"{Cells(done)} on the way, {Cells(set.Count - done)} changed meanwhile and left alone.",
            done == set.Count ? Severity.Success : Severity.Warning);
        await LoadAsync();
    });

    private Task CheckAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.DriftCheck);
        Snackbar.Add($"{Cells(await Desk.CheckAsync(query.Connection, actor, gone.Token))} being compared. Differences appear here as they are found.", Severity.Success);
        await LoadAsync();
    });

    private static string Cells(int cells) => cells == 1 ? "1 cell is" : $"{Say.Count(cells)} cells are";

    private FilterView View(string key, string name, DriftView view, long of) => new(key, name, (query with { View = view }).Href(), query.View == view, of);

    private bool IsHere(DriftPlace place) => place.ConnectionId == query.Connection && place.Location == query.Place;

    private string NameOf(string connection) => places.FirstOrDefault(place => place.ConnectionId == connection)?.Connection ?? connection;

    private static string Key(DriftCell cell) => $"{cell.ConnectionId}\n{cell.Sku}\n{cell.Location}";

    private void Clear(string field) => Go(field == "channel" ? query with { Connection = "" } : query with { Place = "" });

    private void Go(DriftQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private Task MoveAsync(int by)
    {
        if (cells.Count > 0)
        {
            current = Key(cells[Math.Clamp(cells.ToList().FindIndex(cell => Key(cell) == current) + by, 0, cells.Count - 1)]);
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        if (cells.FirstOrDefault(cell => Key(cell) == current) is { } cell)
        {
            Navigation.NavigateTo(Links.Sku(cell.Sku));
        }

        return Task.CompletedTask;
    }

    private void OnLocation(object? sender, LocationChangedEventArgs change) => _ = InvokeAsync(() =>
    {
        if (!new Uri(change.Location).AbsolutePath.Equals(Links.Drift, StringComparison.OrdinalIgnoreCase))
        {
            return Task.CompletedTask;
        }

        (query, current, frozen) = (DriftQuery.Parse(change.Location), null, null);
        return LoadAsync();
    });

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
