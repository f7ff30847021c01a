using ControlTower.Data.Catalog;
using ControlTower.Data.Live;
using ControlTower.Sync.Catalog;
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

/// <summary>Where channels and their ERP say different things, both sides next to each other, and what a person can do about it.</summary>
public sealed partial class CataloguePage : ComponentBase, IDisposable
{
    private const int Most = 100;
    private const int MostPreviewed = 100;
    private const int MostCandidates = 20;

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(5);

    private static readonly IReadOnlyList<Crumb> Above = [new("Inventory", Links.Inventory)];

    private readonly CancellationTokenSource gone = new();
    private CatalogueQuery query = CatalogueQuery.Start;
    private Keymap keymap = new("Catalogue", []);
    private PanelGuard? panel;
    private IReadOnlyList<CatalogStanding> standings = [];
    private IReadOnlyList<DifferenceCount> counts = [];
    private IReadOnlyList<Difference> rows = [];
    private IReadOnlyList<Difference>? frozen;
    private IReadOnlyList<ListedItem> candidates = [];
    private Difference? open;
    private long? current;
    private string reason = "";
    private string sought = "";
    private string chosen = "";
    private SignedIn? person;
    private IDisposable? feed;
    private IDisposable? keys;

    [Inject] private CatalogQueries Queries { get; set; } = default!;
    [Inject] private CatalogDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<CataloguePage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayPublish => person?.May(Permissions.CataloguePublish) == true;

    private bool MayLink => person?.May(Permissions.CatalogueLink) == true;

    private bool MayIgnore => person?.May(Permissions.CatalogueIgnore) == true;

    private string Title => $"{(query.Kind is { } kind ? CatalogueWords.Name(kind) : "All differences")}{(query.Ignored ? ", ignored" : "")}";

    private IEnumerable<DifferenceCount> InChannel => counts.Where(c => query.Channel.Length == 0 || c.ConnectionId == query.Channel);

    private long Counted => InChannel.Where(c => query.Kind is null || c.Kind == query.Kind).Sum(c => query.Ignored ? c.Ignored : c.Open);

    private IReadOnlyList<FilterView> Views =>
    [
        View("all", "All", null), .. CatalogueWords.Kinds.Where(k => k == query.Kind || Number(k) > 0).Select(k => View(CatalogueWords.Key(k), CatalogueWords.Name(k), k)),
    ];

    private IReadOnlyList<FilterField> Fields => query.Channel.Length == 0 ? [] : [new FilterField("channel", standings.FirstOrDefault(s => s.ConnectionId == query.Channel)?.Channel ?? query.Channel)];

    private string EmptyText => query switch
    {
        { Narrows: true } or { After: not null } => "None fits.",
        { Ignored: true } => "Nothing is ignored.",
        _ => standings.Any(s => s.ReadAt is not null) ? "Channels and ERP say the same." : "Nothing is compared before both sides were read whole.",
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
        query = CatalogueQuery.Parse(Navigation.Uri);
        keymap = new Keymap("Catalogue",
        [
            new("j", "next", () => MoveAsync(1), Hint: true), new("k", "previous", () => MoveAsync(-1), Hint: true), new("ArrowDown", "next", () => MoveAsync(1)),
            new("ArrowUp", "previous", () => MoveAsync(-1)), new("Enter", "both sides", OpenAsync, Hint: true), new("p", "publish", PreviewAsync, Hint: true), new("/", "filter", Hint: true),
        ]);
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        panel = new PanelGuard("Catalogue differences", Clock, Log);
        keys = Keys.Use(keymap);
        Navigation.LocationChanged += OnLocation;
        feed = Feed.Subscribe(LiveTopics.Stock | LiveTopics.Connections, () => InvokeAsync(RefreshAsync));
        await LoadAsync();
        await ProposeAsync();
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => person = SignedIn.From((await Auth).User);

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
            var standing = await Queries.StandingsAsync(gone.Token);
            var counted = await Queries.CountsAsync(gone.Token);
            var found = await Queries.ListAsync(asked.Filter, Most, gone.Token);
            var one = asked.Open is { } id ? await Queries.FindAsync(id, gone.Token) : null;
            if (asked == query)
            {
                (standings, counts, rows, open) = (standing, counted, found, one);
            }
        });
        Shell.Live(panel.Fault is null && Feed.IsConnected ? Shared.Feed.Live : Shared.Feed.Late, panel.AnsweredAt);
        StateHasChanged();
    }

    private async Task PreviewAsync()
    {
        if (!MayPublish || query.Ignored || open is not null || !rows.Any(Desk.CanPublish))
        {
            return;
        }

        await Acts.RunAsync(async () => frozen = await Desk.PreviewAsync(query.Filter, gone.Token));
        StateHasChanged();
    }

    private Task PublishAsync(IReadOnlyList<Difference> set) => ActAsync(Permissions.CataloguePublish, async actor =>
    {
        frozen = null;
        var done = await Desk.PublishAsync(set, actor, gone.Token);
        return (done == set.Count ? $"{Words(done)} on the way to what the ERP says." : $"{Words(done)} on the way, {Words(set.Count - done)} changed meanwhile and left alone.", done == set.Count);
    });

    private Task IgnoreAsync() => ActAsync(Permissions.CatalogueIgnore, async actor =>
    {
        var done = open!.IgnoredWhy is null ? await Desk.IgnoreAsync([open], reason, actor, gone.Token) : await Desk.HeedAsync([open], actor, gone.Token);
        return done == 1 ? (open.IgnoredWhy is null ? "Ignored until it changes." : "It is back in the list.", true) : ("It is another by now. Nothing was changed.", false);
    });

    private Task LinkAsync() => ActAsync(Permissions.CatalogueLink, async actor =>
        await Desk.LinkAsync(open!.ConnectionId, open.Here!.Item, chosen, reason, actor, gone.Token)
            ? ("Linked. What they differ in is compared now.", true) : ("They are linked already, or one is gone. Nothing was changed.", false));

    private Task UnlinkAsync() => ActAsync(Permissions.CatalogueLink, async actor =>
        await Desk.UnlinkAsync(open!.ConnectionId, open.Here!.Item, reason, actor, gone.Token) ? ("Parted.", true) : ("They are not linked any more. Nothing was changed.", false));

    private Task ActAsync(string permission, Func<Data.Audit.Actor, Task<(string Words, bool Good)>> act) => Acts.RunAsync(async () =>
    {
        var (words, good) = await act(await Actor.MustAsync(permission));
        Snackbar.Add(words, good ? Severity.Success : Severity.Warning);
        Close();
        await LoadAsync();
    });

    private async Task SeekAsync(string text)
    {
        sought = text.Trim();
        candidates = sought.Length == 0 || sought.Any(char.IsControl) ? [] : await Queries.FreeAsync(open!.ConnectionId, sought, MostCandidates, gone.Token);
        chosen = candidates is [var first, ..] ? first.Item : "";
    }

    private (string Shows, string Will) Change(Difference d) => d.Kind switch
    {
        DifferenceKind.Price => (CatalogueWords.Price(d.Here), CatalogueWords.Amount(d.Target, d.Here?.Currency)),
        DifferenceKind.Inactive => ("On sale", "Not on sale"),
        _ => (d.Here?.Barcode ?? Say.None, d.There?.Barcode ?? Say.None),
    };

    private static string Words(int differences) => differences == 1 ? "1 difference is" : $"{Say.Count(differences)} differences are";

    private long Number(DifferenceKind? kind) => InChannel.Where(c => kind is null || c.Kind == kind).Sum(c => query.Ignored ? c.Ignored : c.Open);

    private FilterView View(string key, string name, DifferenceKind? kind) => new(key, name, (query.Listed with { Kind = kind, After = null }).Href(), query.Kind == kind, Number(kind));

    private void Clear(string field) => Go(query.Listed with { Channel = "", After = null });

    private void Go(CatalogueQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private void Close()
    {
        if (open is not null)
        {
            open = null;
            Go(query.Listed);
        }
    }

    private Task MoveAsync(int by)
    {
        if (rows.Count > 0 && open is null)
        {
            current = rows[Math.Clamp(rows.ToList().FindIndex(row => row.Id == current) + by, 0, rows.Count - 1)].Id;
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        if (open is null && rows.FirstOrDefault(row => row.Id == current) is { } row)
        {
            Go(query with { Open = row.Id });
        }

        return Task.CompletedTask;
    }

    private void OnLocation(object? sender, LocationChangedEventArgs change) => _ = InvokeAsync(async () =>
    {
        if (!new Uri(change.Location).AbsolutePath.Equals(Links.Catalogue, StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        var before = query;
        query = CatalogueQuery.Parse(change.Location);
        // A preview that was asked for since a pair was closed stays: it is of the same list.
        frozen = query.Listed == before.Listed ? frozen : null;
        (reason, sought, chosen, candidates, Acts.Wrong) = ("", "", "", [], null);
        current = query.Listed == before.Listed ? query.Open ?? current : null;
        await LoadAsync();
        await ProposeAsync();
    });

    // What may be meant stands there to be chosen.
    private async Task ProposeAsync()
    {
        if (open is { There.Sku: { } sku } && CatalogueWords.CanLink(open))
        {
            await SeekAsync(sku);
            StateHasChanged();
        }
    }

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
