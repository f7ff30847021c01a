using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using ControlTower.Sync.Publishing;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>Where channels show something else than they should, why as far as known, and setting it right in sight of what changes.</summary>
public sealed partial class DriftPage
{
    private const int Most = 200;
    private const int MostDays = 14;
    private const int MostPreviewed = 100;

    private static readonly IReadOnlyList<Crumb> Above = [new("Inventory", Links.Inventory)];

    private DriftQuery query = DriftQuery.Start;
    private IReadOnlyList<DriftPlace> places = [];
    private IReadOnlyList<DriftCell> cells = [];
    private IReadOnlyList<DriftDay> days = [];
    private IReadOnlyList<DriftCell>? frozen;
    private long count;
    private long left;
    private string? current;

    [Inject] private DriftQueries Queries { get; set; } = default!;
    [Inject] private DriftDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;

    private bool MayRepair => Person?.May(Permissions.DriftRepair) == true;

    private bool MayCheck => Person?.May(Permissions.DriftCheck) == true;

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

    // Levels move all the time, and every look costs the database something.
    protected override Following Follows => new("What channels show", LiveTopics.Stock, TimeSpan.FromSeconds(3), Links.Drift);

    protected override Keymap Hands() => new("Drift",
    [
        .. KeyBinding.Walk(MoveAsync), new("Enter", "open", OpenAsync, Hint: true), new("r", "set right", PreviewAsync, Hint: true), new("/", "filter", Hint: true),
    ]);

    protected override void Show(string uri) => (query, current, frozen) = (DriftQuery.Parse(uri), null, null);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var map = await Queries.PlacesAsync(cancel);
        var found = await Queries.CellsAsync(query.Filter, Most, cancel);
        var history = await Queries.DaysAsync(query.Filter.ConnectionId, query.Filter.Location, MostDays, cancel);
        cancel.ThrowIfCancellationRequested();
        (places, (cells, count), days) = (map, found, history);
    }

    private async Task PreviewAsync()
    {
        if (!MayRepair || query.View is DriftView.All || count == 0)
        {
            return;
        }

        await Acts.RunAsync(async () =>
        {
            (frozen, var all) = await Desk.PreviewAsync(query.Filter, Gone);
            left = Math.Max(0, all - DriftDesk.MostCells);
        });
        StateHasChanged();
    }

    private Task RepairAsync() => Acts.RunAsync(async () =>
    {
        var set = frozen!;
        frozen = null;
        var actor = await Actor.MustAsync(Permissions.DriftRepair);
        var done = await Desk.RepairAsync(set, actor, Gone);
        Snackbar.Add(
            done == set.Count ? $"{Cells(done)} on the way to what the tower expects." : $"{Cells(done)} on the way, {Cells(set.Count - done)} changed meanwhile and left alone.",
            done == set.Count ? Severity.Success : Severity.Warning);
        await LoadAsync();
    });

    private Task CheckAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.DriftCheck);
        Snackbar.Add($"{Cells(await Desk.CheckAsync(query.Connection, actor, Gone))} being compared. Differences appear here as they are found.", Severity.Success);
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
            current = Key(cells.Step(cell => Key(cell) == current, by));
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
}
