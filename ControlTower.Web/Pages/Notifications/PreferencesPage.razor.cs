using ControlTower.Data.Db;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Notifications;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;

namespace ControlTower.Web.Pages.Notifications;

/// <summary>What a person wants by e-mail. Everybody chooses for themselves alone.</summary>
public sealed partial class PreferencesPage : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private SignedIn? person;
    private MailChoice? choice;
    private MailChoice? saved;

    [Inject] private NotificationQueries Queries { get; set; } = default!;
    [Inject] private NotificationDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<PreferencesPage> Log { get; set; } = default!;
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        person = SignedIn.From((await Auth).User);
        if (RendererInfo.IsInteractive)
        {
            panel = new PanelGuard("Your choice", Clock, Log);
            await LoadAsync();
        }
    }

    private async Task LoadAsync() => await panel!.AskAsync(async () => choice = saved = person is null ? MailChoice.All : await Queries.ChoiceAsync(person.AccountId, gone.Token));

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        var by = await Actor.MustAsync(Permissions.ShellOpen);
        await Desk.ChooseAsync(by.Id!.Value, choice!, by, gone.Token);
        saved = choice;
        Messages.Add("Saved.", Severity.Success);
    });
}
