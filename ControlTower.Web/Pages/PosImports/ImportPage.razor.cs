using ControlTower.Data.Live;
using ControlTower.Data.PosImports;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.PosImports;

/// <summary>One file: what became of its rows. The address says which page of the findings is shown.</summary>
public sealed partial class ImportPage : ComponentBase, IDisposable
{
    private const int PageSize = 100;

    private static readonly IReadOnlyList<Crumb> Above = [new("POS imports", Links.Imports)];

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private IDisposable? feed;
    private PosFile? file;
    private IReadOnlyList<PosFinding> findings = [];

    [Parameter] public long Id { get; set; }

    [SupplyParameterFromQuery(Name = "page")] public int? Number { get; set; }
    [Inject] private PosFileStore Files { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ImportPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private int Current => Math.Clamp(Number ?? 1, 1, 1_000);

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        feed?.Dispose();
        Shell.Live(null);
    }

    protected override async Task OnParametersSetAsync()
    {
        if (RendererInfo.IsInteractive)
        {
            panel ??= new PanelGuard("The file", Clock, Log);
            feed ??= Feed.Subscribe(LiveTopics.Imports, () => InvokeAsync(LoadAsync));
            await LoadAsync();
        }
    }

    private async Task LoadAsync()
    {
        if (gone.IsCancellationRequested)
        {
            return;
        }

        await panel!.AskAsync(async () => (file, findings) = (await Files.FindAsync(Id, gone.Token), await Files.FindingsAsync(Id, (Current - 1) * PageSize, PageSize, gone.Token)));
        Shell.Live(panel.Fault is not null || !Feed.IsConnected ? Shared.Feed.Late : Shared.Feed.Live, panel.AnsweredAt);
        StateHasChanged();
    }

    private string Count(long count) => Say.Count(count, Viewer?.Culture);

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
