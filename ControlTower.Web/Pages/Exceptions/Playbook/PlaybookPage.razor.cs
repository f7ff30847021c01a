using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Logging;
using MudBlazor;

namespace ControlTower.Web.Pages.Exceptions.Playbook;

/// <summary>What each kind of failure costs and how long it is kept, and what the retailer wrote down about codes. A failure in the address opens its remedy.</summary>
public sealed partial class PlaybookPage : ComponentBase, IDisposable
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Exceptions", Links.Exceptions)];

    private readonly CancellationTokenSource gone = new();
    private IReadOnlyList<CaseClass> classes = [];
    private IReadOnlyList<Remedy> remedies = [];
    private PanelGuard? panel;
    private IDisposable? feed;
    private SignedIn? person;
    private CaseClass? asked;
    private Remedy? opened, removing;

    [SupplyParameterFromQuery(Name = "failure")] public string? Failure { get; set; }
    [SupplyParameterFromQuery(Name = "code")] public string? Code { get; set; }
    [Inject] private PlaybookDesk Book { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<PlaybookPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayConfigure => person?.May(Permissions.ClassesConfigure) == true;

    private bool MayWrite => person?.May(Permissions.RemediesWrite) == true;

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
            panel = new PanelGuard("The playbook", Clock, Log);
            feed = Feed.Subscribe(LiveTopics.Cases, () => InvokeAsync(LoadAsync));
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        person = SignedIn.From((await Auth).User);
        Acts.Wrong = null;
        await LoadAsync();
        opened = Opened();
    }

    private Remedy? Opened() => panel is { IsEmpty: false } && Failure is { } failure && Code is { Length: > 0 } code && classes.Any(kind => kind.Failure == failure)
        ? remedies.FirstOrDefault(remedy => remedy.Failure == failure && remedy.Code == code) ?? new Remedy(failure, code, "", null, 0, default, "")
        : null;

    private async Task LoadAsync()
    {
        if (panel is null || gone.IsCancellationRequested)
        {
            return;
        }

        var first = panel.IsEmpty;
        await panel.AskAsync(async () => (classes, remedies) = await Book.ListAsync(gone.Token));
        opened = first ? Opened() : opened;
        Shell.Live(panel.Fault is not null || !Feed.IsConnected ? Shared.Feed.Late : Shared.Feed.Live, panel.AnsweredAt);
        StateHasChanged();
    }

    private Task ChangeAsync((CaseClass Kind, string Runbook) wanted) => ActAsync(Permissions.ClassesConfigure, "The kind of failure was changed.", async actor =>
    {
        var changed = await Book.ChangeAsync(wanted.Kind with { Runbook = PlaybookDesk.Address(wanted.Runbook) }, actor, gone.Token);
        asked = changed ? null : asked;
        return changed;
    });

    private Task PutAsync((Remedy Remedy, string Runbook) wanted) => ActAsync(Permissions.RemediesWrite, "Written down. It is shown with each case of this code.", async actor =>
    {
        var changed = await Book.PutAsync(wanted.Remedy with { Runbook = PlaybookDesk.Address(wanted.Runbook) }, actor, gone.Token);
        if (changed)
        {
            Close();
        }

        return changed;
    });

    private Task RemoveAsync() => ActAsync(Permissions.RemediesWrite, "Removed.", async actor =>
    {
        var removed = await Book.RemoveAsync(removing!, actor, gone.Token);
        removing = null;
        return removed;
    });

    private void Ask(CaseClass? kind) => (asked, Acts.Wrong) = (kind, null);

    private Task ActAsync(string permission, string done, Func<Actor, Task<bool>> act) => Acts.RunAsync(async () =>
    {
        if (await act(await Actor.MustAsync(permission)))
        {
            Snackbar.Add(done, Severity.Success);
        }
        else
        {
            Acts.Wrong = "Somebody changed it meanwhile, and nothing of yours was written. Copy what you need, close this and open it again.";
        }

        await LoadAsync();
    });

    private void Close()
    {
        Acts.Wrong = null;
        Navigation.NavigateTo(Links.Playbook, new NavigationOptions { ReplaceHistoryEntry = true });
    }

    private static string Desk(string failure) => (ExceptionsQuery.All with { Failures = [failure] }).Href();

    private static string Percent(decimal share) => (share * 100).ToString("0.#", System.Globalization.CultureInfo.InvariantCulture) + " %";

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);

    private static RenderFragment Runbook(Uri? address) => builder =>
    {
        if (address is null)
        {
            builder.AddContent(0, Say.None);
            return;
        }

        builder.OpenElement(1, "a");
        builder.AddAttribute(2, "href", address.AbsoluteUri);
        builder.AddAttribute(3, "target", "_blank");
        builder.AddAttribute(4, "rel", "noopener noreferrer");
        builder.AddAttribute(5, "title", address.AbsoluteUri);
        builder.AddContent(6, address.Host);
        builder.CloseElement();
    };
}
