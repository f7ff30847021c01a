using System.Globalization;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Connections;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;
using MudBlazor;

namespace ControlTower.Web.Pages.Notifications;

/// <summary>Where people are told, how that goes, and the newest messages.</summary>
public sealed partial class NotificationsPage
{
    private string? state;

    /// <summary>Messages in this state alone.</summary>
    [SupplyParameterFromQuery(Name = "state")] public string? StateText { get; set; }
    [Inject] private NotificationsModel Model { get; set; } = default!;
    [Inject] private IOptions<TowerAddress> Address { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;

    // The worker's own sign of life comes as often as anybody has to look.
    protected override Following Follows => new("The notifications", LiveTopics.Nodes);

    protected override void Show(string uri) => state = NotificationsModel.States.FirstOrDefault(one => one == StateText);

    protected override Task ReadAsync(CancellationToken cancel) => Model.LoadAsync(state, cancel);

    private Task AgainAsync(NotificationChannel channel) => Acts.RunAsync(async () =>
    {
        var again = await Model.AgainAsync(channel.Id, Gone);
        Messages.Add($"{channel.Name} tries {Say.Count(again, Viewer?.Culture)} again.", Severity.Success);
        await LoadAsync();
    });

    private static string Clocked(TimeOnly time) => time.ToString("HH:mm", CultureInfo.InvariantCulture);
}
