using ControlTower.Data.Exports;
using ControlTower.Data.Live;
using ControlTower.Sync.Exports;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Exports;

/// <summary>The exports of whoever looks.</summary>
public sealed partial class ExportsPage : ComponentBase, IDisposable
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Exceptions", Links.Exceptions)];

    private ExportsModel model = default!;
    private IDisposable? feed;
    private bool disposed;

    [Inject] private ExportStore Exports { get; set; } = default!;
    [Inject] private ExportDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ExportsModel> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    public void Dispose()
    {
        disposed = true;
        feed?.Dispose();
        model.Dispose();
        Shell.Live(null);
    }

    protected override void OnInitialized() => model = new ExportsModel(Exports, Desk, Actor, Clock, Log);

    protected override async Task OnInitializedAsync()
    {
        if (RendererInfo.IsInteractive)
        {
            feed = Feed.Subscribe(LiveTopics.Exports, () => InvokeAsync(LoadAsync));
            await LoadAsync();
        }
    }

    private async Task LoadAsync()
    {
        if (disposed || SignedIn.From((await Auth).User) is not { } person)
        {
            return;
        }

        await model.LoadAsync(person);
        Shell.Live(model.Panel.Fault is not null || !Feed.IsConnected ? Shared.Feed.Late : Shared.Feed.Live, model.Panel.AnsweredAt);
        StateHasChanged();
    }

    private async Task CancelAsync(ExportRow row)
    {
        await model.CancelAsync(row);
        await LoadAsync();
    }

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
