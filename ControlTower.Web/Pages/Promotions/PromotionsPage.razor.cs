using ControlTower.Data.Live;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>All promotions: what is out, what comes, what is planned, what is over; as a list or over weeks.</summary>
public sealed partial class PromotionsPage : ComponentBase, IDisposable
{
    private const int Most = PromotionQueries.PageSize;

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource gone = new();
    private PromotionsQuery query = PromotionsQuery.Start;
    private Keymap keymap = new("Promotions", []);
    private PanelGuard? panel;
    private IReadOnlyList<PromotionRow> rows = [];
    private long? current;
    private SignedIn? person;
    private IDisposable? feed;
    private IDisposable? keys;

    [Inject] private PromotionQueries Queries { get; set; } = default!;
    [Inject] private PlanDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<PromotionsPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayWrite => person?.May(Permissions.PromotionsWrite) == true;

    private IReadOnlyList<FilterView> Views =>
    [
        new("open", "Out and coming", (query with { Over = false }).Href(), !query.Over), new("over", "Over", (query with { Over = true }).Href(), query.Over),
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
        query = PromotionsQuery.Parse(Navigation.Uri);
        keymap = new Keymap("Promotions",
        [
            new("j", "next", () => MoveAsync(1), Hint: true), new("k", "previous", () => MoveAsync(-1), Hint: true), new("ArrowDown", "next", () => MoveAsync(1)), new("ArrowUp", "previous", () => MoveAsync(-1)),
            new("Enter", "open", OpenAsync, Hint: true), new("n", "new promotion", NewAsync, Hint: true), new("c", "calendar", TurnAsync, Hint: true), new("/", "filter", Hint: true),
        ]);
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        panel = new PanelGuard("The promotions", Clock, Log);
        keys = Keys.Use(keymap);
        Navigation.LocationChanged += OnLocation;
        feed = Feed.Subscribe(LiveTopics.Promotions, () => InvokeAsync(() => panel.PacedAsync(AtMostEvery, LoadAsync, gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token)));
        await LoadAsync();
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => person = SignedIn.From((await Auth).User);

    private static string Href(PromotionRow row) => row.Released is null ? Links.Promotion(row.Id) : Links.Release(row.Id);

    private async Task LoadAsync()
    {
        if (gone.IsCancellationRequested)
        {
            return;
        }

        var asked = query;
        await panel!.AskAsync(async () =>
        {
            var found = await Queries.ListAsync(asked.Text.Length == 0 ? null : asked.Text, asked.Over, Most, gone.Token);
            rows = asked == query ? found : rows;
        });
        Shell.Live(panel.Fault is null && Feed.IsConnected ? Shared.Feed.Live : Shared.Feed.Late, panel.AnsweredAt);
        StateHasChanged();
    }

    private Task CopyAsync(long id) => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.PromotionsWrite);
        switch (await Desk.CopyAsync(id, Guid.NewGuid(), actor, gone.Token))
        {
            case PromotionAnswer.Done done:
                Navigation.NavigateTo(Links.Promotion(done.Id));
                break;
            case PromotionAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
        }
    });

    private void Go(PromotionsQuery wanted) => Navigation.NavigateTo(wanted.Href());

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
        if (rows.FirstOrDefault(row => row.Id == current) is { } row)
        {
            Navigation.NavigateTo(Href(row));
        }

        return Task.CompletedTask;
    }

    private Task NewAsync()
    {
        if (MayWrite)
        {
            Navigation.NavigateTo(Links.NewPromotion);
        }

        return Task.CompletedTask;
    }

    private Task TurnAsync()
    {
        Go(query with { Calendar = !query.Calendar });
        return Task.CompletedTask;
    }

    private void OnLocation(object? sender, LocationChangedEventArgs change) => _ = InvokeAsync(async () =>
    {
        if (new Uri(change.Location).AbsolutePath.Equals(Links.Promotions, StringComparison.OrdinalIgnoreCase))
        {
            (query, current) = (PromotionsQuery.Parse(change.Location), null);
            await LoadAsync();
        }
    });
}
