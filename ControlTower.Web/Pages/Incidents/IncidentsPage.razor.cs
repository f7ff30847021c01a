using ControlTower.Data.Incidents;
using ControlTower.Data.Live;
using ControlTower.Sync.Incidents;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Incidents;

/// <summary>All incidents: what is open, what it harmed, who has it, how long it took to see and to repair.</summary>
public sealed partial class IncidentsPage : ComponentBase, IDisposable
{
    private const int Most = 200;

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource gone = new();
    private IncidentsQuery query = IncidentsQuery.Start;
    private Keymap keymap = new("Incidents", []);
    private PanelGuard? panel;
    private List<IncidentRow> rows = [];
    private IReadOnlyList<string> brands = [];
    private IReadOnlyList<(string Id, string Name)> systems = [];
    private IncidentFigures? figures;
    private int open;
    private (long? Id, DateTimeOffset? At) last;
    private long? current;
    private Guid key = Guid.NewGuid();
    private SignedIn? person;
    private IDisposable? feed;
    private IDisposable? keys;

    [Inject] private IncidentQueries Queries { get; set; } = default!;
    [Inject] private IncidentDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<IncidentsPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayAct => person?.May(Permissions.IncidentsAct) == true;

    private TimeZoneInfo Zone => (Viewer ?? Shared.Viewer.Default).StoreZone;

    private IReadOnlyList<FilterView> Views =>
    [
        .. IncidentStatus.All.Prepend("").Select(status => new FilterView(
            status.Length == 0 ? "all" : status, IncidentWords.Named(status), (query with { Status = status }).Href(), query.Status == status, status == IncidentStatus.Open && panel?.IsEmpty == false ? open : null)),
    ];

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
        query = IncidentsQuery.Parse(Navigation.Uri);
        keymap = new Keymap("Incidents",
        [
            new("j", "next", () => MoveAsync(1), Hint: true), new("k", "previous", () => MoveAsync(-1), Hint: true), new("ArrowDown", "next", () => MoveAsync(1)), new("ArrowUp", "previous", () => MoveAsync(-1)),
            new("Enter", "open", OpenAsync, Hint: true), new("n", "new incident", NewAsync, Hint: true),
        ]);
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        panel = new PanelGuard("The incidents", Clock, Log);
        keys = Keys.Use(keymap);
        Navigation.LocationChanged += OnLocation;
        feed = Feed.Subscribe(LiveTopics.Incidents, () => InvokeAsync(() => panel.PacedAsync(AtMostEvery, LoadAsync, gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token)));
        await LoadAsync();
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => person = SignedIn.From((await Auth).User);

    private static string Chosen(ChangeEventArgs change) => change.Value?.ToString() ?? "";

    private async Task LoadAsync()
    {
        if (gone.IsCancellationRequested)
        {
            return;
        }

        var asked = query;
        await panel!.AskAsync(async () =>
        {
            var filter = asked.Filter(Clock.GetUtcNow());
            var (found, sums) = (await Queries.ListAsync(filter, Most, gone.Token), await Queries.FiguresAsync(filter, gone.Token));
            (open, last.Id, last.At) = await Queries.OpenAsync(gone.Token);
            brands = await Queries.BrandsAsync(gone.Token);
            systems = asked.New.Length > 0 ? await Queries.SystemsAsync(gone.Token) : systems;
            (rows, figures) = asked == query ? (found, sums) : (rows, figures);
        });
        Shell.Live(panel.Fault is null && Feed.IsConnected ? Shared.Feed.Live : Shared.Feed.Late, panel.AnsweredAt);
        StateHasChanged();
    }

    // The key is of the dialog, not of the click: after a lost answer the same act is asked for again.
    private Task OpenNewAsync(IncidentDraft draft) => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.IncidentsAct);
        switch (await Desk.OpenAsync(draft, key, actor, gone.Token))
        {
            case IncidentAnswer.Done done:
                Navigation.NavigateTo(Links.Incident(done.Id));
                break;
            case IncidentAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
        }
    });

    private void Go(IncidentsQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private void Close()
    {
        if (!Acts.IsBusy)
        {
            Go(query with { New = "", About = "" });
        }
    }

    private Task MoveAsync(int by)
    {
        if (rows.Count > 0 && query.New.Length == 0)
        {
            current = rows[Math.Clamp(rows.FindIndex(row => row.Id == current) + by, 0, rows.Count - 1)].Id;
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        if (current is { } id && query.New.Length == 0)
        {
            Navigation.NavigateTo(Links.Incident(id));
        }

        return Task.CompletedTask;
    }

    private Task NewAsync()
    {
        if (MayAct && query.New.Length == 0)
        {
            Go(query with { New = "free", About = "" });
        }

        return Task.CompletedTask;
    }

    private void OnLocation(object? sender, LocationChangedEventArgs change) => _ = InvokeAsync(async () =>
    {
        if (new Uri(change.Location).AbsolutePath.Equals(Links.Incidents, StringComparison.OrdinalIgnoreCase))
        {
            (query, current, key, Acts.Wrong) = (IncidentsQuery.Parse(change.Location), null, Guid.NewGuid(), null);
            await LoadAsync();
        }
    });
}
