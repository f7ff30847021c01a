using ControlTower.Data.Db;
using ControlTower.Sync.Notifications;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;

namespace ControlTower.Web.Pages.Notifications;

/// <summary>Adds a channel or changes one: where it leads, what it tells, when it is silent; proven by a test before it is saved.</summary>
public sealed partial class ChannelPage : ComponentBase, IDisposable
{
    private static readonly IReadOnlyList<Crumb> Steps = [new("Notifications", Links.Notifications)];

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private ChannelForm? form;
    private SendAnswer? answer;
    private string? made;
    private Guid? loaded;
    private bool missing;
    private bool stale;
    private bool trying;
    private bool deleting;

    /// <summary>The channel to change; null for a new one.</summary>
    [Parameter] public Guid? Id { get; set; }
    [Inject] private NotificationsModel Model { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ChannelPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private string Heading => Id is null ? "Add a channel" : form is null ? "Channel" : form.Name;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (!RendererInfo.IsInteractive || (panel is not null && loaded == Id))
        {
            return;
        }

        panel ??= new PanelGuard("The channel", Clock, Log);
        loaded = Id;
        await LoadAsync();
    }

    private async Task LoadAsync() => await panel!.AskAsync(async () =>
    {
        var channel = Id is { } id ? await Model.FindAsync(id, gone.Token) : null;
        missing = Id is not null && channel is null;
        form = channel is null ? new ChannelForm { Zone = (Viewer ?? Shared.Viewer.Default).StoreZone.Id } : ChannelForm.Of(channel);
        (Acts.Wrong, stale, answer, made) = (null, false, null, null);
    });

    private void Turn(string what, bool on) => _ = on ? form!.Events.Add(what) : form!.Events.Remove(what);

    private void MakeKey() => form!.Typed["key"] = made = StandardSignature.NewKey();

    private Task SaveAsync() => ActAsync(async draft =>
    {
        switch (await Model.SaveAsync(Id, draft, form!.Version, gone.Token))
        {
            case ChannelAnswer.Done:
                Messages.Add($"{draft.Name} is saved. It tells of what happens from now on.", Severity.Success);
                Navigation.NavigateTo(Links.Notifications);
                break;
            case ChannelAnswer.Wrong problems:
                form.Problems = problems.Problems;
                break;
            default:
                Stale();
                break;
        }
    });

    private Task DeleteAsync() => GuardedAsync(async () =>
    {
        if (await Model.DeleteAsync(Id!.Value, form!.Version, gone.Token) is ChannelAnswer.Done)
        {
            Messages.Add($"{form.Name} is deleted.", Severity.Success);
            Navigation.NavigateTo(Links.Notifications);
            return;
        }

        Stale();
    });

    private Task TestAsync() => ActAsync(async draft =>
    {
        trying = true;
        StateHasChanged();
        (answer, form!.Problems) = await Model.TestAsync(Id, draft, SignedIn.From((await Auth).User)?.Email ?? "", gone.Token);
    });

    private void Stale() => (Acts.Wrong, stale) = ("Somebody changed this channel meanwhile. Nothing of yours was saved; it still stands below.", true);

    private Task ActAsync(Func<ChannelDraft, Task> act) => form!.Draft() is { } draft ? GuardedAsync(() => act(draft)) : Task.CompletedTask;

    private async Task GuardedAsync(Func<Task> act)
    {
        if (!Acts.IsBusy)
        {
            (stale, answer) = (false, null);
            await Acts.RunAsync(act);
            (trying, deleting) = (false, false);
        }
    }
}
