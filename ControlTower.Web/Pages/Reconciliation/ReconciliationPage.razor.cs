using ControlTower.Data.Live;
using ControlTower.Data.Reconciliation;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>Reconciliation: what is not matched and how old, and beside it completeness, payouts, rules and months. Each tab is asked again with the page.</summary>
public sealed partial class ReconciliationPage : ComponentBase, IDisposable
{
    private const string NoCurrency = "EUR";

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(2);

    // Completeness counts every order of a day: beside the other tabs its headline may be a little older.
    private static readonly TimeSpan CompleteEvery = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource gone = new();
    private ReconQuery query = ReconQuery.Start;
    private PanelGuard? panel;
    private IReadOnlyList<string> currencies = [];
    private IReadOnlyList<(string Id, string Name)> books = [];
    private ReconSummary summary = new(0, 0, 0, 0, 0, 0, 0, 0, 0, null);
    private IReadOnlyList<ReconCell> cells = [];
    private IReadOnlyList<CompletenessRow> complete = [];
    private DateTimeOffset? completeAt;
    private string currency = NoCurrency;
    private long mine;
    private (ReconQuery List, string Currency, long Count)? counted;
    private SignedIn? person;
    private IDisposable? feed;
    private IDisposable? keys;

    [Inject] private ReconQueries Queries { get; set; } = default!;
    [Inject] private PayoutQueries Payouts { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ReconciliationPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private string? Sub => summary.MatchedTo is { } to ? $"matched to {Say.Time(to, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone)}" : null;

    private IEnumerable<string> Codes => currencies.Contains(currency) ? currencies : [currency, .. currencies];

    private IEnumerable<(ReconTab Tab, string? Count)> Tabs =>
    [
        (ReconTab.Backlog, Say.Count(summary.Items, Viewer?.Culture)), (ReconTab.Suggested, Say.Count(summary.Suggested, Viewer?.Culture)), (ReconTab.Mine, Say.Count(mine, Viewer?.Culture)),
        (ReconTab.Completeness, CompletenessWords.Headline(complete, (Viewer ?? Shared.Viewer.Default).StoreZone, Viewer?.Culture)), (ReconTab.Payouts, null), (ReconTab.Statements, null), (ReconTab.Rules, null), (ReconTab.Months, null), (ReconTab.Feeds, null),
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
        query = ReconQuery.Parse(Navigation.Uri);
        person = SignedIn.From((await Auth).User);
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        keys = Keys.Use(new Keymap("Reconciliation", [new("[", "previous tab", () => TurnAsync(-1)), new("]", "next tab", () => TurnAsync(1))]));
        panel = new PanelGuard("Reconciliation", Clock, Log);
        Navigation.LocationChanged += OnLocation;
        feed = Feed.Subscribe(LiveTopics.Reconciliation, () => InvokeAsync(() => panel.PacedAsync(AtMostEvery, LoadAsync, gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token)));
        await LoadAsync();
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => person = SignedIn.From((await Auth).User);

    private async Task LoadAsync()
    {
        if (gone.IsCancellationRequested)
        {
            return;
        }

        var asked = query;
        await panel!.AskAsync(async () =>
        {
            var codes = await Queries.CurrenciesAsync(gone.Token);
            var erps = await Queries.BooksAsync(gone.Token);
            var code = asked.Currency.Length > 0 ? asked.Currency : codes.Count > 0 ? codes[0] : NoCurrency;
            var chosen = asked.Books.Length > 0 ? asked.Books : null;
            var figures = await Queries.SummaryAsync(code, chosen, gone.Token);
            var heat = await Queries.HeatAsync(code, chosen, gone.Token);
            var own = await Queries.CountAsync(asked.On(ReconTab.Mine).Filter(code, person?.AccountId ?? Guid.Empty), gone.Token);
            if (completeAt is not { } at || asked.Tab is ReconTab.Completeness || Clock.GetUtcNow() - at >= CompleteEvery)
            {
                (complete, completeAt) = (await Payouts.CompletenessAsync(gone.Token), Clock.GetUtcNow());
            }

            if (asked == query)
            {
                (currencies, books, currency, summary, cells, mine) = (codes, erps, code, figures, heat, own.Count);
            }
        });
        Shell.Live(panel.Fault is null && Feed.IsConnected ? Shared.Liveness.Live : Shared.Liveness.Late, panel.AnsweredAt);
        StateHasChanged();
    }

    private string NameOf(string connection) => books.FirstOrDefault(b => b.Id == connection).Name ?? complete.FirstOrDefault(c => c.Channel == connection)?.ChannelName ?? connection;

    private static bool IsHere(string uri) =>
        new Uri(uri).AbsolutePath.TrimEnd('/') is var path && (path.Equals(Links.Reconciliation, StringComparison.OrdinalIgnoreCase) || path.Equals(Links.Feeds, StringComparison.OrdinalIgnoreCase));

    private Task TurnAsync(int by)
    {
        var tabs = Enum.GetValues<ReconTab>();
        Go(query.On(tabs[((int)query.Tab + by + tabs.Length) % tabs.Length]));
        return Task.CompletedTask;
    }

    private void Go(ReconQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private void OnLocation(object? sender, LocationChangedEventArgs change) => _ = InvokeAsync(async () =>
    {
        if (gone.IsCancellationRequested || !IsHere(change.Location))
        {
            return;
        }

        var (before, now) = (query, ReconQuery.Parse(change.Location));
        query = now;
        StateHasChanged();
        if (now.Currency != before.Currency || now.Books != before.Books || now.Tab != before.Tab)
        {
            await LoadAsync();
        }
    });
}
