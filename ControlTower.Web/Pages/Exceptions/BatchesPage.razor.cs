using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>All batches there were, newest first.</summary>
public sealed partial class BatchesPage : ComponentBase, IDisposable
{
    private const int PageLength = 50;

    private static readonly IReadOnlyList<Crumb> Above = [new("Exceptions", Links.Exceptions)];

    private readonly CancellationTokenSource gone = new();
    private IReadOnlyList<BatchRow> rows = [];
    private PanelGuard? panel;
    private IDisposable? feed;
    private long? before;

    /// <summary>The list goes on behind this batch.</summary>
    [SupplyParameterFromQuery(Name = "before")] public string? BeforeText { get; set; }
    [Inject] private BatchQueries Batches { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<BatchesPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        feed?.Dispose();
        Shell.Live(null);
    }

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive)
        {
            panel = new PanelGuard("The list of batches", Clock, Log);
            feed = Feed.Subscribe(LiveTopics.Batches, () => InvokeAsync(LoadAsync));
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        before = long.TryParse(BeforeText, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : null;
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        if (panel is null || gone.IsCancellationRequested)
        {
            return;
        }

        await panel.AskAsync(async () => rows = await Batches.ListAsync(before, PageLength, gone.Token));
        Shell.Live(panel.Fault is not null || !Feed.IsConnected ? Shared.Feed.Late : Shared.Feed.Live, panel.AnsweredAt);
        StateHasChanged();
    }

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
