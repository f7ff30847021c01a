using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using ControlTower.Sync.Inventory;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>Who keeps goods from being sold, and what is kept for nothing.</summary>
public sealed partial class SetAsidePage : ComponentBase, IDisposable
{
    private const int Most = 200;

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(10);

    private static readonly IReadOnlyList<Crumb> Above = [new("Inventory", Links.Inventory)];

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private List<SetAsideRow> rows = [];
    private SetAsideRow? chosen;
    private string reason = "";
    private bool mayOpenOrders;
    private IDisposable? feed;

    /// <summary><c>holds</c> for all holds; else what is set aside for nothing.</summary>
    [SupplyParameterFromQuery(Name = "view")] public string? View { get; set; }
    [SupplyParameterFromQuery(Name = "q")] public string? Search { get; set; }
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;
    [Inject] private SetAsideQueries Queries { get; set; } = default!;
    [Inject] private SetAsideDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<SetAsidePage> Log { get; set; } = default!;

    private bool Orphans => View != "holds";

    private IReadOnlyList<FilterView> Views =>
    [
        new("orphans", "For nothing", Address(null, Search), Orphans, Orphans ? rows.Count : null), new("holds", "All holds", Address("holds", Search), !Orphans, Orphans ? null : rows.Count),
    ];

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        feed?.Dispose();
    }

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive)
        {
            panel = new PanelGuard("What is set aside", Clock, Log);
            feed = Feed.Subscribe(LiveTopics.Stock, () => InvokeAsync(RefreshAsync));
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        mayOpenOrders = SignedIn.From((await Auth).User)?.May(Permissions.OrdersRead) == true;
        await LoadAsync();
    }

    // Carts come and go all the time, and every look counts them all: not with each of them, but the last one is never left out.
    private Task RefreshAsync() => panel!.PacedAsync(AtMostEvery, LoadAsync, gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token);

    private async Task LoadAsync()
    {
        if (panel is null || gone.IsCancellationRequested)
        {
            return;
        }

        var text = string.IsNullOrWhiteSpace(Search) || Search.Contains('\0', StringComparison.Ordinal) ? null : Search.Trim();
        var asked = (View, Search);
        await panel.AskAsync(async () =>
        {
            var found = await Queries.ListAsync(Orphans ? SetAsideView.Orphans : SetAsideView.Holds, text, Most, gone.Token);
            rows = asked == (View, Search) ? found : rows;
        });
        StateHasChanged();
    }

    private void Go(string? view, string text) => Navigation.NavigateTo(Address(view, text.Trim().Length == 0 ? null : text.Trim()));

    private static string Address(string? view, string? text)
    {
        var parts = new[] { view == "holds" ? "view=holds" : null, text is null ? null : $"q={Uri.EscapeDataString(text)}" }.OfType<string>().ToList();
        return parts.Count == 0 ? Links.SetAside : $"{Links.SetAside}?{string.Join('&', parts)}";
    }

    private void Close() => chosen = Acts.IsBusy ? chosen : null;

    private void Choose(SetAsideRow row) => (chosen, reason, Acts.Wrong) = (row, "", null);

    private Task GiveBackAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.HoldsRelease);
        var given = await Desk.GiveBackAsync(chosen!, reason, actor, gone.Token);
        Messages.Add(given ? "Given back." : "It had ended already, or is wanted again. Nothing was changed.", given ? Severity.Success : Severity.Warning);
        chosen = null;
        await LoadAsync();
    });
}
