using System.Globalization;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Connections;
using ControlTower.Web.Auth;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;
using MudBlazor;

namespace ControlTower.Web.Pages.Notifications;

/// <summary>Where people are told, how that goes, and the newest messages.</summary>
public sealed partial class NotificationsPage : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private IDisposable? feed;
    private string? state;

    /// <summary>Messages in this state alone.</summary>
    [SupplyParameterFromQuery(Name = "state")] public string? StateText { get; set; }
    [Inject] private NotificationsModel Model { get; set; } = default!;
    [Inject] private IOptions<TowerAddress> Address { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<NotificationsPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

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
            panel = new PanelGuard("The notifications", Clock, Log);
            // The worker's own sign of life comes as often as anybody has to look.
            feed = Feed.Subscribe(LiveTopics.Nodes, () => InvokeAsync(LoadAsync));
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        state = NotificationsModel.States.FirstOrDefault(one => one == StateText);
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        if (panel is null || gone.IsCancellationRequested)
        {
            return;
        }

        await panel.AskAsync(() => Model.LoadAsync(state, gone.Token));
        StateHasChanged();
    }

    private Task AgainAsync(NotificationChannel channel) => Acts.RunAsync(async () =>
    {
        var again = await Model.AgainAsync(channel.Id, gone.Token);
        Messages.Add($"{channel.Name} tries {Say.Count(again, Viewer?.Culture)} again.", Severity.Success);
        await LoadAsync();
    });

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);

    private static string Clocked(TimeOnly time) => time.ToString("HH:mm", CultureInfo.InvariantCulture);
}
